//! The command line: serves, checks a configuration, manages clients.

mod clients;
mod output;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::{Clock, config::ConfigError, listen::ListenError};

use crate::config::{BadValue, Config};

/// OAuth2 authorization server. Without a command, it serves.
#[derive(Parser)]
#[command(name = "auth-server", version)]
struct Cli {
    /// The configuration; auth.sample.toml explains it
    #[arg(long, global = true, value_name = "FILE", env = "AUTH_SERVER_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Read the configuration, say what is wrong with it, start nothing
    CheckConfig,
    /// Manage the programs that may ask for tokens
    #[command(subcommand)]
    Client(clients::ClientCommand),
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
        eprintln!("auth-server: --config FILE is needed");
        return ExitCode::from(WRONG_CONFIG);
    };
    let outcome = match Config::load(&path) {
        Err(error) => Err(error.into()),
        Ok(config) => match cli.command {
            None => serve(config),
            Some(Command::CheckConfig) => output::line(&format!("{}: good", path.display())),
            Some(Command::Client(command)) => clients::run(&config, command),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("auth-server: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn serve(config: Config) -> anyhow::Result<()> {
    foundation::logging::init(config.log_format, "info,actix_server=warn");
    runtime()?.block_on(async {
        let service = crate::start(config, Clock::system()).await?;
        Ok(service.run_until_signal().await?)
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let told_wrong = error.is::<ConfigError>()
        || error.is::<BadValue>()
        || matches!(error.downcast_ref(), Some(ListenError::Pem { .. }));
    if told_wrong { WRONG_CONFIG } else { FAILED }
}
