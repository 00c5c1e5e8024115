//! Any of the three programs, told which by its first argument: what the system tests kill and start again.

use std::process::ExitCode;

fn main() -> ExitCode {
    system_tests::program::dispatch(std::env::args_os().skip(1))
}
