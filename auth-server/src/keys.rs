//! The keys that sign tokens: in memory as the rows have them, those that are not yet and no longer used as well.

mod jwk;
mod life;
mod signing_key;

pub(crate) use jwk::{Jwk, JwkSet};
#[cfg(test)]
pub(crate) use life::GRACE_US;
pub use life::KeyState;
pub(crate) use life::{KeyLife, Rotation, is_rotation_due, rotation};
pub(crate) use signing_key::{KeyError, SigningKey};

use std::sync::{Arc, PoisonError, RwLock};

use crate::store::signing_keys::SigningKeyRow;

/// The published keys.
#[derive(Default)]
pub(crate) struct KeyRing {
    published: RwLock<Arc<Published>>,
}

/// The keys as they were at the last look.
#[derive(Default)]
pub(crate) struct Published {
    rows: Vec<SigningKeyRow>,
    /// The newest first; never empty once a look has succeeded.
    keys: Vec<PublishedKey>,
}

#[derive(Clone)]
struct PublishedKey {
    key: Arc<SigningKey>,
    active_from_us: i64,
}

impl KeyRing {
    /// Takes over what the rows say of this moment; whether the published keys are others than before.
    pub(crate) fn take(&self, rows: Vec<SigningKeyRow>, now_us: i64) -> Result<bool, KeyError> {
        let before = self.now();
        let lives: Vec<KeyLife> = rows.iter().map(SigningKeyRow::life).collect();
        let is_published = |row: &&SigningKeyRow| row.life().state(&lives, now_us).is_published();
        let rows: Vec<SigningKeyRow> = rows.iter().filter(is_published).cloned().collect();
        if rows == before.rows {
            return Ok(false);
        }
        let keys = rows.iter().map(|row| before.key_of(row));
        let mut keys: Vec<PublishedKey> = keys.collect::<Result<_, _>>()?;
        keys.sort_by_key(|key| std::cmp::Reverse(key.active_from_us));
        if keys.is_empty() {
            return Err(KeyError::NoneActive);
        }
        let published = Arc::new(Published { rows, keys });
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = published;
        Ok(true)
    }

    pub(crate) fn now(&self) -> Arc<Published> {
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Published {
    /// The key that signs at this moment.
    pub(crate) fn active(&self, now_us: i64) -> Result<&SigningKey, KeyError> {
        let signs = self.keys.iter().find(|key| key.active_from_us <= now_us);
        // Where the clock has gone back behind every key, the oldest is the best known.
        let key = signs.or(self.keys.last()).ok_or(KeyError::NoneActive)?;
        Ok(&key.key)
    }

    /// The published key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        let found = self.keys.iter().find(|key| key.key.public().kid == kid);
        found.map(|key| &*key.key)
    }

    /// Their names, the newest first.
    pub(crate) fn kids(&self) -> Vec<&str> {
        self.keys.iter().map(|key| &*key.key.public().kid).collect()
    }

    /// The public halves (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet {
            keys: self.keys.iter().map(|key| key.key.public().clone()).collect(),
        }
    }

    fn key_of(&self, row: &SigningKeyRow) -> Result<PublishedKey, KeyError> {
        let known = self.keys.iter().find(|key| key.key.public().kid == row.kid);
        let key = match known {
            Some(known) => known.key.clone(),
            None => Arc::new(SigningKey::from_row(row)?),
        };
        Ok(PublishedKey {
            key,
            active_from_us: row.active_from_us,
        })
    }
}
