//! What signing keys need by themselves: a first one, the next one in time, and an end.

use foundation::{Conn, Db};

use super::rotate_key::rotate;
use super::{OperationError, list_keys};
use crate::audit::{self, Actor, Entry, Event};
use crate::keys::{KeyLife, KeyState, SigningKey, is_rotation_due};
use crate::store::signing_keys::{self, SigningKeyRow};

/// Answers all keys, after whatever was due is done. Nothing is written where nothing is.
pub(crate) async fn run(db: &Db, life_us: i64, now_us: i64) -> Result<Vec<SigningKeyRow>, OperationError> {
    let rows = db
        .read(|conn| Ok::<_, OperationError>(signing_keys::list(conn)?))
        .await?;
    if !needs_rotation(&rows, life_us, now_us) && spent(&rows, now_us).is_empty() {
        return Ok(rows);
    }
    let fresh = SigningKey::generate()?;
    db.write(move |conn| tend(conn, &fresh, life_us, now_us)).await
}

fn tend(
    conn: &mut Conn,
    fresh: &SigningKey,
    life_us: i64,
    now_us: i64,
) -> Result<Vec<SigningKeyRow>, OperationError> {
    let rows = signing_keys::list(conn)?;
    if needs_rotation(&rows, life_us, now_us) {
        // Where no key signs, there is nothing to wait for.
        let mut states = list_keys::states(&rows, now_us).into_iter();
        let at_once = states.all(|(_, state)| state != KeyState::Active);
        rotate(conn, fresh, at_once, &Actor::Server, now_us)?;
    }
    for kid in spent(&rows, now_us) {
        signing_keys::erase_private(conn, &kid)?;
        let entry = Entry::success(Event::KeyErased, Actor::Server).key(&kid);
        audit::append(conn, &entry, now_us)?;
    }
    Ok(signing_keys::list(conn)?)
}

fn needs_rotation(rows: &[SigningKeyRow], life_us: i64, now_us: i64) -> bool {
    let lives: Vec<KeyLife> = rows.iter().map(SigningKeyRow::life).collect();
    is_rotation_due(&lives, life_us, now_us)
}

/// The keys whose private half is of no use any more.
fn spent(rows: &[SigningKeyRow], now_us: i64) -> Vec<String> {
    let states = list_keys::states(rows, now_us).into_iter();
    states
        .filter(|(row, state)| row.private_key.is_some() && !state.is_published())
        .map(|(row, _)| row.kid.clone())
        .collect::<Vec<_>>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_key_is_spent_and_a_grace_key_is_not() {
        let row = |generation, active_from_us| {
            let key = SigningKey::generate().unwrap();
            key.to_row(generation, active_from_us, 0).unwrap()
        };
        let rows = [row(2, 1), row(1, 0)];
        assert!(spent(&rows, crate::keys::GRACE_US).is_empty());
        assert_eq!(spent(&rows, crate::keys::GRACE_US + 1), [rows[1].kid.clone()]);
        assert_eq!(list_keys::states(&rows, 1)[1].1, KeyState::Grace);
    }
}
