//! The command line: serves, or checks a configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::{Clock, config::ConfigError, listen::ListenError};

use crate::config::{BadValue, Config};

/// The HTTPS API, charging sessions, webhooks and the OCPP endpoint. Without a command, it serves.
#[derive(Parser)]
#[command(name = "event-server", version)]
struct Cli {
    /// The configuration; event.sample.toml explains it
    #[arg(long, global = true, value_name = "FILE", env = "EVENT_SERVER_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Read the configuration, say what is wrong with it, start nothing
    CheckConfig,
}

const FAILED: u8 = 1;
const WRONG_CONFIG: u8 = 2;

/// Runs the program; the exit code is 0, 1 when something failed, or 2 when it was told something wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to tell if the terminal is gone.
            let _gone = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let Some(path) = cli.config else {
        eprintln!("event-server: --config FILE is needed");
        return ExitCode::from(WRONG_CONFIG);
    };
    let outcome = match Config::load(&path) {
        Err(error) => Err(error.into()),
        Ok(config) => match cli.command {
            None => serve(config),
            Some(Command::CheckConfig) => {
                say_good(&path);
                Ok(())
            }
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("event-server: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn say_good(path: &Path) {
    println!("{}: good", path.display());
}

fn serve(config: Config) -> anyhow::Result<()> {
    foundation::logging::init(config.log_format, "info,actix_server=warn");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let service = crate::start(config, Clock::system()).await?;
        Ok(service.run_until_signal().await?)
    })
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let told_wrong = error.is::<ConfigError>()
        || error.is::<BadValue>()
        || matches!(error.downcast_ref(), Some(ListenError::Pem { .. }));
    if told_wrong { WRONG_CONFIG } else { FAILED }
}
