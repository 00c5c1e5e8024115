//! The command line: runs the controller, or helps whoever installs it.

mod commission;
mod devices;
mod enrol;
mod ids;
mod journal;
mod probe;
mod take_firmware;
mod terminal;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::service_manager::ServiceManager;
use foundation::{Clock, cli, logging};

use crate::config::{self, Config};

/// Controls the outlets of one panel: Modbus to its breakers and meters, OCPP to the server. Without a command, it runs.
#[derive(Parser)]
#[command(name = "outlet-controller", version)]
struct Cli {
    /// The configuration; controller.sample.toml explains it
    #[arg(long, global = true, value_name = "FILE", env = "OUTLET_CONTROLLER_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run until the program is told to stop
    Run,
    /// Read the configuration, the panel file and its device files, say what is wrong, start nothing
    CheckConfig,
    /// Show what waits for the server and what it has refused, and send that once more
    Journal(journal::Options),
    /// List the device types that panel files can name, or show the file of one
    Devices(devices::Options),
    /// Find what answers on a bus and say what it is; reads only
    Probe(probe::Options),
    /// Walk through every outlet: breakers, contacts, meters; writes the panel file and a protocol
    Commission(commission::Options),
    /// Get this station's first certificate by a code, for connecting without a password
    Enrol(enrol::Options),
    /// Check the firmware that waits to be installed, and put it where whoever installs it can trust it
    TakeFirmware(take_firmware::Options),
}

/// Runs the program; the exit code is 0, 1 when something failed, or 2 when it was told something wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    cli::run("outlet-controller", args, |cli: Cli| {
        let config = || {
            let path = cli::config_path(cli.config.clone())?;
            anyhow::Ok((Config::load(&path)?, path))
        };
        match &cli.command {
            None | Some(Command::Run) => serve(&cli::config_path(cli.config.clone())?),
            Some(Command::CheckConfig) => {
                let (config, path) = config()?;
                check(&config, &path)
            }
            Some(Command::Journal(options)) => {
                let path = cli::config_path(cli.config.clone())?;
                journal::run(options, &Config::read(&path)?)
            }
            Some(Command::Devices(options)) => devices::run(options),
            Some(Command::Probe(options)) => probe::run(options, where_named(&cli)?.as_ref()),
            Some(Command::Enrol(options)) => {
                let path = cli::config_path(cli.config.clone())?;
                enrol::run(options, &path, &Config::read(&path)?)
            }
            Some(Command::TakeFirmware(options)) => {
                let path = cli::config_path(cli.config.clone())?;
                take_firmware::run(options, &Config::read(&path)?)
            }
            Some(Command::Commission(options)) => commission::run(options, where_named(&cli)?.as_ref()),
        }
    })
}

/// The configuration that the command line or the environment names; these commands need none.
fn where_named(cli: &Cli) -> anyhow::Result<Option<Config>> {
    Ok(cli.config.as_deref().map(Config::load).transpose()?)
}

fn check(config: &Config, path: &Path) -> anyhow::Result<()> {
    let panel = config.load_panel()?;
    cli::checked(
        path,
        &config.secret_files(),
        &format!("good; {}", panel.summary()),
    )
}

/// Runs whatever is wrong with the server's part of the configuration: the panel does not need it.
fn serve(path: &Path) -> anyhow::Result<()> {
    let config = match Config::read(path) {
        Ok(config) => config,
        Err(error) => return give_up(path, error.into()),
    };
    logging::init_with_memory(config.log_format, "info");
    cli::block_on(async {
        let controller = crate::start(config, Clock::system()).await?;
        controller.tell_service_manager(ServiceManager::from_environment());
        Ok(controller.run_until_signal().await?)
    })
}

/// A file that is no configuration may still say which panel it is about: nobody would end the charges there.
fn give_up(path: &Path, error: anyhow::Error) -> anyhow::Result<()> {
    if let Some(config) = config::Emergency::read(path) {
        cli::block_on(async {
            crate::open_all_breakers(&config).await;
            Ok(())
        })?;
    }
    Err(error)
}
