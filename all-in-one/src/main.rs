//! `denro`: the three programs in one process.

use std::process::ExitCode;

fn main() -> ExitCode {
    denro::cli::run(std::env::args_os())
}
