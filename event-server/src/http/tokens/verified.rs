//! Tokens verified before, by the hash of the whole token.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api_spec::token::AccessTokenClaims;

const MAX_ENTRIES: usize = 10_000;

type Entries = HashMap<[u8; 32], Arc<AccessTokenClaims>>;

/// Bounded: the expired go first, then everything.
#[derive(Debug, Default)]
pub(super) struct Verified(RwLock<Entries>);

impl Verified {
    pub(super) fn find(&self, hash: &[u8; 32]) -> Option<Arc<AccessTokenClaims>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(hash)
            .cloned()
    }

    pub(super) fn keep(&self, hash: [u8; 32], claims: Arc<AccessTokenClaims>, now_s: i64) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, claims| claims.exp > now_s);
        }
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(hash, claims);
    }

    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
