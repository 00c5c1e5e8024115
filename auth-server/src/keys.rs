//! The keys that sign access tokens: the active one, and those that others still verify with.

mod jwk;
mod signing_key;

pub(crate) use jwk::JwkSet;
pub(crate) use signing_key::{KeyError, SigningKey};

use foundation::{Conn, Db, DbError};

use crate::store::signing_keys::{self, ACTIVE, SigningKeyRow};

/// The published keys, in memory.
pub(crate) struct KeyRing {
    active: SigningKey,
    grace: Vec<SigningKey>,
}

impl KeyRing {
    /// Reads the keys; makes the first one on an empty database.
    pub(crate) async fn load(db: &Db, now_us: i64) -> anyhow::Result<Self> {
        let first = SigningKey::generate()?.to_row(ACTIVE, now_us)?;
        let rows = db.write(move |conn| published(conn, &first)).await?;
        let mut keys = rows.iter().map(SigningKey::from_row);
        let active = keys.next().ok_or(KeyError::NoneActive)??;
        Ok(Self {
            active,
            grace: keys.collect::<Result<_, _>>()?,
        })
    }

    /// The key that signs.
    pub(crate) fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The public halves (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> JwkSet {
        let keys = std::iter::once(&self.active).chain(&self.grace);
        JwkSet {
            keys: keys.map(|key| key.public().clone()).collect(),
        }
    }
}

fn published(conn: &mut Conn, first: &SigningKeyRow) -> Result<Vec<SigningKeyRow>, DbError> {
    let rows = signing_keys::list_published(conn)?;
    if rows.first().is_some_and(|row| row.state == ACTIVE) {
        return Ok(rows);
    }
    signing_keys::insert(conn, first)?;
    signing_keys::list_published(conn)
}
