//! The system tests: the programs, the simulated panel and independent peers, told as sentences.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must say where"
)]

mod backups;
mod certificates;
mod changed_limits;
mod charge;
mod clock_steps;
mod conformance;
mod crashes;
mod database;
mod demo;
mod developers;
mod field_bugs;
mod firmware;
mod fleet;
mod full_disk;
mod how_tos;
mod install;
mod kills;
mod line;
mod meters;
mod oauth_clients;
mod one_server;
mod outlets;
mod packaging;
mod pages;
mod peers;
mod people;
mod person;
mod power_cuts;
mod receive_events;
mod refusals;
mod roots;
mod rotation;
mod seeing;
mod several_nodes;
mod socket_fuzz;
mod tidy;
mod tokens;
mod traces;
mod webhooks;
