//! The resources of the HTTP API.
