//! A program of the world: in this process, or as one of its own that can be killed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use denro::simulator::panel_file::Written;
use foundation::{Clock, Service};
use outlet_controller::Controller;

use crate::program::{Launch, Process};

const SERVER: &str = "event-server";
pub(super) const SQLITE_FILE: &str = "events.db";

/// What to run, and whether it runs.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    config: PathBuf,
    /// As a process, where given.
    launch: Option<Launch>,
    address: Option<SocketAddr>,
    running: Running,
}

#[derive(Debug)]
enum Running {
    No,
    Server(Service),
    Controller(Controller),
    Apart(Process),
}

impl Program {
    pub(super) fn event_server(
        folder: &Path,
        database: Option<&str>,
        issuer: &str,
        launch: Option<Launch>,
    ) -> Self {
        let config = folder.join("event-server.toml");
        let file = format!("sqlite:{}", folder.join(SQLITE_FILE).display());
        let text = event_server_toml(database.unwrap_or(&file), issuer, "127.0.0.1:0");
        std::fs::write(&config, text).unwrap();
        Self::new(SERVER, config, launch)
    }

    pub(super) fn controller(
        folder: &Path,
        files: &Written,
        url: &str,
        [station_id, password]: [&str; 2],
        launch: Option<Launch>,
    ) -> Self {
        let config = folder.join("outlet-controller.toml");
        std::fs::write(
            &config,
            controller_toml(folder, files, url, [station_id, password]),
        )
        .unwrap();
        Self::new("outlet-controller", config, launch)
    }

    fn new(name: &'static str, config: PathBuf, launch: Option<Launch>) -> Self {
        Self {
            name,
            config,
            launch,
            address: None,
            running: Running::No,
        }
    }

    /// Starts it; a server listens where it did the last time.
    pub(super) async fn start(&mut self, clock: &Clock) {
        self.running = match &self.launch {
            Some(launch) => Running::Apart(launch.start(self.name, &self.config)),
            None => self.start_here(clock.clone()).await,
        };
        match &self.running {
            Running::Server(service) => self.keep_address(service.address),
            Running::Apart(process) if self.name == SERVER => self.keep_address(process.address().await),
            Running::Apart(process) => process.until_it_says("outlet-controller runs").await,
            Running::Controller(_) | Running::No => {}
        }
    }

    async fn start_here(&self, clock: Clock) -> Running {
        if self.name == SERVER {
            let config = event_server::Config::load(&self.config).unwrap();
            return Running::Server(event_server::start(config, clock).await.unwrap());
        }
        let config = outlet_controller::Config::load(&self.config).unwrap();
        Running::Controller(outlet_controller::start(config, clock).await.unwrap())
    }

    fn keep_address(&mut self, address: SocketAddr) {
        if self.address.is_none() {
            let text = std::fs::read_to_string(&self.config).unwrap();
            std::fs::write(&self.config, text.replace("127.0.0.1:0", &address.to_string())).unwrap();
        }
        self.address = Some(address);
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(super) fn process(&self) -> &Process {
        match &self.running {
            Running::Apart(process) => process,
            Running::Server(_) | Running::Controller(_) | Running::No => {
                panic!("{} is no process", self.name)
            }
        }
    }

    /// Where its figures can be read.
    pub(super) async fn metrics_address(&self) -> SocketAddr {
        match &self.running {
            Running::Server(service) => service.metrics_address.unwrap(),
            Running::Controller(controller) => controller.addresses().metrics.unwrap(),
            Running::Apart(process) => process.metrics_address().await,
            Running::No => panic!("{} does not run", self.name),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        !matches!(self.running, Running::No)
    }

    /// Asks it to stop and waits; a process is killed.
    pub(super) async fn stop(&mut self) {
        match std::mem::replace(&mut self.running, Running::No) {
            Running::Server(service) => service.stop().await,
            Running::Controller(controller) => controller.stop().await,
            Running::Apart(_) | Running::No => {}
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        match std::mem::replace(&mut self.running, Running::No) {
            Running::Apart(mut process) => process.kill(),
            Running::Server(_) | Running::Controller(_) | Running::No => {
                panic!("{} is not a process that runs", self.name)
            }
        }
    }
}

fn event_server_toml(database: &str, issuer: &str, listen: &str) -> String {
    format!(
        r#"[database]
url = "{database}"

[auth]
issuer = "{issuer}"

[listen]
address = "{listen}"

[metrics]
address = "127.0.0.2:0"

[webhooks]
allow_private_addresses = true
allow_http = true

[limits]
acting_per_second = 10000
acting_burst = 10000
tenant_per_second = 100000
tenant_burst = 100000
"#
    )
}

fn controller_toml(folder: &Path, files: &Written, url: &str, [station_id, password]: [&str; 2]) -> String {
    let data = folder.join("controller");
    format!(
        r#"data_dir = "{}"
panel = "{}"
devices_dir = "{}"

[metrics]
listen = "127.0.0.1:0"

[server]
url = "{url}"
station_id = "{station_id}"
password = "{password}"
"#,
        data.display(),
        files.panel.display(),
        files.devices.display()
    )
}
