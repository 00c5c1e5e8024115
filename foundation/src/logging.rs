//! Logs: to standard error, as text for people or JSON lines for machines; `RUST_LOG` selects. The last lines may be kept.

mod recent;

use std::io::IsTerminal;

use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

pub use recent::{Line, recent};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Starts logging once for the process; a second call changes nothing.
pub fn init(format: LogFormat, default_filter: &str) {
    start(format, default_filter, false);
}

/// As [`init`]; [`recent`] tells the last lines.
pub fn init_with_memory(format: LogFormat, default_filter: &str) {
    start(format, default_filter, true);
}

fn start(format: LogFormat, default_filter: &str, keeps: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let layer = fmt::layer()
        // Colours are for eyes: not for files, nor for the system's journal.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let kept = keeps.then(recent::layer);
    // Fails only where a test harness has already set a subscriber, which then stays.
    let _already_set = tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .with(kept)
        .try_init();
}
