//! People: invitations, signing in, authorization codes and what follows from them, through HTTP alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod account;
mod authorize;
mod basic_profile;
mod browser;
mod codes;
mod consent;
#[path = "../token/doomed.rs"]
mod doomed;
mod fetches;
mod flow;
mod guesses;
#[path = "../../../foundation/testing/dpop.rs"]
mod holder;
mod invitations;
mod kills;
mod languages;
mod links;
mod login;
mod logout;
mod mail;
#[path = "../../../foundation/testing/mailbox.rs"]
mod mailbox;
mod passkeys;
mod proofs;
mod pushed;
#[path = "../token/race.rs"]
mod race;
mod refresh;
mod stolen_copy;
#[path = "../token/world.rs"]
mod world;
