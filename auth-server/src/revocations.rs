//! The access tokens that were revoked and would still be good, in memory, so that a question costs no query.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::store::revoked_tokens::RevokedToken;

/// Other nodes' clocks may be behind by this much when they write what we have yet to read.
const OVERLAP_US: i64 = 300 * 1_000_000;

#[derive(Default)]
pub(crate) struct Revocations(RwLock<Known>);

#[derive(Default)]
struct Known {
    /// jti → when it expires
    tokens: HashMap<String, i64>,
    newest_us: i64,
}

impl Revocations {
    pub(crate) fn contains(&self, jti: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.tokens.contains_key(jti)
    }

    /// From when on rows may be new to us.
    pub(crate) fn read_from_us(&self) -> i64 {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.newest_us.saturating_sub(OVERLAP_US)
    }

    /// Takes rows over and forgets the tokens that have expired.
    pub(crate) fn take(&self, rows: Vec<RevokedToken>, now_us: i64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            known.newest_us = known.newest_us.max(row.revoked_at_us);
            known.tokens.insert(row.jti, row.expires_at_us);
        }
        known.tokens.retain(|_, expires_at_us| *expires_at_us >= now_us);
    }
}
