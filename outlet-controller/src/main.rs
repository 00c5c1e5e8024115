//! The program `outlet-controller`.

use std::process::ExitCode;

fn main() -> ExitCode {
    outlet_controller::cli::run(std::env::args_os())
}
