//! Commands that got no outcome in time are expired; those that wait have their controllers looked after.

use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::complete_command::{Outcome, complete_command_alone};
use crate::store::commands::{self, Command};

/// What the clocks of nodes may be apart.
const CLOCKS_DIFFER_US: i64 = 60_000_000;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let now_us = context.clock.now_us();
    let (due, waiting) = context
        .db
        .read(move |conn| {
            let due = commands::list_expired(conn, now_us, now_us + CLOCKS_DIFFER_US)?;
            Ok::<_, DbError>((due, commands::list_waiting_controllers(conn)?))
        })
        .await?;
    for command in due {
        let id = command.id.clone();
        if let Err(error) = context.transact(move |tx| expire(tx, &command)).await {
            tracing::error!(id, %error, "a command cannot be expired; it will be tried again");
        }
    }
    // Should a wake-up have led to nothing, this one may.
    for controller_id in &waiting {
        context.signals.commands_changed(controller_id);
    }
    Ok(())
}

fn expire(tx: &mut Tx<'_>, command: &Command) -> Result<(), DbError> {
    // It may have been sent since it was listed.
    let found = commands::find(tx.conn, &command.id)?;
    let Some(command) = found.filter(|command| command.completed_at.is_none()) else {
        return Ok(());
    };
    let reason = if command.sent_at.is_some() {
        "no_outcome"
    } else {
        "not_delivered"
    };
    complete_command_alone(tx, &command, Outcome::expired(reason)).map(|_| ())
}
