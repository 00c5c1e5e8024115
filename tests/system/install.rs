//! The installer's commands, as the real program.

mod commission;
mod gateway;
mod probe;
mod site;

use std::process::Stdio;

use system_tests::program::Launch;
use tokio::process::Command;

/// `outlet-controller` with these arguments, not started yet.
pub(crate) fn outlet_controller(arguments: &[&str]) -> Command {
    let launch = Launch::beside_this_test();
    let mut command = Command::new(launch.executable);
    command
        .args(launch.prefix)
        .arg("outlet-controller")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}
