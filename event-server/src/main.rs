//! The event-server's executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    event_server::cli::run(std::env::args_os())
}
