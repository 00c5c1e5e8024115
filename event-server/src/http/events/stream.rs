//! Events as server-sent events: what is new is read whenever something was appended.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use foundation::DbError;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::operations::events::{event_id, id_in};
use crate::shares::Share;
use crate::store::events::{self, Event, Which};

/// Keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What is read is sent before more is read: a slow reader costs no more than this.
const AT_ONCE: usize = 200;
/// So much of the log, and no more, is looked through at once.
const SEARCHED: i64 = 200_000;

/// One reader of the log.
pub(super) struct Feed {
    pub(super) which: Which,
    /// The number of the last event looked at.
    pub(super) after: i64,
    pub(super) expires_at_s: i64,
    pub(super) news: watch::Receiver<()>,
    pub(super) context: Context,
    pub(super) stop: CancellationToken,
    /// Of the tenant's streams.
    pub(super) _share: Share,
}

impl Feed {
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        // Whoever is cut off before the first event can say from where to go on.
        let first = Some(Bytes::from(format!(": events\nid: {}\n\n", event_id(self.after))));
        let beat_at = Instant::now() + HEARTBEAT;
        unfold(
            (self, beat_at, first),
            |(mut feed, mut beat_at, first)| async move {
                let chunk = match first {
                    Some(chunk) => chunk,
                    None => feed.next(&mut beat_at).await?,
                };
                Some((Ok(chunk), (feed, beat_at, None)))
            },
        )
    }

    /// `None` ends the stream: the token has expired, the server stops, or the database fails.
    async fn next(&mut self, beat_at: &mut Instant) -> Option<Bytes> {
        while !self.is_expired() {
            self.news.mark_unchanged();
            let rows = self.read().await?;
            if !rows.is_empty() {
                // Time has passed while it was read.
                return (!self.is_expired()).then(|| frames(&rows));
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = self.news.changed() => changed.ok()?,
                () = tokio::time::sleep_until(*beat_at) => {
                    *beat_at += HEARTBEAT;
                    return (!self.is_expired()).then_some(Bytes::from_static(b": still here\n\n"));
                }
            }
        }
        None
    }

    fn is_expired(&self) -> bool {
        self.context.clock.now_us().div_euclid(1_000_000) >= self.expires_at_s
    }

    /// What is new, and moves on behind it: other tenants' events need not be passed over twice.
    async fn read(&mut self) -> Option<Vec<Event>> {
        loop {
            let (which, after) = (self.which.clone(), self.after);
            let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
            let to = after.saturating_add(SEARCHED);
            let read = self.context.db.read(move |conn| {
                let last_seq = events::last_seq(conn)?;
                let rows = events::list(conn, &which, (after, to), limit)?;
                Ok::<_, DbError>((last_seq, rows))
            });
            let (last_seq, rows) = read.await.ok()?;
            let last_read = rows.last().map_or(after, |row| row.seq);
            self.after = match rows.len() < AT_ONCE {
                true => last_read.max(last_seq.min(to)),
                false => last_read,
            };
            if !rows.is_empty() || to >= last_seq {
                return Some(rows);
            }
        }
    }
}

fn frames(rows: &[Event]) -> Bytes {
    let mut text = String::new();
    for row in rows {
        let id = id_in(&row.body);
        text.push_str(&format!("id: {id}\nevent: {}\ndata: {}\n\n", row.kind, row.body));
    }
    text.into()
}
