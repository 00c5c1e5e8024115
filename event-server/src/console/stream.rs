//! Server-sent events for the page: tiles that read differently than before.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::page::{Chosen, check_open};
use super::tiles::{self, Tile};
use crate::config::Config;
use crate::context::Context;
use crate::http::{ApiError, Language};

/// Many reports at once are one look.
const GATHER: Duration = Duration::from_millis(50);
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Watcher {
    context: Context,
    stop: CancellationToken,
    language: Language,
    news: watch::Receiver<()>,
    shown: HashMap<String, Tile>,
}

pub(super) async fn show(
    request: HttpRequest,
    config: web::Data<Config>,
    context: web::Data<Context>,
    stop: web::Data<CancellationToken>,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse, ApiError> {
    check_open(&request, &config)?;
    let watcher = Watcher {
        language: chosen.language(&request),
        news: context.signals.events(),
        context: context.get_ref().clone(),
        stop: stop.get_ref().clone(),
        shown: HashMap::new(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(watcher.into_stream()))
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
        loop {
            self.news.mark_unchanged();
            let changed = self.changed().await?;
            if !changed.is_empty() {
                return Some(changed.into());
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                news = self.news.changed() => news.ok()?,
                () = tokio::time::sleep(HEARTBEAT) => return Some(Bytes::from_static(b": still here\n\n")),
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// A frame for each tile that reads differently.
    async fn changed(&mut self) -> Option<String> {
        let language = self.language;
        let groups = self
            .context
            .db
            .read(move |conn| tiles::groups(conn, language))
            .await
            .ok()?;
        let mut frames = String::new();
        for tile in groups.into_iter().flat_map(|group| group.tiles) {
            if self.shown.get(&tile.id) == Some(&tile) {
                continue;
            }
            let data = serde_json::to_string(&tile).ok()?;
            frames.push_str(&format!("event: tile\ndata: {data}\n\n"));
            self.shown.insert(tile.id.clone(), tile);
        }
        Some(frames)
    }
}
