//! The issuer's public keys, fetched when a key is unknown, but only a few times within each cool-down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use foundation::Clock;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use tokio::sync::Mutex;

const COOL_DOWN_MS: u64 = 10_000;
/// So that a key that has just been made is good at once, whatever unknown ones were shown before.
const FETCHES: u32 = 5;
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

type Keys = HashMap<String, Arc<DecodingKey>>;

pub(super) struct KeySet {
    url: String,
    http: reqwest::Client,
    clock: Clock,
    keys: RwLock<Keys>,
    /// Fetches that were begun: one that begins while somebody waits serves them too.
    begun: AtomicU64,
    budget: Mutex<Budget>,
}

/// How often the issuer was asked since a cool-down began, and whether it answered.
#[derive(Default)]
struct Budget {
    began_at_ms: Option<u64>,
    spent: u32,
    answered: bool,
}

/// What came of asking for the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All that the issuer publishes now is known.
    Answered,
    Failed,
    /// Not asked: that was done too often already.
    Cools {
        for_ms: u64,
    },
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
            begun: AtomicU64::default(),
            budget: Mutex::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Fetches as the budget allows, and always while there are no keys; also whether keys are gone.
    pub(super) async fn refresh(&self) -> (Asked, bool) {
        let begun_before = self.begun.load(SeqCst);
        let mut budget = self.budget.lock().await;
        if self.begun.load(SeqCst) > begun_before {
            return (budget.outcome(), false);
        }
        if let Err(for_ms) = budget.spend(self.clock.tick_ms())
            && !self.is_empty()
        {
            return (Asked::Cools { for_ms }, false);
        }
        self.begun.fetch_add(1, SeqCst);
        let fetched = self.fetch().await;
        budget.answered = fetched.is_ok();
        let gone = match fetched {
            Ok(keys) => self.replace(keys),
            Err(error) => {
                tracing::warn!(
                    url = self.url,
                    error = &error as &dyn std::error::Error,
                    "no new keys"
                );
                false
            }
        };
        (budget.outcome(), gone)
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

impl Budget {
    fn outcome(&self) -> Asked {
        if self.answered {
            Asked::Answered
        } else {
            Asked::Failed
        }
    }

    /// Takes one fetch, or tells how long none is left.
    fn spend(&mut self, now_ms: u64) -> Result<(), u64> {
        let passed_ms = self.began_at_ms.map(|began| now_ms.saturating_sub(began));
        let left_ms = COOL_DOWN_MS.saturating_sub(passed_ms.unwrap_or(COOL_DOWN_MS));
        if left_ms == 0 {
            (self.began_at_ms, self.spent) = (Some(now_ms), 0);
        }
        if self.spent >= FETCHES {
            return Err(left_ms);
        }
        self.spent += 1;
        Ok(())
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
