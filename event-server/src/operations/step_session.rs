//! Moves a session on by the rules, and tells what happened.

use api_spec::webhook::{EventType, LimitKind, LimitReached, SessionEvent};
use domain::session::{EndedReason, Event, Happened};
use domain::units::Timestamp;
use foundation::DbError;

use super::events::{LoadedOutlet, NewEvent, append_event};
use super::notices::tell_end;
use super::pricing::settle;
use super::resources;
use super::statement_lines::note_change;
use crate::context::Tx;
use crate::store::sessions::Session;

/// Steps `session` in memory, appends what is to be told, frees the outlet at the end. The caller writes both rows.
pub(crate) fn step_session(
    tx: &mut Tx<'_>,
    outlet: &mut LoadedOutlet,
    session: &mut Session,
    event: Event,
    at_us: i64,
) -> Result<(), DbError> {
    let (course, happened) = session.course()?.step(event, Timestamp(at_us));
    session.follow(&course, tx.now_us);
    for happened in happened {
        if happened == Happened::Ended {
            settle(session)?;
            note_change(tx, session)?;
            tell_end(tx, session)?;
        }
        if happened == Happened::Ended && outlet.current.session_id.as_ref() == Some(&session.id) {
            outlet.current.session_id = None;
        }
        tell(tx, outlet, session, (happened, at_us))?;
    }
    Ok(())
}

fn tell(
    tx: &mut Tx<'_>,
    outlet: &mut LoadedOutlet,
    session: &Session,
    (happened, at_us): (Happened, i64),
) -> Result<(), DbError> {
    let shown = resources::session(session, &outlet.id)?;
    let tenant_id = session.tenant_id.as_str();
    if happened == Happened::LimitReached {
        let data = LimitReached {
            limit: limit(session.course()?.ended_reason),
            session: shown,
        };
        let kind = EventType::SessionLimitReached;
        let told = NewEvent {
            tenant_id,
            kind,
            at_us,
            data: &data,
        };
        return append_event(tx, Some(outlet), &told).map(|_| ());
    }
    let data = SessionEvent { session: shown };
    let told = NewEvent {
        tenant_id,
        kind: kind(happened),
        at_us,
        data: &data,
    };
    append_event(tx, Some(outlet), &told).map(|_| ())
}

fn limit(reason: Option<EndedReason>) -> LimitKind {
    match reason {
        Some(EndedReason::EnergyLimit) => LimitKind::Energy,
        Some(EndedReason::CostLimit) => LimitKind::Cost,
        _ => LimitKind::Time,
    }
}

fn kind(happened: Happened) -> EventType {
    match happened {
        Happened::Energized => EventType::SessionEnergized,
        Happened::ChargingStarted => EventType::SessionChargingStarted,
        Happened::Idle => EventType::ChargingIdle,
        Happened::PowerLost => EventType::SessionPowerLost,
        Happened::PowerResumed => EventType::SessionPowerResumed,
        Happened::LimitReached => EventType::SessionLimitReached,
        Happened::Ended => EventType::SessionEnded,
    }
}
