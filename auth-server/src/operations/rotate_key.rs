//! Brings the next signing key: in its time, so that every verifier knows it before it signs, or at once.

use foundation::{Conn, Db};
use jiff::Timestamp;
use serde::Serialize;

use super::{OperationError, timestamp};
use crate::audit::{self, Actor, Entry, Event};
use crate::keys::{KeyLife, Rotation, SigningKey, rotation};
use crate::store::signing_keys::{self, SigningKeyRow};

/// The key that signs next, or already.
#[derive(Clone, Debug, Serialize)]
pub struct RotatedKey {
    pub kid: String,
    pub signs_from: Timestamp,
}

pub(crate) async fn run(
    db: &Db,
    at_once: bool,
    actor: Actor,
    now_us: i64,
) -> Result<RotatedKey, OperationError> {
    let fresh = SigningKey::generate()?;
    db.write(move |conn| rotate(conn, &fresh, at_once, &actor, now_us))
        .await
}

/// `fresh` is used if a new key is needed.
pub(super) fn rotate(
    conn: &mut Conn,
    fresh: &SigningKey,
    at_once: bool,
    actor: &Actor,
    now_us: i64,
) -> Result<RotatedKey, OperationError> {
    let rows = signing_keys::list(conn)?;
    let lives: Vec<KeyLife> = rows.iter().map(SigningKeyRow::life).collect();
    let generation = match rotation(&lives, at_once, now_us) {
        Rotation::New {
            generation,
            active_from_us,
        } => {
            let row = fresh.to_row(generation, active_from_us, now_us)?;
            // Where another node was first, its key is the next one.
            if signing_keys::insert(conn, &row)? {
                let entry = Entry::success(Event::KeyPublished, actor.clone()).key(&row.kid);
                audit::append(conn, &entry, now_us)?;
            }
            generation
        }
        Rotation::BringForward { generation } => {
            signing_keys::update_active_from(conn, generation, now_us)?;
            let kid = rows
                .iter()
                .find(|row| row.generation == generation)
                .map(|row| &*row.kid);
            let entry = Entry::success(Event::KeyBroughtForward, actor.clone()).key(kid.unwrap_or_default());
            audit::append(conn, &entry, now_us)?;
            generation
        }
        Rotation::UnderWay { generation } => generation,
    };
    let rows = signing_keys::list(conn)?;
    let next = rows.into_iter().find(|row| row.generation == generation);
    let next = next.ok_or(crate::keys::KeyError::NoneActive)?;
    Ok(RotatedKey {
        kid: next.kid,
        signs_from: timestamp(next.active_from_us),
    })
}
