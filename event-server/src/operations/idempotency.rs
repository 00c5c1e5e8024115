//! Doing once what may be asked many times: the answer is kept in the same transaction as the effect.

use serde::Serialize;

use crate::context::Tx;
use crate::error::Refusal;
use crate::store::idempotency_keys::{self, IdempotencyKey};

/// A request that names itself.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    pub(crate) client_id: String,
    pub(crate) key: String,
    /// Of everything that makes the request what it is.
    pub(crate) request_hash: String,
}

/// What was answered, now or the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) body: String,
    pub(crate) replayed: bool,
}

/// Runs `act` unless this request was answered before. A refusal is not kept: it had no effect.
pub(crate) fn once<T: Serialize>(
    tx: &mut Tx<'_>,
    request: Once,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>,
) -> Result<Answer, Refusal> {
    if let Some(known) = idempotency_keys::find(tx.conn, &request.client_id, &request.key)? {
        if known.request_hash != request.request_hash {
            return Err(Refusal::KeyReused);
        }
        tx.audit.repeated();
        return Ok(Answer {
            body: known.body,
            replayed: true,
        });
    }
    let answer = act(tx)?;
    let body = serde_json::to_string(&answer)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let row = IdempotencyKey {
        client_id: request.client_id,
        key: request.key,
        request_hash: request.request_hash,
        body: body.clone(),
        created_at: tx.now_us,
    };
    idempotency_keys::insert(tx.conn, &row)?;
    Ok(Answer {
        body,
        replayed: false,
    })
}
