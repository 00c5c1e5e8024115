//! Spans for whoever collects them (OTLP): what was done in a trace, from when until when. Nothing ever waits for a collector.

mod export;
mod otlp;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use reqwest::Url;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::config::BadValue;
use crate::listen::is_loopback;
use crate::metrics::{Counts, Text};
use crate::trace::Trace;

pub use export::Export;

/// Spans that wait to be brought; more are left out.
const MAX_WAITING: usize = 2048;

/// A `[telemetry]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// `https://HOST[:PORT]`, or `http` on loopback; spans are brought to `/v1/traces` there.
    pub otlp: String,
}

/// Who tells of spans.
#[derive(Clone, Debug)]
pub struct Teller {
    /// The program's name.
    pub program: &'static str,
    /// Which one of several, where there may be several.
    pub instance: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its own step in the trace.
    pub step: Trace,
    /// The step that led to it; `None` where the trace begins here.
    pub parent_id: Option<String>,
    pub name: Cow<'static, str>,
    pub kind: Kind,
    pub begun_us: i64,
    pub ended_us: i64,
    /// Why it came to nothing.
    pub failure: Option<String>,
    pub attributes: Vec<(&'static str, Value)>,
}

/// What is told of a span beside its name and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i64),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// Which side of a conversation a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody was answered.
    Server,
    /// Somebody else was asked.
    Client,
}

/// Where spans are told; nowhere where no collector is configured. Clones tell the same collector.
#[derive(Clone, Debug, Default)]
pub struct Telemetry(Option<Sink>);

#[derive(Clone, Debug)]
struct Sink {
    waiting: mpsc::Sender<Span>,
    counts: Arc<Counts<1>>,
}

impl Collector {
    /// Checks the address; asks nobody.
    ///
    /// # Errors
    /// [`BadValue`].
    pub fn check(&self) -> Result<(), BadValue> {
        let is_good = Url::parse(&self.otlp).is_ok_and(|url| match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(url.host_str().unwrap_or_default()),
            _ => false,
        });
        if is_good {
            return Ok(());
        }
        let found = &self.otlp;
        let key = "telemetry.otlp";
        let problem = format!("{found:?}: expected https://HOST[:PORT], or http on loopback");
        Err(BadValue { key, problem })
    }
}

impl Telemetry {
    /// Where spans are told, and what brings them to the collector once it runs.
    ///
    /// # Errors
    /// If there can be no HTTP client.
    pub fn to(collector: &Collector, teller: Teller) -> anyhow::Result<(Self, Export)> {
        let (waiting, queue) = mpsc::channel(MAX_WAITING);
        let counts = Arc::new(Counts::new(["result"]).with(&[["brought"], ["left_out"]]));
        let export = Export::new(queue, otlp::exporter(collector, teller)?, counts.clone());
        Ok((Self(Some(Sink { waiting, counts })), export))
    }

    /// Whether anybody is told.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells a span, where its trace is recorded.
    pub fn tell(&self, span: Span) {
        let Some(sink) = self.0.as_ref().filter(|_| span.step.is_recorded()) else {
            return;
        };
        if sink.waiting.try_send(span).is_err() {
            sink.counts.add(["left_out"]);
        }
    }

    /// Its family, where anybody is told.
    pub fn write(&self, text: &mut Text) {
        if let Some(sink) = &self.0 {
            let help = "Spans that the collector has taken, and those that it never gets.";
            sink.counts.write(text, "denro_telemetry_spans_total", help);
        }
    }
}
