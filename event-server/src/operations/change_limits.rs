//! Changes the limits of a session that runs: they hold once its controller has them.

use std::time::Duration;

use api_spec::rest::{CommandKind, LimitsChange, SessionAccepted, WhenIdle};
use domain::limits::LONGEST;
use domain::price::energy_limit;
use domain::session::State;
use domain::units::WattHours;
use foundation::DbError;
use serde::{Deserialize, Serialize};

use super::commands::{Order, queue_command};
use super::complete_command::Outcome;
use super::expected::{Expected, edited_at};
use super::reservations::end_before_others;
use super::resources;
use super::session_limits::{bought, days_end, micros, several_ends};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::commands::{self, Command};
use crate::store::name;
use crate::store::outlets::{self, Outlet};
use crate::store::sessions::{self, Session};
use crate::store::sites::{self, Site};

/// All limits of a session as they are to be; kept with the command until it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    ends_at_us: i64,
    energy_asked_wh: Option<i64>,
    cost_limit_yen: Option<i64>,
    cost_buys_wh: Option<i64>,
    /// `None`: as it was.
    when_idle: Option<WhenIdle>,
}

/// What a station is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewLimits {
    pub(crate) outlet_number: i32,
    pub(crate) transaction_id: String,
    pub(crate) session_number: i64,
    /// From now; nothing where the end has passed …
    pub(crate) duration: Duration,
    /// … to here.
    pub(crate) ends_at_us: i64,
    pub(crate) energy_wh: Option<i64>,
    pub(crate) when_idle: Option<WhenIdle>,
    pub(crate) rated_ma: i64,
}

pub(crate) fn change_limits(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    asked: &LimitsChange,
) -> Result<SessionAccepted, Refusal> {
    let found = sessions::find_owned(tx.conn, tenant_id, id)?;
    let (session, outlet_id) = found.ok_or(Refusal::NotFound("session"))?;
    if session.ended_at.is_some() || session.state == name(State::Stopping) {
        return Err(Refusal::SessionEnded);
    }
    expected.check(session.limits_since())?;
    let change = name(CommandKind::ChangeLimits);
    let open = commands::list_open_of_session(tx.conn, &session.id)?;
    if open.iter().any(|command| command.kind == change) {
        return Err(Refusal::CommandInFlight);
    }
    let known = outlets::find_known(tx.conn, tenant_id, &outlet_id)?;
    let (outlet, _, controller) = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(tx.conn, tenant_id, &outlet.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let wanted = wanted(&session, asked, &site, tx.now_us)?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    if wanted.ends_at_us > session.ends_at {
        let end = (wanted.ends_at_us, true);
        end_before_others(tx.conn, (&outlet, &session.driver_id), end, tx.now_us)?;
    }
    let order = Order {
        kind: CommandKind::ChangeLimits,
        outlet: &outlet,
        session_id: Some(&session.id),
        parameters: serde_json::json!(wanted),
    };
    let command = queue_command(tx, order)?;
    Ok(SessionAccepted {
        session: resources::session(&session, &outlet_id)?,
        command: resources::command(&command, Some(&outlet_id))?,
    })
}

fn wanted(session: &Session, asked: &LimitsChange, site: &Site, now_us: i64) -> Result<Wanted, Refusal> {
    let new_end = end(session, asked, site, now_us)?;
    if new_end.is_none() && asked.energy_wh.is_none() && asked.cost_yen.is_none() && asked.when_idle.is_none()
    {
        return Err(Refusal::invalid("/limits", "give at least one limit"));
    }
    if asked.energy_wh.flatten().is_some_and(|energy| energy < 1) {
        return Err(Refusal::invalid("/limits/energy_wh", "must be 1 or more"));
    }
    let (cost_limit_yen, cost_buys_wh) = match asked.cost_yen {
        None => (session.cost_limit_yen, session.cost_buys_wh),
        Some(None) => (None, None),
        Some(Some(yen)) => (Some(yen), Some(bought(yen, session.pricing()?.as_ref())?.0)),
    };
    Ok(Wanted {
        ends_at_us: new_end.unwrap_or(session.ends_at),
        energy_asked_wh: asked.energy_wh.unwrap_or(session.energy_asked_wh),
        cost_limit_yen,
        cost_buys_wh,
        when_idle: asked.when_idle,
    })
}

/// The new end, be it passed already; `None` where it stays.
fn end(session: &Session, asked: &LimitsChange, site: &Site, now_us: i64) -> Result<Option<i64>, Refusal> {
    let latest_us = session.requested_at.saturating_add(micros(LONGEST));
    let (end_us, pointer) = match (asked.until, asked.duration_s, asked.end_of_day) {
        (None, None, false) => return Ok(None),
        (Some(until), None, false) => (until.0, "/limits/until"),
        (None, Some(0), false) => {
            let what = "must be 1 or more; stop the session to end it now";
            return Err(Refusal::invalid("/limits/duration_s", what));
        }
        (None, Some(seconds), false) => {
            let us = i64::try_from(seconds)
                .unwrap_or(i64::MAX)
                .saturating_mul(1_000_000);
            (now_us.saturating_add(us), "/limits/duration_s")
        }
        (None, None, true) => (days_end(site, now_us)?.min(latest_us), "/limits/end_of_day"),
        (_, _, _) => return Err(several_ends()),
    };
    if end_us > latest_us {
        let what = "the end is more than 24 hours after the session was asked for";
        return Err(Refusal::invalid(pointer, what));
    }
    Ok(Some(end_us))
}

fn wanted_by(command: &Command) -> Option<Wanted> {
    serde_json::from_str(&command.parameters).ok()
}

fn energy(wanted: &Wanted) -> Option<domain::price::EnergyLimit> {
    energy_limit(
        wanted.energy_asked_wh.map(WattHours),
        wanted.cost_buys_wh.map(WattHours),
    )
}

/// `None` for now where the station has not named the delivery yet.
pub(super) fn instruct(
    command: &Command,
    outlet: &Outlet,
    session: &Session,
    now_us: i64,
) -> Option<NewLimits> {
    let wanted = wanted_by(command)?;
    let left_us = u64::try_from(wanted.ends_at_us.saturating_sub(now_us)).unwrap_or(0);
    Some(NewLimits {
        outlet_number: outlet.number,
        transaction_id: session.transaction_id.clone()?,
        session_number: session.number,
        duration: Duration::from_micros(left_us),
        ends_at_us: wanted.ends_at_us,
        energy_wh: energy(&wanted).map(|limit| limit.energy.0),
        when_idle: wanted.when_idle,
        rated_ma: outlet.rated_ma,
    })
}

/// The station has the new limits: from now on they are the session's.
pub(super) fn take_effect(tx: &mut Tx<'_>, command: &Command) -> Result<Outcome, DbError> {
    let session = match &command.session_id {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    if let (Some(mut session), Some(wanted)) = (session, wanted_by(command)) {
        let limit = energy(&wanted);
        session.ends_at = wanted.ends_at_us;
        session.energy_limit_wh = limit.map(|limit| limit.energy.0);
        session.cost_decides = limit.is_some_and(|limit| limit.by_cost);
        session.energy_asked_wh = wanted.energy_asked_wh;
        session.cost_limit_yen = wanted.cost_limit_yen;
        session.cost_buys_wh = wanted.cost_buys_wh;
        if let Some(when_idle) = wanted.when_idle {
            session.when_idle = name(when_idle);
        }
        session.limits_changed_at = Some(edited_at(session.limits_since(), tx.now_us));
        session.updated_at = tx.now_us;
        sessions::update(tx.conn, &session)?;
    }
    Ok(Outcome::confirmed())
}
