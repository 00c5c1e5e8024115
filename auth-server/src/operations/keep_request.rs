//! Keeps an authorization request for as long as a person may take to sign in.

use foundation::secrets::SecretHash;
use foundation::{Db, DbError};

use crate::store::authorization_requests::{self, KeptRequest};

/// How long one is kept.
pub(crate) const KEPT_S: u32 = 600;

/// Answers the id by which it is found again.
pub(crate) async fn run(
    db: &Db,
    client_id: &str,
    parameters: String,
    now_us: i64,
) -> Result<String, DbError> {
    let id = format!("dnr_rq_{}", foundation::ids::random_text());
    let kept = KeptRequest {
        client_id: client_id.to_owned(),
        parameters,
        created_at_us: now_us,
        expires_at_us: now_us.saturating_add(i64::from(KEPT_S) * 1_000_000),
    };
    let hash = SecretHash::of(&id);
    db.write(move |conn| authorization_requests::insert(conn, hash, &kept))
        .await?;
    Ok(id)
}
