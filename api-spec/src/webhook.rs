//! Standard Webhooks 1.0.0.
