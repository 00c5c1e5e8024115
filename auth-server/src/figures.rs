//! `/metrics`: what Prometheus may know. No person and no client is named.

use std::sync::Arc;

use foundation::Db;
use foundation::metrics::{Render, Requests, Text, gauge, program};

use crate::http::Server;
use crate::keys::KeyRing;
use crate::store;

/// Everything that is shown.
#[derive(Clone)]
pub(crate) struct Sources {
    db: Db,
    keys: Arc<KeyRing>,
    requests: Arc<Requests>,
}

impl Sources {
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            db: server.db.clone(),
            keys: server.grants.keys.clone(),
            requests: server.requests.clone(),
        }
    }

    pub(crate) fn renderer(self) -> Render {
        Arc::new(move || {
            let sources = self.clone();
            Box::pin(async move { sources.render().await })
        })
    }

    async fn render(&self) -> String {
        let keys = self.keys.now().kids().len();
        let is_ready = keys > 0 && store::ping(&self.db).await.is_ok();
        let mut text = Text::default();
        program(&mut text, "auth-server", env!("CARGO_PKG_VERSION"), is_ready);
        let help = "Signing keys that are published.";
        gauge(&mut text, "denro_signing_keys", help, Some(keys));
        self.requests.write(&mut text);
        self.db.figures().write(&mut text);
        text.into_text()
    }
}
