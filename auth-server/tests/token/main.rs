//! The routes of a started server, through HTTP alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod assertions;
mod client_auth;
mod documents;
mod doomed;
mod errors;
#[path = "../../../foundation/testing/dpop.rs"]
mod holder;
mod introspection;
mod key_client;
mod keys;
mod pace;
mod proofs;
mod race;
mod server;
mod success;
mod world;
