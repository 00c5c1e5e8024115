//! The server's backstop: a session past its end that its controller has not ended is told to stop.

use api_spec::rest::CommandKind;
use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::stop_session::queue_stop;
use crate::store::sessions::{self, Session};
use crate::store::{commands, name};

/// The controller ends a session itself; this is how long its report may take.
const GRACE_US: i64 = 5_000_000;
/// A stop that led to nothing is tried again after this long.
const RETRY_US: i64 = 300_000_000;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let before_us = context.clock.now_us().saturating_sub(GRACE_US);
    let due = context
        .db
        .read(move |conn| sessions::list_overdue(conn, before_us))
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    context.transact(end).await
}

fn end(tx: &mut Tx<'_>) -> Result<(), DbError> {
    for mut session in sessions::list_overdue(tx.conn, tx.now_us.saturating_sub(GRACE_US))? {
        if !stopped_lately(tx, &session)? {
            tracing::warn!(session.id, "a session is past its end and has not ended");
            queue_stop(tx, &mut session)?;
        }
    }
    Ok(())
}

fn stopped_lately(tx: &mut Tx<'_>, session: &Session) -> Result<bool, DbError> {
    let stop = name(CommandKind::StopSession);
    let lately = tx.now_us.saturating_sub(RETRY_US);
    let commands = commands::list_of_session(tx.conn, &session.id)?;
    Ok(commands.iter().any(|command| {
        command.kind == stop && (command.completed_at.is_none() || command.created_at > lately)
    }))
}
