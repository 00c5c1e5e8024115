//! `denro`: the three programs in one process.

use std::process::ExitCode;

/// Most of what a report costs besides the disk is small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    denro::cli::run(std::env::args_os())
}
