//! Stops a charging session: the command, and what is wanted from now on.

use api_spec::rest::{CommandKind, SessionAccepted};
use domain::session::{Event, State};
use foundation::DbError;

use super::commands::{Order, queue_command};
use super::events::LoadedOutlet;
use super::resources;
use super::step_session::step_session;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::commands::{self, Command};
use crate::store::sessions::{self, Session};
use crate::store::{name, outlets};

pub(crate) fn stop_session(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<SessionAccepted, Refusal> {
    let found = sessions::find_owned(tx.conn, tenant_id, id)?;
    let (mut session, outlet_id) = found.ok_or(Refusal::NotFound("session"))?;
    if session.ended_at.is_some() {
        return Err(Refusal::SessionEnded);
    }
    // Asked for twice, it is one stop.
    let stop = name(CommandKind::StopSession);
    let mut open = commands::list_open_of_session(tx.conn, &session.id)?;
    open.retain(|command| command.kind == stop);
    let command = match open.pop() {
        Some(command) => command,
        None => queue_stop(tx, &mut session)?.ok_or(Refusal::NotFound("outlet"))?,
    };
    Ok(SessionAccepted {
        session: resources::session(&session, &outlet_id)?,
        command: resources::command(&command, Some(&outlet_id))?,
    })
}

/// Queues the command and moves the session on; `None` if its outlet is gone.
pub(crate) fn queue_stop(tx: &mut Tx<'_>, session: &mut Session) -> Result<Option<Command>, DbError> {
    let Some(outlet) = outlets::find(tx.conn, session.outlet_key)? else {
        return Ok(None);
    };
    // Asked before: the row keeps telling when the session was last heard of.
    if session.state != name(State::Stopping) {
        let mut loaded = LoadedOutlet::load(tx, outlet.key)?;
        let now_us = tx.now_us;
        step_session(tx, &mut loaded, session, Event::StopAsked, now_us)?;
        sessions::update(tx.conn, session)?;
        loaded.save(tx)?;
    }
    let order = Order {
        kind: CommandKind::StopSession,
        outlet: &outlet,
        session_id: Some(&session.id),
        parameters: serde_json::json!({}),
    };
    queue_command(tx, order).map(Some)
}
