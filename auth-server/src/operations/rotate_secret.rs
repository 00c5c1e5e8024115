//! Gives a client a new secret beside the one it has.

use std::fmt;

use foundation::secrets::{SecretHash, SecretKind};
use foundation::{Conn, Db};
use jiff::Timestamp;
use serde::Serialize;

use super::{OperationError, timestamp};
use crate::audit::{self, Actor, Entry, Event};
use crate::client::ClientSecret;
use crate::store::clients;

/// A new secret; the only place where it can be read.
#[derive(Clone, Serialize)]
pub struct RotatedSecret {
    pub client_id: String,
    pub client_secret: String,
    /// Until when the secret before this one is good.
    pub previous_expires_at: Timestamp,
}

impl fmt::Debug for RotatedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RotatedSecret({})", self.client_id)
    }
}

pub(crate) async fn run(
    db: &Db,
    client_id: &str,
    overlap_s: u32,
    actor: Actor,
    now_us: i64,
) -> Result<RotatedSecret, OperationError> {
    let client_id = client_id.to_owned();
    let until_us = now_us.saturating_add(i64::from(overlap_s) * 1_000_000);
    db.write(move |conn| {
        let client_secret = SecretKind::ClientSecret.generate();
        let previous_expires_at = timestamp(expire_old(conn, &client_id, now_us, until_us)?);
        let new = ClientSecret {
            hash: SecretHash::of(&client_secret),
            created_at_us: now_us,
            expires_at_us: None,
        };
        clients::insert_secret(conn, &client_id, new)?;
        let entry = Entry::success(Event::ClientSecretRotated, actor).client(&client_id);
        audit::append(conn, &entry, now_us)?;
        Ok(RotatedSecret {
            client_id,
            client_secret,
            previous_expires_at,
        })
    })
    .await
}

/// Lets the newest secret live until `until_us` at most and removes the others; answers when that one ends.
fn expire_old(conn: &mut Conn, client_id: &str, now_us: i64, until_us: i64) -> Result<i64, OperationError> {
    let client = clients::find(conn, client_id)?;
    let client = client.ok_or_else(|| OperationError::NoSuchClient(client_id.to_owned()))?;
    if !client.has_secrets() {
        return Err(OperationError::NotAllowed {
            what: "client",
            problem: "it proves itself by a key or a certificate, and has no secret",
        });
    }
    let mut newest_first = client.secrets.into_iter();
    let previous = newest_first.next();
    for older in newest_first {
        clients::delete_secret(conn, older.hash)?;
    }
    let Some(mut previous) = previous else {
        return Ok(now_us);
    };
    let ends_at_us = previous
        .expires_at_us
        .map_or(until_us, |already| already.min(until_us));
    previous.expires_at_us = Some(ends_at_us);
    clients::update_secret_expiry(conn, previous)?;
    Ok(ends_at_us)
}
