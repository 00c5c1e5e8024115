//! The whole controller between a panel and a server that both live in the test.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../../../foundation/testing/authority.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod authority;
mod boot;
mod certificates;
mod changed_limits;
mod charging;
mod command_line;
mod disk;
mod fleet;
mod full_disk;
mod house;
mod outages;
mod rules;
mod safety;
mod server;
mod service_manager;
mod status;
mod telling;
mod tls;
mod world;
