//! Certificates of controllers: enrolling, renewing, revoking, and what they open, through real TLS.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod enrolment;
mod handshakes;
mod load;
mod outsiders;
#[path = "../token/race.rs"]
mod race;
mod renewal;
mod requests;
mod station;
mod tokens;
mod world;
