//! Folds readings into days every quarter of an hour, and deletes what is folded and old; a little at a time, so that nothing
//! waits long. Killed anywhere it does the rest later: a day's row says how far it goes.

use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::fold_readings::{DayPart, Zones, by_day, fold_readings, zones};
use crate::store::readings::{self, Reading};

const EVERY_MS: u64 = 900_000;
/// Readings that are held in memory at once.
const AT_ONCE: i64 = 100_000;
/// Days that are written in one transaction.
const DAYS_AT_ONCE: usize = 50;
/// Readings that are deleted in one transaction, and such transactions in one run.
const DELETED_AT_ONCE: i64 = 5_000;
const DELETIONS: usize = 100;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// Between two runs.
#[derive(Debug)]
pub(super) struct Folding {
    pub(super) keep_days: i64,
    last_ms: Option<u64>,
    /// The last reading there was at the run before. What came before it is committed by now, on every node.
    settled_id: Option<i64>,
}

impl Folding {
    pub(super) fn new(keep_days: i64) -> Self {
        Self {
            keep_days,
            last_ms: None,
            settled_id: None,
        }
    }

    pub(super) async fn run(&mut self, context: &Context) -> Result<(), DbError> {
        let now_ms = context.clock.tick_ms();
        if self
            .last_ms
            .is_some_and(|last| now_ms.saturating_sub(last) < EVERY_MS)
        {
            return Ok(());
        }
        if let Some(settled_id) = self.settled_id {
            let zones = context.db.read(zones).await?;
            while fold_some(context, &zones, settled_id).await? {}
        }
        self.settled_id = Some(context.db.read(readings::last_id).await?);
        let before_us = context.clock.now_us().saturating_sub(self.keep_days * DAY_US);
        for _ in 0..DELETIONS {
            if !context.transact(move |tx| forget(tx, before_us)).await? {
                break;
            }
        }
        self.last_ms = Some(now_ms);
        Ok(())
    }
}

/// Whether there may be more.
async fn fold_some(context: &Context, zones: &Zones, to: i64) -> Result<bool, DbError> {
    let read = context.db.read(move |conn| {
        let after = readings::folded_id(conn)?;
        readings::list_between(conn, (after, to), AT_ONCE)
    });
    let rows: Vec<Reading> = read.await?;
    let Some(last_id) = rows.last().map(|row| row.id) else {
        return Ok(false);
    };
    let mut parts = by_day(zones, rows);
    loop {
        let some: Vec<DayPart> = parts.by_ref().take(DAYS_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        context.transact(move |tx| fold_readings(tx, some)).await?;
    }
    context
        .transact(move |tx| readings::update_folded_id(tx.conn, last_id))
        .await?;
    Ok(true)
}

/// Whether there may be more.
fn forget(tx: &mut Tx<'_>, before_us: i64) -> Result<bool, DbError> {
    let oldest = readings::list_oldest_folded(tx.conn, DELETED_AT_ONCE)?;
    let old = oldest.into_iter().take_while(|(_, at)| *at < before_us);
    let Some((last, _)) = old.last() else {
        return Ok(false);
    };
    readings::delete_to(tx.conn, last)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
