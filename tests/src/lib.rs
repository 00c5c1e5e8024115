//! What system tests and benchmarks stand on: a World on free ports, faults, a checker that trusts nobody.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must say where"
)]

pub mod api;
pub mod bench;
pub mod checker;
pub mod crowd;
pub mod figures;
pub mod history;
pub mod kill_campaign;
pub mod nodes;
pub mod paced_line;
pub mod peer;
pub mod postgres;
pub mod power_cut;
pub mod program;
pub mod proxy;
pub mod random;
pub mod raw_station;
pub mod receiver;
pub mod recorder;
pub mod reporter;
pub mod requests;
pub mod server_kills;
pub mod world;

/// As in the executables of the servers, which are played by these programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
