//! Commands that got no outcome in time are expired.

use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::complete_command::{Outcome, complete_command_alone};
use crate::store::commands;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let now_us = context.clock.now_us();
    let due = context
        .db
        .read(move |conn| commands::list_expired(conn, now_us))
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    context.transact(expire).await
}

fn expire(tx: &mut Tx<'_>) -> Result<(), DbError> {
    for command in commands::list_expired(tx.conn, tx.now_us)? {
        let reason = if command.sent_at.is_some() {
            "no_outcome"
        } else {
            "not_delivered"
        };
        complete_command_alone(tx, &command, Outcome::expired(reason))?;
    }
    Ok(())
}
