//! Clients as last read, for at most a second, so that a busy client costs no query per token.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use foundation::{Clock, Db, DbError};

use super::clients;
use crate::client::Client;

/// How long a disabled client or a replaced secret may still be honoured.
const MAX_AGE_MS: u64 = 1000;
/// How many ids are remembered, so that made-up ones cannot fill the memory.
const MAX_ENTRIES: usize = 10_000;

/// Ids that name no client are remembered too: they cost the same as those that do.
#[derive(Clone)]
pub(crate) struct ClientCache {
    db: Db,
    clock: Clock,
    entries: Arc<RwLock<HashMap<String, Entry>>>,
}

#[derive(Clone)]
struct Entry {
    client: Option<Arc<Client>>,
    read_at_ms: u64,
}

impl ClientCache {
    pub(crate) fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            entries: Arc::default(),
        }
    }

    /// The client as it was at most a second ago.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Arc<Client>>, DbError> {
        let now_ms = self.clock.tick_ms();
        if let Some(entry) = self.fresh(id, now_ms) {
            return Ok(entry.client);
        }
        let key = id.to_owned();
        let found = self.db.read(move |conn| clients::find(conn, &key)).await?;
        let client = found.map(Arc::new);
        self.keep(
            id,
            Entry {
                client: client.clone(),
                read_at_ms: now_ms,
            },
        );
        Ok(client)
    }

    fn fresh(&self, id: &str, now_ms: u64) -> Option<Entry> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(id).filter(|entry| entry.is_fresh(now_ms)).cloned()
    }

    fn keep(&self, id: &str, entry: Entry) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, old| old.is_fresh(entry.read_at_ms));
        }
        if entries.len() < MAX_ENTRIES || entries.contains_key(id) {
            entries.insert(id.to_owned(), entry);
        }
    }
}

impl Entry {
    fn is_fresh(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.read_at_ms) < MAX_AGE_MS
    }
}
