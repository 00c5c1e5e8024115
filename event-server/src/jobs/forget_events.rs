//! Events, and deliveries that are done with, are forgotten after 30 days; a little at a time, so that nothing waits long.

use foundation::DbError;

use crate::context::{Context, Tx};
use crate::store::{deliveries, delivery_attempts, events, webhook_endpoints};

pub(crate) const KEPT_US: i64 = 30 * 24 * 3600 * 1_000_000;
const EVERY_MS: u64 = 3_600_000;
/// Rows of one transaction.
const AT_ONCE: i64 = 1000;

pub(super) async fn run(context: &Context, last_ms: &mut Option<u64>) -> Result<(), DbError> {
    let now_ms = context.clock.tick_ms();
    if last_ms.is_some_and(|last| now_ms.saturating_sub(last) < EVERY_MS) {
        return Ok(());
    }
    context
        .transact(|tx| webhook_endpoints::delete_previous_secrets(tx.conn, tx.now_us))
        .await?;
    while context.transact(forget_deliveries).await? {}
    while context.transact(forget_events).await? {}
    *last_ms = Some(now_ms);
    Ok(())
}

/// Whether there may be more.
fn forget_deliveries(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    let oldest = deliveries::list_oldest_completed(tx.conn, AT_ONCE)?;
    let before_us = tx.now_us.saturating_sub(KEPT_US);
    let old = oldest
        .into_iter()
        .filter(|(_, completed_at)| completed_at.is_some_and(|at| at < before_us));
    let ids: Vec<i64> = old.map(|(id, _)| id).collect();
    delivery_attempts::delete_of(tx.conn, &ids)?;
    deliveries::delete_all(tx.conn, &ids)?;
    Ok(!ids.is_empty())
}

/// Whether there may be more.
fn forget_events(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    let needed = deliveries::first_pending_seq(tx.conn)?;
    let before_us = tx.now_us.saturating_sub(KEPT_US);
    let oldest = events::list_oldest(tx.conn, AT_ONCE)?;
    let old = oldest.into_iter().take_while(|(seq, appended_at)| {
        *appended_at < before_us && needed.is_none_or(|needed| *seq < needed)
    });
    let Some((last, _)) = old.last() else {
        return Ok(false);
    };
    Ok(events::delete_to(tx.conn, last)? > 0)
}
