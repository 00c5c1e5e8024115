//! The routes of a started server, through HTTP alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod client_auth;
mod documents;
mod errors;
mod keys;
mod success;
mod world;
