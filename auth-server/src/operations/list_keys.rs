//! All signing keys and what each is at this moment.

use foundation::Db;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{OperationError, timestamp};
use crate::keys::{KeyLife, KeyState};
use crate::store::signing_keys::{self, SigningKeyRow};

/// A key without anything secret.
#[derive(Clone, Debug, Serialize)]
pub struct ListedKey {
    pub kid: String,
    pub algorithm: String,
    #[serde(serialize_with = "name")]
    pub state: KeyState,
    pub created_at: Timestamp,
    pub signs_from: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

fn name<S: Serializer>(state: &KeyState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.name())
}

/// The newest first.
pub(crate) async fn run(db: &Db, now_us: i64) -> Result<Vec<ListedKey>, OperationError> {
    let rows = db
        .read(|conn| Ok::<_, OperationError>(signing_keys::list(conn)?))
        .await?;
    let keys = states(&rows, now_us).into_iter();
    Ok(keys.map(|(row, state)| listed(row, state)).collect())
}

/// Each key with its state.
pub(super) fn states(rows: &[SigningKeyRow], now_us: i64) -> Vec<(&SigningKeyRow, KeyState)> {
    let lives: Vec<KeyLife> = rows.iter().map(SigningKeyRow::life).collect();
    let state = |row: &SigningKeyRow| row.life().state(&lives, now_us);
    rows.iter().map(|row| (row, state(row))).collect()
}

fn listed(row: &SigningKeyRow, state: KeyState) -> ListedKey {
    ListedKey {
        kid: row.kid.clone(),
        algorithm: row.algorithm.clone(),
        state,
        created_at: timestamp(row.created_at_us),
        signs_from: timestamp(row.active_from_us),
        revoked_at: row.revoked_at_us.map(timestamp),
    }
}
