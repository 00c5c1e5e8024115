//! `outlet-controller probe`: what answers on a bus, and what it is.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use foundation::cli;
use futures_util::FutureExt;

use super::ids::{Ids, TcpAddress};
use super::terminal::say;
use crate::config::Config;
use crate::install::probe::dial::dial;
use crate::install::probe::report::Report;
use crate::install::probe::search::{Findings, Progress, Search};
use crate::install::probe::setting::{FRAMINGS, Setting, Target, framing_name, speeds};
use crate::lock;
use crate::modbus::device::Device;
use crate::modbus::library::Library;
use crate::modbus::panel::Framing;

/// Between an answer and the next question; some meters restart when they are asked faster.
const PAUSE: Duration = Duration::from_millis(50);
const SERIAL_TIMEOUT_MS: u64 = 120;
const TCP_TIMEOUT_MS: u64 = 400;

#[derive(clap::Args)]
pub(super) struct Options {
    /// A gateway or device; Modbus TCP and RTU over TCP are both tried
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["serial", "baud", "framing"])]
    tcp: Option<TcpAddress>,
    /// A serial port of this computer, as /dev/ttyUSB0
    #[arg(long, value_name = "PORT", required_unless_present = "tcp")]
    serial: Option<String>,
    /// Unit ids, as 1-20,31
    #[arg(long, default_value = "1-247")]
    ids: Ids,
    /// Only these speeds, as 9600,19200 [default: all that device files name]
    #[arg(long, value_delimiter = ',')]
    baud: Vec<u32>,
    /// Only these framings, as 8N1,8E1 [default: 8N1, 8E1, 8N2, 8O1]
    #[arg(long, value_delimiter = ',', value_parser = framing)]
    framing: Vec<Framing>,
    /// How long a unit may take to answer [default: 120 serial, 400 TCP]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(10..=10_000))]
    timeout_ms: Option<u64>,
    /// Go on with other speeds and framings after one has answered
    #[arg(long)]
    all: bool,
    /// Device files of your own, beside those that the program brings
    #[arg(long, value_name = "DIR")]
    devices_dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

fn framing(text: &str) -> Result<Framing, String> {
    let found = FRAMINGS
        .into_iter()
        .find(|framing| framing_name(*framing) == text);
    found.ok_or_else(|| "expected 8N1, 8E1, 8N2 or 8O1".to_owned())
}

/// # Errors
/// If nothing answered, the device files are wrong, or the controller of `config` works with its panel.
pub(super) fn run(options: &Options, config: Option<&Config>) -> anyhow::Result<()> {
    let library = match &options.devices_dir {
        Some(directory) => Library::with_directory(directory)?,
        None => Library::shipped()?,
    };
    let _locks = match config {
        Some(config) if config.panel.exists() => lock::panel(&config.panel, Some(&config.data_dir))?,
        Some(_) | None => {
            say("Is no controller working on this bus? Two that ask at once disturb each other.");
            Vec::new()
        }
    };
    let target = options.target()?;
    let search = options.search(&library);
    cli::block_on(async {
        let found = look(&target, &search).await?;
        let report = Report::of(&target, &found);
        if options.json {
            cli::answer(&serde_json::to_string_pretty(&report)?)?;
        } else {
            cli::answer(report.text().trim_end())?;
        }
        if report.units.is_empty() {
            bail!("nothing answered on {target}");
        }
        Ok(())
    })
}

/// Searches until the end, or until the program is told to stop.
async fn look(target: &Target, search: &Search) -> anyhow::Result<Findings> {
    let (mut found, mut teller) = (Findings::default(), Teller::default());
    let dial = |setting: Setting| dial(target.clone(), setting).boxed();
    let mut tell = |progress| teller.tell(progress);
    let told_to_stop = foundation::service::stop_signal().context("signals cannot be watched")?;
    tokio::select! {
        () = search.run(&dial, &mut found, &mut tell) => {}
        () = told_to_stop => {}
    }
    teller.end();
    Ok(found)
}

impl Options {
    fn target(&self) -> anyhow::Result<Target> {
        match (&self.tcp, &self.serial) {
            (Some(TcpAddress { host, port }), _) => Ok(Target::Tcp {
                host: host.clone(),
                port: *port,
            }),
            (None, Some(port)) => Ok(Target::Serial { port: port.clone() }),
            (None, None) => bail!("--tcp or --serial is needed"),
        }
    }

    fn search(&self, library: &Library) -> Search {
        let devices: Vec<Arc<Device>> = library.ids().filter_map(|id| library.device(id)).collect();
        let (settings, timeout_ms) = if self.tcp.is_some() {
            (vec![Setting::ModbusTcp, Setting::RtuOverTcp], TCP_TIMEOUT_MS)
        } else {
            (self.serial_settings(library), SERIAL_TIMEOUT_MS)
        };
        Search {
            settings,
            ids: self.ids.list(self.tcp.is_some()),
            patience: Duration::from_millis(self.timeout_ms.unwrap_or(timeout_ms)),
            pause: PAUSE,
            every_setting: self.all,
            devices,
        }
    }

    fn serial_settings(&self, library: &Library) -> Vec<Setting> {
        let bauds = if self.baud.is_empty() {
            speeds(library)
        } else {
            self.baud.clone()
        };
        let framings = if self.framing.is_empty() {
            FRAMINGS.to_vec()
        } else {
            self.framing.clone()
        };
        let with = |framing: Framing| {
            bauds
                .iter()
                .map(move |baud| Setting::Serial { baud: *baud, framing })
        };
        framings.into_iter().flat_map(with).collect()
    }
}

/// Tells on standard error what goes on: one line that changes on a terminal, otherwise only what is found.
#[derive(Default)]
struct Teller {
    unfinished: bool,
}

impl Teller {
    fn tell(&mut self, progress: Progress) {
        let terminal = std::io::stderr().is_terminal();
        match progress {
            Progress::Asking(setting, id) if terminal => self.over(&format!("{setting}: asking {id} …")),
            Progress::Asking(..) => {}
            Progress::Answers(setting, id) => self.line(&format!("{setting}: {id} answers")),
            Progress::Identifying(setting, id) => self.line(&format!("{setting}: looking at {id}")),
        }
    }

    fn over(&mut self, text: &str) {
        // Progress that nobody can see is no reason to stop.
        let _unseen = write!(std::io::stderr(), "\r\u{1b}[K{text}");
        self.unfinished = true;
    }

    fn line(&mut self, text: &str) {
        self.end();
        say(text);
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.unfinished) {
            let _unseen = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
