//! The command line of `denro`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::{Clock, cli};

use crate::developer::{listen, trigger};
use crate::{backup, demo, serve, simulator};

/// Switches and meters charging outlets; all of Denro in one program.
#[derive(Parser)]
#[command(name = "denro", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: everything on this machine, with a simulated panel of eight outlets
    Demo(demo::Options),
    /// Print events as they happen, and forward them as webhooks
    Listen(listen::Options),
    /// Let something happen in the simulated building
    Trigger(trigger::Options),
    /// Run the three programs for real
    Serve {
        /// Names the programs' own configurations; denro.sample.toml explains it
        #[arg(long, value_name = "FILE", env = "DENRO_CONFIG")]
        config: PathBuf,
    },
    /// Read every configuration, say what is wrong, start nothing
    CheckConfig {
        #[arg(long, value_name = "FILE", env = "DENRO_CONFIG")]
        config: PathBuf,
    },
    /// Copy both servers' SQLite databases into a new folder, also while they run
    Backup {
        /// Must not be there yet
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "FILE", env = "DENRO_CONFIG")]
        config: PathBuf,
    },
    /// Put such copies back where the databases belong; nothing may run, and no database be there
    Restore {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "FILE", env = "DENRO_CONFIG")]
        config: PathBuf,
    },
    /// Serve a simulated panel by Modbus TCP, and write the panel file that a controller drives it with
    SimulatePanel(SimulatePanel),
    /// The auth-server's own command line
    #[command(disable_help_flag = true)]
    AuthServer(PassOn),
    /// The event-server's own command line
    #[command(disable_help_flag = true)]
    EventServer(PassOn),
    /// The outlet-controller's own command line
    #[command(disable_help_flag = true)]
    OutletController(PassOn),
}

#[derive(clap::Args)]
struct SimulatePanel {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write panel.toml and the device files
    #[arg(long, value_name = "DIR")]
    write: PathBuf,
    /// The host name or address that the controller finds this panel under
    #[arg(long)]
    host: Option<String>,
    /// Cars and meters run this many times faster than life
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
}

#[derive(clap::Args)]
struct PassOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the program; the exit code is 0, 1 when something failed, or 2 when it was told something wrong.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli: Cli = match cli::parse(args) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let outcome = match cli.command {
        Command::AuthServer(args) => return auth_server::cli::run(args.named("auth-server")),
        Command::EventServer(args) => return event_server::cli::run(args.named("event-server")),
        Command::OutletController(args) => {
            return outlet_controller::cli::run(args.named("outlet-controller"));
        }
        Command::Demo(options) => cli::block_on(demo::run(options)),
        Command::Listen(options) => cli::block_on(listen::run(options)),
        Command::Trigger(options) => cli::block_on(trigger::run(options)),
        Command::Serve { config } => serve::load(&config).map_err(Into::into).and_then(serve::run),
        Command::CheckConfig { config } => serve::check(&config),
        Command::Backup { folder, config } => backup::back_up(&config, &folder),
        Command::Restore { folder, config } => backup::restore(&config, &folder),
        Command::SimulatePanel(options) => cli::block_on(simulate_panel(options)),
    };
    cli::finish("denro", outcome)
}

impl PassOn {
    fn named(self, program: &str) -> impl Iterator<Item = OsString> {
        std::iter::once(program.into()).chain(self.arguments)
    }
}

async fn simulate_panel(options: SimulatePanel) -> anyhow::Result<()> {
    foundation::logging::init(foundation::logging::LogFormat::Text, "info");
    let panel = simulator::SimulatedPanel::start(simulator::Options {
        listen: options.listen,
        speed: options.speed,
        ..simulator::Options::new(Clock::system())
    })?;
    for outlet in domain::ids::OutletNumber::first(domain::ids::MAX_OUTLETS) {
        panel.plug_in(outlet, None);
    }
    let host = options.host.unwrap_or_else(|| panel.address().ip().to_string());
    let file = simulator::panel_file::PanelFile {
        speed: options.speed,
        ..Default::default()
    };
    let written = file.write_for_host(&options.write, &host, panel.address().port())?;
    tracing::info!(address = %panel.address(), panel = %written.panel.display(), "simulated panel listens");
    foundation::service::stop_signal()?.await;
    panel.stop();
    Ok(())
}
