//! Answers kept for Idempotency-Keys are forgotten after two days.

use foundation::DbError;

use crate::context::Context;
use crate::store::idempotency_keys;

pub(crate) const KEPT_US: i64 = 48 * 3600 * 1_000_000;
const EVERY_MS: u64 = 3_600_000;

pub(super) async fn run(context: &Context, last_ms: &mut Option<u64>) -> Result<(), DbError> {
    let now_ms = context.clock.tick_ms();
    if last_ms.is_some_and(|last| now_ms.saturating_sub(last) < EVERY_MS) {
        return Ok(());
    }
    *last_ms = Some(now_ms);
    let write = context.transact(|tx| idempotency_keys::delete_older(tx.conn, tx.now_us - KEPT_US));
    write.await
}
