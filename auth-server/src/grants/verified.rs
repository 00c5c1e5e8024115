//! Tokens verified before, by the hash of the whole token, for as long as the published keys are the same.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api_spec::token::AccessTokenClaims;

use crate::keys::Published;

/// How many are remembered; then all are forgotten, which costs no more than verifying them again.
const MAX_ENTRIES: usize = 10_000;

#[derive(Default)]
pub(crate) struct Verified(RwLock<Known>);

#[derive(Default)]
struct Known {
    keys: Arc<Published>,
    claims: HashMap<[u8; 32], Arc<AccessTokenClaims>>,
}

impl Verified {
    pub(super) fn find(&self, hash: &[u8; 32], keys: &Arc<Published>) -> Option<Arc<AccessTokenClaims>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let claims = known.claims.get(hash).cloned();
        claims.filter(|_| Arc::ptr_eq(&known.keys, keys))
    }

    pub(super) fn keep(&self, hash: [u8; 32], claims: Arc<AccessTokenClaims>, keys: &Arc<Published>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&known.keys, keys) || known.claims.len() >= MAX_ENTRIES {
            known.claims.clear();
            known.keys = keys.clone();
        }
        known.claims.insert(hash, claims);
    }
}
