//! The server's backstop: a session past its end that its controller has not ended is told to stop, and given up in the end.

use api_spec::rest::{AlarmKind, CommandKind, CommandState, SessionState};
use domain::session::{EndedReason, Event};
use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::alarms::open_at_outlet;
use crate::operations::events::LoadedOutlet;
use crate::operations::step_session::step_session;
use crate::operations::stop_session::queue_stop;
use crate::store::commands::{self, Command};
use crate::store::name;
use crate::store::sessions::{self, Session};

/// The controller ends a session itself; this is how long its report may take.
const GRACE_US: i64 = 5_000_000;
/// An outlet that is on for so long after a session's end is an alarm.
const ALARM_US: i64 = 60_000_000;
/// A stop that led to nothing is tried again after this long.
const RETRY_US: i64 = 300_000_000;
/// A station that heard so many stops in vain does not know the delivery…
const STOPS_IN_VAIN: usize = 2;
/// …if it has not told anything of it for this long either.
const UNHEARD_US: i64 = 600_000_000;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let before_us = context.clock.now_us().saturating_sub(GRACE_US);
    let due = context
        .db
        .read(move |conn| sessions::list_overdue(conn, before_us))
        .await?;
    for session in due {
        let id = session.id.clone();
        if let Err(error) = context.transact(move |tx| end(tx, &session.id)).await {
            tracing::error!(id, %error, "an overdue session cannot be stopped; it will be tried again");
        }
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>, id: &str) -> Result<(), DbError> {
    let found = sessions::find(tx.conn, id)?;
    let Some(mut session) = found.filter(|session| session.ended_at.is_none()) else {
        return Ok(());
    };
    if session.ends_at <= tx.now_us.saturating_sub(ALARM_US) {
        tell_past_end(tx, &session)?;
    }
    let stop = name(CommandKind::StopSession);
    let mut stops = commands::list_of_session(tx.conn, id)?;
    stops.retain(|command| command.kind == stop);
    if stops.iter().any(|stop| stop.completed_at.is_none()) {
        return Ok(());
    }
    if is_lost(&session, &stops, tx.now_us) {
        return give_up(tx, &mut session);
    }
    let lately_us = tx.now_us.saturating_sub(RETRY_US);
    if stops.iter().all(|stop| stop.created_at <= lately_us) {
        tracing::warn!(session.id, "a session is past its end and has not ended");
        queue_stop(tx, &mut session)?;
    }
    Ok(())
}

/// Its breaker was not seen open.
fn tell_past_end(tx: &mut Tx<'_>, session: &Session) -> Result<(), DbError> {
    let mut loaded = LoadedOutlet::load(tx, session.outlet_key)?;
    let (is_open, past_end) = (loaded.current.breaker == "open", (AlarmKind::OutletOnPastEnd, ""));
    let now_us = tx.now_us;
    if session.energized_at.is_some() && !is_open && open_at_outlet(tx, &mut loaded, past_end, now_us)? {
        loaded.save(tx)?;
    }
    Ok(())
}

/// Whether a station that is there has nothing to say to repeated stops.
fn is_lost(session: &Session, stops: &[Command], now_us: i64) -> bool {
    let vain = [CommandState::Expired, CommandState::Refused].map(name);
    let in_vain = stops
        .iter()
        .filter(|stop| stop.sent_at.is_some() && vain.contains(&stop.state));
    session.state == name(SessionState::Stopping)
        && session.updated_at <= now_us.saturating_sub(UNHEARD_US)
        && in_vain.count() >= STOPS_IN_VAIN
}

/// Frees the outlet. Should its breaker be closed after all, the next report has it opened again.
fn give_up(tx: &mut Tx<'_>, session: &mut Session) -> Result<(), DbError> {
    tracing::warn!(session.id, "a session is given up: its station does not know it");
    let mut loaded = LoadedOutlet::load(tx, session.outlet_key)?;
    let now_us = tx.now_us;
    step_session(tx, &mut loaded, session, Event::Ended(EndedReason::Other), now_us)?;
    sessions::update(tx.conn, session)?;
    loaded.save(tx)
}
