//! The issuer's public keys, fetched when a key is unknown, but never more often than the cool-down allows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use foundation::Clock;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use tokio::sync::Mutex;

const COOL_DOWN_MS: u64 = 10_000;
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

type Keys = HashMap<String, Arc<DecodingKey>>;

pub(super) struct KeySet {
    url: String,
    http: reqwest::Client,
    clock: Clock,
    keys: RwLock<Keys>,
    /// When the keys were last asked for; holding it makes one fetch serve all who wait.
    asked_at_ms: Mutex<Option<u64>>,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the keys could not be fetched")]
    Http(#[from] reqwest::Error),
    #[error("the keys are longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the keys could not be read")]
    Json(#[from] serde_json::Error),
}

/// Keys of kinds unknown to us are passed over.
#[derive(serde::Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    pub(super) fn new(url: String, http: reqwest::Client, clock: Clock) -> Self {
        Self {
            url,
            http,
            clock,
            keys: RwLock::default(),
            asked_at_ms: Mutex::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Fetches unless there are keys and that was done within the cool-down; whether the keys have changed.
    pub(super) async fn refresh(&self) -> bool {
        let mut asked_at_ms = self.asked_at_ms.lock().await;
        let now_ms = self.clock.tick_ms();
        let cools = asked_at_ms.is_some_and(|asked| now_ms.saturating_sub(asked) < COOL_DOWN_MS);
        if cools && !self.is_empty() {
            return false;
        }
        *asked_at_ms = Some(now_ms);
        match self.fetch().await {
            Ok(keys) => self.replace(keys),
            Err(error) => {
                tracing::warn!(
                    url = self.url,
                    error = &error as &dyn std::error::Error,
                    "no new keys"
                );
                false
            }
        }
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(kid)
            .cloned()
    }

    fn replace(&self, keys: Keys) -> bool {
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let gone = known.keys().any(|kid| !keys.contains_key(kid));
        *known = keys;
        gone
    }

    async fn fetch(&self) -> Result<Keys, FetchError> {
        let request = self.http.get(&self.url).timeout(TIMEOUT);
        let mut response = request.send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_BYTES {
                return Err(FetchError::TooLong);
            }
        }
        let document: Document = serde_json::from_slice(&bytes)?;
        Ok(document.keys.into_iter().filter_map(signing_key).collect())
    }
}

fn signing_key(value: serde_json::Value) -> Option<(String, Arc<DecodingKey>)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk
        .common
        .public_key_use
        .as_ref()
        .is_some_and(|usage| *usage != PublicKeyUse::Signature)
    {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id?, Arc::new(key)))
}
