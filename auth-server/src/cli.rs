//! The command line: serves, checks a configuration, manages clients and keys.

mod admin;
mod ca;
mod clients;
mod keys;
mod tokens;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::config::ConfigError;
use foundation::{Clock, Service, cli, logging};

use crate::config::Config;

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
    /// Manage the programs that may ask for tokens
    #[command(subcommand)]
    Client(clients::ClientCommand),
    /// Manage the keys that sign tokens
    #[command(subcommand)]
    Key(keys::KeyCommand),
    /// Manage the certificates of controllers
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Get in from the host
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Try tokens out
    #[command(subcommand)]
    Token(tokens::TokenCommand),
    /// Read and check the audit log
    #[command(subcommand)]
    Audit(foundation::audit::AuditCommand),
}

/// Runs the program; the exit code is 0, 1 when something failed, or 2 when it was told something wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    cli::run("auth-server", args, |cli: Cli| {
        let path = cli::config_path(cli.config)?;
        let config = Config::load(&path)?;
        if cli.command.as_ref().is_some_and(Command::needs_database) {
            cli::check_database(&path, &config.database.url)?;
        }
        match cli.command {
            None => serve(config),
            Some(Command::CheckConfig) => {
                let checked = config.check_authority();
                checked.map_err(|bad| ConfigError::value(&path, bad.key, bad.problem))?;
                cli::checked(&path, &config.secret_files(), "good")
            }
            Some(Command::Backup { file }) => cli::back_up(&config.database.url, &file),
            Some(Command::Restore { file }) => cli::restore(&config.database.url, &file),
            Some(Command::Client(command)) => clients::run(&config, command),
            Some(Command::Key(command)) => keys::run(&config, command),
            Some(Command::Ca(command)) => ca::run(&config, command),
            Some(Command::Admin(command)) => admin::run(&config, command),
            Some(Command::Token(command)) => tokens::run(&config, command),
            Some(Command::Audit(command)) => {
                foundation::audit::run(&crate::store::open(&config.database.url)?, command)
            }
        }
    })
}

impl Command {
    /// Whether it is of no use without what a server or `ca init` has left.
    fn needs_database(&self) -> bool {
        match self {
            Self::CheckConfig | Self::Restore { .. } | Self::Ca(ca::CaCommand::Init { .. }) => false,
            Self::Backup { .. }
            | Self::Client(_)
            | Self::Key(_)
            | Self::Ca(_)
            | Self::Admin(_)
            | Self::Token(_)
            | Self::Audit(_) => true,
        }
    }
}

fn json(answer: &impl serde::Serialize) -> anyhow::Result<()> {
    cli::answer(&serde_json::to_string_pretty(answer)?)
}

/// Prints a link for the first operator, where nobody is one.
///
/// # Errors
/// If the database cannot be used, or nobody reads the line.
pub async fn welcome(config: &Config, service: &Service) -> anyhow::Result<()> {
    let issuer = config.issuer_at(service.address);
    if let Some(link) = crate::admin::first_operator(config, &issuer).await? {
        cli::answer("No operator yet. Whoever opens this link first becomes one:")?;
        admin::show(&link)?;
    }
    Ok(())
}

fn serve(config: Config) -> anyhow::Result<()> {
    logging::init(config.log_format, "info,actix_server=warn");
    cli::block_on(async {
        let service = crate::start(config.clone(), Clock::system()).await?;
        welcome(&config, &service).await?;
        Ok(service.run_until_signal().await?)
    })
}
