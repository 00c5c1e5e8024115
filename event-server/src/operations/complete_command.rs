//! Gives a command its one outcome, with everything that follows from it.

use api_spec::rest::{AlarmKind, CommandKind, CommandState};
use api_spec::webhook::{CommandCompleted, EventType};
use domain::observation::Position;
use domain::session::{EndedReason, Event};
use foundation::DbError;

use super::alarms::open_at_outlet;
use super::command_step;
use super::commands::{Order, queue_command};
use super::events::{LoadedOutlet, NewEvent, append_event};
use super::reservations::use_reservation;
use super::resources;
use super::step_session::step_session;
use crate::context::Tx;
use crate::metrics::Counted;
use crate::store::commands::{self, Command};
use crate::store::{name, outlets, parse, sessions};

/// Of an event, in bytes.
const MAX_DETAIL: usize = 10_000;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    state: CommandState,
    reason: Option<String>,
    detail: Option<String>,
}

impl Outcome {
    /// The effect was seen.
    pub(crate) fn confirmed() -> Self {
        Self {
            state: CommandState::Confirmed,
            reason: None,
            detail: None,
        }
    }

    /// The effect is an answer.
    pub(crate) fn confirmed_with(detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..Self::confirmed()
        }
    }

    /// The controller does not want to.
    pub(crate) fn refused(reason: impl Into<String>, detail: Option<String>) -> Self {
        Self {
            state: CommandState::Refused,
            reason: Some(reason.into()),
            detail,
        }
    }

    /// The controller tried in vain, or answered with an error.
    pub(crate) fn failed(reason: impl Into<String>, detail: Option<String>) -> Self {
        Self {
            state: CommandState::Failed,
            reason: Some(reason.into()),
            detail,
        }
    }

    /// Whether the command has ended so already.
    pub(super) fn is_that_of(&self, command: &Command) -> bool {
        command.completed_at.is_some() && command.state == name(self.state) && command.reason == self.reason
    }

    /// No outcome in time.
    pub(crate) fn expired(reason: impl Into<String>) -> Self {
        Self {
            state: CommandState::Expired,
            reason: Some(reason.into()),
            detail: None,
        }
    }
}

/// Completes a command unless it is completed already; `false` then. Write a session that you have stepped **before**
/// calling this. `outlet` is the loaded row where the command has an outlet; the caller saves it.
pub(crate) fn complete_command(
    tx: &mut Tx<'_>,
    mut outlet: Option<&mut LoadedOutlet>,
    command: &Command,
    outcome: Outcome,
) -> Result<bool, DbError> {
    let state = outcome.state;
    let mut completed = command.clone();
    completed.state = name(state);
    completed.reason = outcome.reason;
    completed.detail = outcome.detail;
    completed.completed_at = Some(tx.now_us);
    let Some(completed) = commands::update_completed(tx.conn, &completed)? else {
        return Ok(false);
    };
    let before = std::mem::replace(&mut tx.trace, completed.traceparent.clone());
    tell(tx, outlet.as_deref_mut(), &completed, state)?;
    tx.wakes.outcomes.push(completed.id.clone());
    tx.wakes.spans.extend(command_step::span(&completed));
    // A stop may have waited for the outcome of the start.
    tx.wakes.controllers.push(completed.controller_id.clone());
    let kind = parse::<CommandKind>(&completed.kind)?;
    tx.wakes.counted.push(Counted::Command {
        kind,
        outcome: state,
        took_us: tx.now_us.saturating_sub(completed.created_at),
    });
    let start = kind == CommandKind::StartSession;
    match (why_failed(state), outlet) {
        (Some(reason), Some(outlet)) if start => fail_session(tx, outlet, &completed, reason)?,
        (None, Some(outlet)) if start => use_what_was_held(tx, outlet, &completed)?,
        (Some(_), Some(outlet)) if kind == CommandKind::StopSession => {
            tell_vain_stop(tx, outlet, &completed)?;
        }
        (_, _) => {}
    }
    tx.trace = before;
    Ok(true)
}

/// [`complete_command`] for callers that have loaded no outlet.
pub(crate) fn complete_command_alone(
    tx: &mut Tx<'_>,
    command: &Command,
    outcome: Outcome,
) -> Result<bool, DbError> {
    let Some(key) = command.outlet_key else {
        return complete_command(tx, None, command, outcome);
    };
    let mut outlet = LoadedOutlet::load(tx, key)?;
    let completed = complete_command(tx, Some(&mut outlet), command, outcome)?;
    outlet.save(tx)?;
    Ok(completed)
}

/// The outcome; once more where it is none that was wished for.
fn tell(
    tx: &mut Tx<'_>,
    mut outlet: Option<&mut LoadedOutlet>,
    command: &Command,
    state: CommandState,
) -> Result<(), DbError> {
    let outlet_id = outlet.as_ref().map(|outlet| outlet.id.clone());
    let mut shown = resources::command(command, outlet_id.as_deref())?;
    // An event is less than 20 kB; the command itself keeps all of it.
    shown.detail = shown.detail.filter(|detail| detail.len() <= MAX_DETAIL);
    let data = CommandCompleted { command: shown };
    let also = match state {
        CommandState::Refused | CommandState::Failed => Some(EventType::CommandFailed),
        CommandState::Expired => Some(EventType::CommandExpired),
        CommandState::Accepted | CommandState::Sent | CommandState::Confirmed => None,
    };
    for kind in std::iter::once(EventType::CommandCompleted).chain(also) {
        let event = NewEvent {
            tenant_id: &command.tenant_id,
            kind,
            at_us: tx.now_us,
            data: &data,
        };
        append_event(tx, outlet.as_deref_mut(), &event)?;
    }
    Ok(())
}

/// Why a session failed whose start ended in `state`; `None` if it did not fail.
fn why_failed(state: CommandState) -> Option<EndedReason> {
    match state {
        CommandState::Refused => Some(EndedReason::Refused),
        CommandState::Expired => Some(EndedReason::Expired),
        CommandState::Failed => Some(EndedReason::Other),
        CommandState::Accepted | CommandState::Sent | CommandState::Confirmed => None,
    }
}

/// A stop that led to nothing, while power may flow.
fn tell_vain_stop(tx: &mut Tx<'_>, outlet: &mut LoadedOutlet, command: &Command) -> Result<(), DbError> {
    let session = match &command.session_id {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    let goes_on = session.is_some_and(|session| session.energized_at.is_some() && session.ended_at.is_none());
    let may_flow = match parse::<Position>(&outlet.current.breaker)? {
        Position::Closed => true,
        Position::Unknown => goes_on,
        Position::Open => false,
    };
    let (wrong, now_us) = ((AlarmKind::StopNotConfirmed, ""), tx.now_us);
    if may_flow {
        open_at_outlet(tx, outlet, wrong, now_us)?;
    }
    Ok(())
}

/// The breaker was seen closed: a reservation of the driver is used now, and not before.
fn use_what_was_held(tx: &mut Tx<'_>, outlet: &mut LoadedOutlet, command: &Command) -> Result<(), DbError> {
    let session = match &command.session_id {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    match session {
        Some(session) => use_reservation(tx, outlet, &session),
        None => Ok(()),
    }
}

fn fail_session(
    tx: &mut Tx<'_>,
    outlet: &mut LoadedOutlet,
    command: &Command,
    reason: EndedReason,
) -> Result<(), DbError> {
    let Some(session_id) = &command.session_id else {
        return Ok(());
    };
    let Some(mut session) = sessions::find(tx.conn, session_id)? else {
        return Ok(());
    };
    let at_us = tx.now_us;
    step_session(tx, outlet, &mut session, Event::Ended(reason), at_us)?;
    sessions::update(tx.conn, &session)?;
    end_what_waits(tx, outlet, session_id, reason)?;
    // Sent and unanswered: the breaker may close yet, and must not stay closed.
    if command.sent_at.is_some()
        && reason == EndedReason::Expired
        && let Some(outlet) = outlets::find(tx.conn, session.outlet_key)?
    {
        let order = Order {
            kind: CommandKind::StopSession,
            outlet: &outlet,
            session_id: Some(session_id),
            parameters: serde_json::json!({}),
        };
        queue_command(tx, order)?;
    }
    Ok(())
}

/// What was refused runs nowhere: there is nothing left to stop. Nor is there, whatever the reason, anything to be changed.
fn end_what_waits(
    tx: &mut Tx<'_>,
    outlet: &mut LoadedOutlet,
    session_id: &str,
    reason: EndedReason,
) -> Result<(), DbError> {
    let [stop, change] = [CommandKind::StopSession, CommandKind::ChangeLimits].map(name);
    for command in commands::list_open_of_session(tx.conn, session_id)? {
        if command.kind == stop && reason == EndedReason::Refused {
            complete_command(tx, Some(outlet), &command, Outcome::confirmed())?;
        } else if command.kind == change && command.sent_at.is_none() {
            let outcome = Outcome::refused("session_ended", None);
            complete_command(tx, Some(outlet), &command, outcome)?;
        }
    }
    Ok(())
}
