//! `outlet-controller commission`: the walk through a panel, and what is left of it: protocol and panel file.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foundation::config::BadValue;
use foundation::{cli, logging};
use futures_util::FutureExt;
use tokio::signal::unix::{SignalKind, signal};

use super::terminal::{Standing, Terminal, lang, lang_of_environment, say};
use crate::config::Config;
use crate::install::commission::real::{RealBoard, all_off};
use crate::install::commission::{Quit, Walk};
use crate::install::lang::Lang;
use crate::install::panel_edit::{Commissioning, PanelText, can_be_replaced, replace};
use crate::install::protocol::{Protocol, Step};
use crate::lock;
use crate::modbus::library::Library;
use crate::modbus::panel::Panel;
use crate::modbus::panel_io::PanelIo;

#[derive(clap::Args)]
pub(super) struct Options {
    /// The panel file [default: that of --config]
    #[arg(long, value_name = "FILE")]
    panel: Option<PathBuf>,
    /// Where to write the commissioned panel file [default: where it was read]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Device files of your own [default: those of --config]
    #[arg(long, value_name = "DIR")]
    devices_dir: Option<PathBuf>,
    /// Of the controller that must not run meanwhile [default: that of --config]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Who commissions, for the protocol and the panel file
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Language of questions and protocol [default: by LANG]
    #[arg(long, value_name = "en|ja", value_parser = lang)]
    lang: Option<Lang>,
    /// Answer every question with yes, as a script that has made sure before
    #[arg(long)]
    yes: bool,
    /// Plug in no loads; goes into the protocol
    #[arg(long, value_name = "REASON")]
    skip_load: Option<String>,
    /// Press no test buttons; goes into the protocol
    #[arg(long, value_name = "REASON")]
    skip_trip: Option<String>,
    /// Write the protocol to FILE as text, and to FILE.json
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Print the protocol as JSON
    #[arg(long)]
    json: bool,
}

/// What is commissioned.
struct Job {
    path: PathBuf,
    text: PanelText,
    panel: Panel,
    library: Library,
    /// Nobody else works with the panel meanwhile.
    _locks: Vec<lock::Held>,
}

/// # Errors
/// If the files are wrong, somebody else works with the panel, or something has not passed.
pub(super) fn run(options: &Options, config: Option<&Config>) -> anyhow::Result<()> {
    if options.by.trim().is_empty() {
        let problem = "empty: expected the name of whoever commissions".to_owned();
        return Err(BadValue { key: "--by", problem }.into());
    }
    logging::init(foundation::logging::LogFormat::Text, "error");
    let job = prepare(options, config)?;
    let lang = options.lang.unwrap_or_else(lang_of_environment);
    cli::block_on(commission(options, lang, job))
}

fn prepare(options: &Options, config: Option<&Config>) -> anyhow::Result<Job> {
    let path = options.panel.as_ref().or(config.map(|config| &config.panel));
    let path = path.context("--panel FILE is needed, or --config FILE")?.clone();
    let devices = options
        .devices_dir
        .as_ref()
        .or(config.and_then(|config| config.devices_dir.as_ref()));
    let library = match devices {
        Some(directory) => Library::with_directory(directory)?,
        None => Library::shipped()?,
    };
    for file in [options.out.as_ref().or(Some(&path)), options.protocol.as_ref()]
        .into_iter()
        .flatten()
    {
        let why = || format!("{} could not be written afterwards", file.display());
        can_be_replaced(file).with_context(why)?;
    }
    let text = PanelText::load(&path)?;
    let panel = text.unpinned(&library)?;
    let data_dir = options
        .data_dir
        .as_ref()
        .or(config.map(|config| &config.data_dir));
    let locks = lock::panel(&path, data_dir.map(PathBuf::as_path))?;
    Ok(Job {
        path,
        text,
        panel,
        library,
        _locks: locks,
    })
}

async fn commission(options: &Options, lang: Lang, mut job: Job) -> anyhow::Result<()> {
    let mut protocol = Protocol {
        panel: job.panel.name.clone(),
        file: job.path.display().to_string(),
        by: options.by.trim().to_owned(),
        began_at: now(),
        version: env!("CARGO_PKG_VERSION"),
        ..Protocol::default()
    };
    let standing = Standing {
        yes: options.yes,
        skip_load: options.skip_load.clone(),
        skip_trip: options.skip_trip.clone(),
    };
    let io = PanelIo::open(job.panel.clone());
    let mut installer = Terminal::new(lang, standing);
    let kinds = job.panel.outlets.iter().map(|outlet| outlet.number.get());
    let kinds: BTreeMap<u8, String> = kinds
        .map(|number| (number, job.text.breaker_of(number)))
        .collect();
    let walk = Walk {
        board: &mut RealBoard::new(&io),
        installer: &mut installer,
        protocol: &mut protocol,
        lang,
        kinds: &kinds,
        longest_ms: BTreeMap::new(),
    };
    let ended = until_stopped(walk).await;
    say(lang.of(
        "… All breakers are being switched OFF.",
        "… すべてのブレーカを「切」にします。",
    ));
    protocol.not_off = all_off(&io).await;
    io.close().await;
    protocol.ended_at = now();
    protocol.judge();
    let written = if protocol.passed {
        write_panel(&mut job, options, &mut protocol)
    } else {
        Ok(())
    };
    // The protocol is worth an hour of work: it is told whatever else goes wrong.
    let published = publish(options, lang, &protocol);
    ended?;
    written?;
    published?;
    if !protocol.not_off.is_empty() {
        say(&format!("!! {}", protocol.not_off_warning(lang)));
    }
    if !protocol.passed {
        bail!("the panel has not passed");
    }
    Ok(())
}

/// However the walk ends, by itself, by a signal or by a panic, the caller goes on and switches everything OFF.
async fn until_stopped(mut walk: Walk<'_, RealBoard<'_>, Terminal>) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let walking = AssertUnwindSafe(walk.run()).catch_unwind();
    tokio::select! {
        biased;
        () = foundation::service::stop_signal()? => bail!("told to stop"),
        _ = hangup.recv() => bail!("the terminal is gone"),
        ended = walking => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Quit)) => bail!("given up"),
            Err(_) => bail!("a fault of this program; please report it"),
        },
    }
}

fn write_panel(job: &mut Job, options: &Options, protocol: &mut Protocol) -> anyhow::Result<()> {
    let walked = job
        .panel
        .outlets
        .iter()
        .filter(|outlet| protocol.walked.contains(&outlet.number.get()));
    job.text.commission(&Commissioning {
        at: &protocol.ended_at,
        by: &protocol.by,
        walked: walked
            .map(|outlet| (outlet.number.get(), outlet.wiring.as_str()))
            .collect(),
        pinned: pinned(protocol, &job.library),
        times: &protocol.proposals,
    });
    let out = options.out.as_ref().unwrap_or(&job.path);
    job.text.write(out, &job.library)?;
    protocol.written = Some(out.display().to_string());
    Ok(())
}

/// The serial numbers of the meters.
fn pinned<'a>(protocol: &'a Protocol, library: &Library) -> BTreeMap<&'a str, &'a str> {
    protocol
        .units
        .iter()
        .filter(|unit| {
            library
                .device(&unit.device)
                .is_some_and(|device| device.is_meter())
        })
        .filter_map(|unit| {
            let check = unit
                .checks
                .iter()
                .find(|check| check.step == Step::SerialNumber)?;
            Some((unit.unit.as_str(), check.read.as_deref()?))
        })
        .collect()
}

fn publish(options: &Options, lang: Lang, protocol: &Protocol) -> anyhow::Result<()> {
    let (text, json) = (protocol.text(lang), serde_json::to_string_pretty(protocol)?);
    let told = cli::answer(if options.json { &json } else { text.trim_end() });
    if let Some(path) = &options.protocol {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".json");
            PathBuf::from(name)
        };
        for (path, text) in [(path.clone(), &text), (beside(path), &json)] {
            replace(&path, text).with_context(|| path.display().to_string())?;
        }
    }
    told
}

fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
