//! The event-server's executable.

use std::process::ExitCode;

/// Most of what a report costs besides the disk is small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    event_server::cli::run(std::env::args_os())
}
