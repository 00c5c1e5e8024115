//! The command line: serves, or checks a configuration.

mod presence;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::audit::{self, AuditCommand};
use foundation::{Clock, cli, logging};

use crate::config::Config;

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
    /// Look at the audit log, also while the server runs
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Try what the displays at outlets show
    #[command(subcommand)]
    Presence(presence::PresenceCommand),
    /// Copy the SQLite database into a new file, also while the server runs
    Backup {
        /// Must not be there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put such a copy back where the database belongs; the server must not run, and no database be there
    Restore {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the program; the exit code is 0, 1 when something failed, or 2 when it was told something wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    cli::run("event-server", args, |cli: Cli| {
        let path = cli::config_path(cli.config)?;
        let config = Config::load(&path)?;
        match cli.command {
            None => serve(config),
            Some(Command::CheckConfig) => cli::checked(&path, &config.secret_files(), "good"),
            Some(Command::Audit(command)) => {
                cli::check_database(&path, &config.database.url)?;
                audit::run(&crate::store::open(&config.database.url)?, command)
            }
            Some(Command::Presence(command)) => {
                cli::check_database(&path, &config.database.url)?;
                let public_url = config.public_url_at(config.listen.address);
                presence::run(&crate::store::open(&config.database.url)?, &public_url, command)
            }
            Some(Command::Backup { file }) => cli::back_up(&config.database.url, &file),
            Some(Command::Restore { file }) => cli::restore(&config.database.url, &file),
        }
    })
}

fn serve(config: Config) -> anyhow::Result<()> {
    logging::init(config.log_format, "info,actix_server=warn");
    cli::block_on(async {
        let service = crate::start(config, Clock::system()).await?;
        Ok(service.run_until_signal().await?)
    })
}
