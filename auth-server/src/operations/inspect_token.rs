//! An access token, taken apart for a person: what it says, and whether it would be taken at this moment.

use foundation::Db;
use jiff::Timestamp;
use jsonwebtoken::decode_header;
use serde::Serialize;
use serde_json::Value;

use super::{OperationError, list_keys};
use crate::jwt::{signed_claims, unverified_claims};
use crate::keys::{KeyState, SigningKey};
use crate::store::{clients, revoked_tokens, signing_keys};

/// What a token says, and what is to be thought of it. It may be read by others, so the token itself is not in it.
#[derive(Clone, Debug, Serialize)]
pub struct InspectedToken {
    pub header: Value,
    pub claims: Value,
    /// Good at this moment.
    pub active: bool,
    /// Why, in words.
    pub verdict: String,
}

pub(crate) async fn run(db: &Db, token: &str, now_us: i64) -> Result<InspectedToken, OperationError> {
    let (Ok(header), Some(claims)) = (decode_header(token), unverified_claims::<Value>(token)) else {
        return Err(OperationError::NotAllowed {
            what: "token",
            problem: "expected a signed JWT: three parts in base64url with dots between them",
        });
    };
    let shown_header = serde_json::to_value(&header).unwrap_or_default();
    let (kid, seen, token) = (header.kid.unwrap_or_default(), claims.clone(), token.to_owned());
    let verdict = db.read(move |conn| {
        let rows = signing_keys::list(conn)?;
        let states = list_keys::states(&rows, now_us);
        let Some((row, state)) = states.into_iter().find(|(row, _)| row.kid == kid) else {
            return Ok::<_, OperationError>(Err("signed by no key of this server".to_owned()));
        };
        if !state.is_published() {
            return Ok(Err(format!("its key is {}", state.name())));
        }
        let key = SigningKey::from_row(row)?;
        if signed_claims::<Value>(&token, key.verifying()).is_none() {
            return Ok(Err("the signature is wrong".into()));
        }
        let text = |name: &str| {
            seen.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if revoked_tokens::contains(conn, &text("jti"))? {
            return Ok(Err("revoked".into()));
        }
        let client = clients::find(conn, &text("client_id"))?;
        if client.is_none_or(|client| client.disabled_at_us.is_some()) {
            return Ok(Err("its client is disabled or gone".into()));
        }
        Ok(expiry(&seen, now_us, state))
    });
    let verdict = verdict.await?;
    Ok(InspectedToken {
        header: shown_header,
        claims,
        active: verdict.is_ok(),
        verdict: verdict.unwrap_or_else(|problem| problem),
    })
}

fn expiry(claims: &Value, now_us: i64, state: KeyState) -> Result<String, String> {
    let expires_s = claims.get("exp").and_then(Value::as_i64);
    let expires_at = expires_s.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let expires_at = expires_at.ok_or("exp is missing")?;
    if expires_at.as_microsecond() <= now_us {
        return Err(format!("expired at {expires_at:.0}"));
    }
    Ok(format!("good until {expires_at:.0}; its key is {}", state.name()))
}
