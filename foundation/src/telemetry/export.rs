//! Brings spans to the collector, many at once.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Span, otlp};
use crate::metrics::Counts;

/// At once.
const MAX_BROUGHT: usize = 512;
/// How long spans wait for others to go with.
const GATHERING: Duration = Duration::from_secs(1);
/// What is left when the program stops is brought within this.
const LAST: Duration = Duration::from_secs(2);

/// Runs beside the program.
#[derive(Debug)]
pub struct Export {
    queue: mpsc::Receiver<Span>,
    /// To be brought next.
    held: Vec<Span>,
    exporter: SpanExporter,
    counts: Arc<Counts<1>>,
    /// Whether the collector has taken what was brought last; what changes is a line in the log.
    is_heard: bool,
}

impl Export {
    pub(super) fn new(queue: mpsc::Receiver<Span>, exporter: SpanExporter, counts: Arc<Counts<1>>) -> Self {
        Self {
            queue,
            held: Vec::new(),
            exporter,
            counts,
            is_heard: true,
        }
    }

    /// Until told to stop; then what is left is brought too, once.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(true) = stop.run_until_cancelled(self.gather()).await {
            let spans = std::mem::take(&mut self.held);
            let count = spans.len();
            let brought = stop.run_until_cancelled(self.exporter.export(data(spans))).await;
            self.note(count, brought.is_some_and(|brought| brought.is_ok()));
        }
        self.queue.close();
        self.take_up_to(usize::MAX);
        if !self.held.is_empty() {
            let rest = std::mem::take(&mut self.held);
            let count = rest.len();
            let brought = tokio::time::timeout(LAST, self.exporter.export(data(rest))).await;
            self.note(count, brought.is_ok_and(|brought| brought.is_ok()));
        }
    }

    /// Holds the next ones; false when there will be no more.
    async fn gather(&mut self) -> bool {
        if self.queue.recv_many(&mut self.held, MAX_BROUGHT).await == 0 {
            return false;
        }
        tokio::time::sleep(GATHERING).await;
        self.take_up_to(MAX_BROUGHT);
        true
    }

    fn take_up_to(&mut self, most: usize) {
        while self.held.len() < most
            && let Ok(span) = self.queue.try_recv()
        {
            self.held.push(span);
        }
    }

    fn note(&mut self, count: usize, brought: bool) {
        let result = if brought { "brought" } else { "left_out" };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.counts.count([result.into()], count);
        match (self.is_heard, brought) {
            (true, false) => tracing::warn!("the collector takes no spans: they are left out until it does"),
            (false, true) => tracing::info!("the collector takes spans again"),
            (true, true) | (false, false) => {}
        }
        self.is_heard = brought;
    }
}

fn data(spans: Vec<Span>) -> Vec<opentelemetry_sdk::trace::SpanData> {
    spans.into_iter().filter_map(otlp::data).collect()
}
