//! `denro serve`: the three programs in one process, each with its own configuration file.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;

use foundation::config::{self, ConfigError};
use foundation::logging::LogFormat;
use foundation::{Clock, cli};
use serde::Deserialize;

use crate::sandbox::Simulations;

/// `denro.toml`. Relative paths are taken from its folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    auth_server: PathBuf,
    event_server: PathBuf,
    /// One for each panel that this machine controls itself.
    #[serde(default)]
    outlet_controllers: Vec<PathBuf>,
    #[serde(default)]
    log_format: LogFormat,
}

/// Every configuration, read and checked.
pub(crate) struct Configs {
    pub(crate) auth_server: auth_server::Config,
    pub(crate) event_server: event_server::Config,
    outlet_controllers: Vec<outlet_controller::Config>,
    log_format: LogFormat,
}

/// Reads and checks all files; starts nothing.
///
/// # Errors
/// One line: the file, the key, what was found, what is allowed.
pub(crate) fn load(path: &Path) -> Result<Configs, ConfigError> {
    let files: Files = config::load(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let controllers = files.outlet_controllers.iter();
    Ok(Configs {
        auth_server: auth_server::Config::load(&folder.join(files.auth_server))?,
        event_server: event_server::Config::load(&folder.join(files.event_server))?,
        outlet_controllers: controllers
            .map(|file| outlet_controller::Config::load(&folder.join(file)))
            .collect::<Result<_, _>>()?,
        log_format: files.log_format,
    })
}

/// `denro check-config`.
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    let configs = load(path)?;
    let authority = configs.auth_server.check_authority();
    authority.map_err(|bad| ConfigError::value(path, bad.key, bad.problem))?;
    let mut secrets = configs.auth_server.secret_files();
    secrets.extend(configs.event_server.secret_files());
    secrets.extend(
        configs
            .outlet_controllers
            .iter()
            .flat_map(outlet_controller::Config::secret_files),
    );
    cli::checked(path, &secrets, "good")
}

/// Runs all programs until the process is told to stop.
pub(crate) fn run(configs: Configs) -> anyhow::Result<()> {
    foundation::logging::init(configs.log_format, "info");
    cli::block_on(async {
        let clock = Clock::system();
        let auth = auth_server::start(configs.auth_server.clone(), clock.clone()).await?;
        auth_server::cli::welcome(&configs.auth_server, &auth).await?;
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-simulated"));
        let simulations = Simulations::new(clock.clone(), folder);
        let sandbox = Arc::new(simulations.clone());
        let events = event_server::start_with(configs.event_server, clock.clone(), Some(sandbox)).await?;
        simulations.connect_to(events.address);
        let mut controllers = Vec::new();
        for config in configs.outlet_controllers {
            controllers.push(outlet_controller::start(config, clock.clone()).await?);
        }
        let outcome = tokio::select! {
            () = foundation::service::stop_signal()? => Ok(()),
            () = one_has_ended(&controllers) => Err(anyhow::anyhow!("the control loop of a panel has ended")),
        };
        for controller in controllers {
            controller.stop().await;
        }
        simulations.stop().await;
        events.stop().await;
        auth.stop().await;
        outcome
    })
}

/// Waits until a controller has ended by itself: the process ends then, and whoever watches it starts it anew.
async fn one_has_ended(controllers: &[outlet_controller::Controller]) {
    let mut endings: Vec<_> = controllers
        .iter()
        .map(|controller| Box::pin(controller.ended()))
        .collect();
    poll_fn(|context| {
        let mut polled = endings.iter_mut().map(|ending| ending.as_mut().poll(context));
        if polled.any(|poll| poll.is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
