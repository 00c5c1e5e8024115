//! What the command lines of all programs share: reading arguments, the runtime, answers and exit codes.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::config::{BadValue, ConfigError};
use crate::db::DatabaseUrl;
use crate::listen::ListenError;
use crate::secret_file::is_open_to_others;

const FAILED: u8 = 1;
const TOLD_WRONG: u8 = 2;

/// The one option that every program needs.
#[derive(Debug, thiserror::Error)]
#[error("--config FILE is needed")]
pub struct ConfigMissing;

/// Reads the arguments and runs `body`; the exit code is 0, 1 when something failed, or 2 when it was told something
/// wrong.
pub fn run<C: Parser>(
    program: &str,
    args: impl IntoIterator<Item = OsString>,
    body: impl FnOnce(C) -> anyhow::Result<()>,
) -> ExitCode {
    match parse(args) {
        Ok(cli) => finish(program, body(cli)),
        Err(code) => code,
    }
}

/// Reads the arguments; what they got wrong, or help, is printed already where it answers with an exit code.
///
/// # Errors
/// The exit code.
pub fn parse<C: Parser>(args: impl IntoIterator<Item = OsString>) -> Result<C, ExitCode> {
    C::try_parse_from(args).map_err(|error| {
        // Nothing is left to tell if the terminal is gone.
        let _gone = error.print();
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

/// Says in one line what went wrong, if anything did.
pub fn finish(program: &str, outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error:#}");
            ExitCode::from(if was_told_wrong(&error) {
                TOLD_WRONG
            } else {
                FAILED
            })
        }
    }
}

/// The configuration's path.
///
/// # Errors
/// [`ConfigMissing`].
pub fn config_path(path: Option<PathBuf>) -> Result<PathBuf, ConfigMissing> {
    path.ok_or(ConfigMissing)
}

/// Runs `work` on a runtime of its own.
///
/// # Errors
/// What `work` answers, or that there can be no runtime.
pub fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// A line of a command's answer, on standard output.
///
/// # Errors
/// If nobody reads it any more.
pub fn answer(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// A command that is given in another folder than the server's would quietly make a database of its own there.
///
/// # Errors
/// If the configuration at `path` names a database by a relative path at which there is none.
pub fn check_database(path: &Path, url: &DatabaseUrl) -> anyhow::Result<()> {
    if !url.is_missing_here() {
        return Ok(());
    }
    let here = std::env::current_dir()?;
    let problem = format!(
        "{url:?}: there is no such file in {}; run this where the server is started, or write the whole path",
        here.display()
    );
    Err(ConfigError::value(path, "database.url", problem).into())
}

/// A program's command `check-config`, where all is well: `good` and more; `secrets` are files that nobody else should read.
///
/// # Errors
/// If nobody reads the answer any more.
pub fn checked(path: &Path, secrets: &[PathBuf], good: &str) -> anyhow::Result<()> {
    for file in secrets.iter().filter(|file| is_open_to_others(file)) {
        let file = file.display();
        eprintln!("warning: {file}: others on this machine may read the secret: chmod 600");
    }
    answer(&format!("{}: {good}", path.display()))
}

/// A program's command `backup`.
///
/// # Errors
/// If there is no copy.
pub fn back_up(url: &DatabaseUrl, file: &Path) -> anyhow::Result<()> {
    url.back_up(file)?;
    answer(&format!("{}: copied and checked", file.display()))
}

/// A program's command `restore`.
///
/// # Errors
/// If nothing is put back.
pub fn restore(url: &DatabaseUrl, file: &Path) -> anyhow::Result<()> {
    url.restore(file)?;
    answer(&format!("{}: checked and put back", file.display()))
}

fn was_told_wrong(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
        || error.is::<BadValue>()
        || error.is::<ConfigMissing>()
        || matches!(error.downcast_ref(), Some(ListenError::Pem { .. }))
}
