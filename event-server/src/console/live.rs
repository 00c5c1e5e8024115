//! Server-sent events for pages: parts that read differently than before, as HTML. An event that others cause is one look.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use bytes::Bytes;
use foundation::{Conn, DbError};
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// Many reports at once are one look.
const GATHER: Duration = Duration::from_millis(50);
/// Also how long a sentence that only time changes may stand.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream has the rights that its viewer had when it began: after so long the browser begins another one.
const LIFE_MS: u64 = 300_000;

/// A part of a page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Part {
    /// Of the element.
    pub(super) id: &'static str,
    pub(super) html: String,
    /// Nothing follows; the page is then loaded anew.
    #[serde(skip)]
    pub(super) is_last: bool,
}

/// Reads the parts of a moment (microseconds); `None` ends the stream.
type Look = Arc<dyn Fn(&mut Conn, i64) -> Result<Option<Vec<Part>>, DbError> + Send + Sync>;

struct Watcher {
    context: Context,
    stop: CancellationToken,
    news: watch::Receiver<()>,
    look: Look,
    shown: HashMap<&'static str, String>,
    /// By the clock's ticks.
    until_ms: u64,
    is_over: bool,
}

pub(super) fn stream(
    context: Context,
    stop: CancellationToken,
    look: impl Fn(&mut Conn, i64) -> Result<Option<Vec<Part>>, DbError> + Send + Sync + 'static,
) -> HttpResponse {
    let watcher = Watcher {
        until_ms: context.clock.tick_ms().saturating_add(LIFE_MS),
        news: context.signals.events(),
        context,
        stop,
        look: Arc::new(look),
        shown: HashMap::new(),
        is_over: false,
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(watcher.into_stream())
}

impl Watcher {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, |mut watcher| async move {
            let chunk = watcher.next().await?;
            Some((Ok(chunk), watcher))
        })
    }

    /// `None` ends the stream; the browser then asks again.
    async fn next(&mut self) -> Option<Bytes> {
        let mut waited = false;
        loop {
            if self.is_over || self.context.clock.tick_ms() >= self.until_ms {
                return None;
            }
            self.news.mark_unchanged();
            let changed = self.changed().await?;
            if !changed.is_empty() {
                return Some(changed.into());
            }
            if waited {
                return Some(Bytes::from_static(b": still here\n\n"));
            }
            let left_ms = self.until_ms.saturating_sub(self.context.clock.tick_ms());
            let wait = HEARTBEAT.min(Duration::from_millis(left_ms));
            tokio::select! {
                () = self.stop.cancelled() => return None,
                news = self.news.changed() => news.ok()?,
                () = self.context.clock.sleep(wait) => waited = true,
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// A frame for each part that reads differently.
    async fn changed(&mut self) -> Option<String> {
        let (look, now_us) = (self.look.clone(), self.context.clock.now_us());
        let read = self.context.db.read(move |conn| look(conn, now_us));
        let parts = read.await.ok()??;
        let mut frames = String::new();
        for part in parts {
            if self.shown.get(part.id) != Some(&part.html) {
                let data = serde_json::to_string(&part).ok()?;
                frames.push_str(&format!("event: part\ndata: {data}\n\n"));
                self.shown.insert(part.id, part.html);
            }
            if part.is_last {
                frames.push_str("event: over\ndata:\n\n");
                self.is_over = true;
            }
        }
        Some(frames)
    }
}
