//! Events as server-sent events: what is new is read whenever something was appended.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::store::events::{self, Event};

/// Keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
const AT_ONCE: i64 = 200;

/// One reader of the log.
pub(super) struct Feed {
    pub(super) tenant_id: String,
    pub(super) types: Vec<String>,
    /// The number of the last event sent.
    pub(super) after: i64,
    pub(super) expires_at_s: i64,
    pub(super) news: watch::Receiver<()>,
    pub(super) context: Context,
    pub(super) stop: CancellationToken,
}

impl Feed {
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold((self, true), |(mut feed, first)| async move {
            let chunk = if first {
                Bytes::from_static(b": events\n\n")
            } else {
                feed.next().await?
            };
            Some((Ok(chunk), (feed, false)))
        })
    }

    /// `None` ends the stream: the token has expired, the server stops, or the database fails.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.news.mark_unchanged();
            let rows = self.read().await?;
            if let Some(last) = rows.last() {
                self.after = last.seq;
                return Some(frames(&rows));
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = self.news.changed() => changed.ok()?,
                () = tokio::time::sleep(HEARTBEAT) => return self.heartbeat(),
            }
        }
    }

    fn heartbeat(&self) -> Option<Bytes> {
        let now_s = self.context.clock.now_us().div_euclid(1_000_000);
        (now_s < self.expires_at_s).then_some(Bytes::from_static(b": still here\n\n"))
    }

    async fn read(&self) -> Option<Vec<Event>> {
        let (tenant, types, after) = (self.tenant_id.clone(), self.types.clone(), self.after);
        let read = self
            .context
            .db
            .read(move |conn| events::list(conn, &tenant, after, &types, AT_ONCE));
        read.await.ok()
    }
}

fn frames(rows: &[Event]) -> Bytes {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        id: &'a str,
    }
    let mut text = String::new();
    for row in rows {
        let id = serde_json::from_str::<Named<'_>>(&row.body).map_or("", |named| named.id);
        text.push_str(&format!("id: {id}\nevent: {}\ndata: {}\n\n", row.kind, row.body));
    }
    text.into()
}
