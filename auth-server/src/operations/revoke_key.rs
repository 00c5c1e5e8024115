//! Takes a signing key back: it is published no more, and another one signs at once.

use foundation::Db;

use super::rotate_key::{RotatedKey, rotate};
use super::{OperationError, list_keys};
use crate::audit::{self, Actor, Entry, Event};
use crate::keys::{KeyState, SigningKey};
use crate::store::signing_keys;

/// Answers the key that signs instead, if the revoked one signed.
pub(crate) async fn run(
    db: &Db,
    kid: &str,
    actor: Actor,
    now_us: i64,
) -> Result<Option<RotatedKey>, OperationError> {
    let kid = kid.to_owned();
    let fresh = SigningKey::generate()?;
    db.write(move |conn| {
        let rows = signing_keys::list(conn)?;
        let states = list_keys::states(&rows, now_us);
        let state = states
            .iter()
            .find(|(row, _)| row.kid == kid)
            .map(|(_, state)| *state);
        let state = state.ok_or_else(|| OperationError::NoSuchKey(kid.clone()))?;
        if matches!(state, KeyState::Retired | KeyState::Revoked) {
            return Ok(None);
        }
        signing_keys::update_revoked(conn, &kid, now_us)?;
        let entry = Entry::success(Event::KeyRevoked, actor.clone()).key(&kid);
        audit::append(conn, &entry, now_us)?;
        if state == KeyState::Active {
            return rotate(conn, &fresh, true, &actor, now_us).map(Some);
        }
        Ok(None)
    })
    .await
}
