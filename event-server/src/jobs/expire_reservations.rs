//! Reservations whose driver has not come, or whose time is over, are over.

use foundation::DbError;

use crate::context::Context;
use crate::operations::reservations::expire;
use crate::store::reservations;

/// In one round; the next is a second later.
const MOST: i64 = 1_000;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let now_us = context.clock.now_us();
    let due = context
        .db
        .read(move |conn| reservations::list_expired(conn, now_us, MOST))
        .await?;
    for row in due {
        let id = row.id.clone();
        if let Err(error) = context.transact(move |tx| expire(tx, &row)).await {
            tracing::error!(id, %error, "a reservation cannot be ended; it will be tried again");
        }
    }
    Ok(())
}
