//! The command line: runs, or checks a configuration.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foundation::Clock;
use foundation::config::ConfigError;

use crate::config::{BadValue, Config};

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
    /// Read the configuration, the panel file and its device files, say what is wrong, start nothing
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
        eprintln!("outlet-controller: --config FILE is needed");
        return ExitCode::from(WRONG_CONFIG);
    };
    let outcome = match Config::load(&path) {
        Err(error) => Err(error.into()),
        Ok(config) => match cli.command {
            None => serve(config),
            Some(Command::CheckConfig) => check(&config, &path),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outlet-controller: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn check(config: &Config, path: &std::path::Path) -> anyhow::Result<()> {
    let panel = config.load_panel()?;
    println!(
        "{}: good; panel {} has {} outlets",
        path.display(),
        panel.name,
        panel.outlets.len()
    );
    Ok(())
}

fn serve(config: Config) -> anyhow::Result<()> {
    foundation::logging::init(config.log_format, "info");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let controller = crate::start(config, Clock::system()).await?;
        Ok(controller.run_until_signal().await?)
    })
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<ConfigError>() || error.is::<BadValue>() {
        WRONG_CONFIG
    } else {
        FAILED
    }
}
