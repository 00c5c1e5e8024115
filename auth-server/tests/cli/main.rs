//! The program itself: its commands, what they print, and how they end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod ca;
mod clients;
mod errors;
mod folder;
mod keys_and_audit;
mod running;
mod secrets;
