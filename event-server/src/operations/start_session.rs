//! Starts a charging session: may it, and if so the session, the command and the answer in one transaction.

use api_spec::rest::{CommandKind, LimitsAsked, NewSession, SessionAccepted};
use domain::limits::{BadWish, Limits, Wish};
use domain::session::State;
use domain::units::{Millis, Timestamp, WattHours};

use super::commands::{Order, queue_command};
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets::Known;
use crate::store::{name, outlet_current, outlets, sessions};

pub(crate) fn start_session(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewSession,
) -> Result<SessionAccepted, Refusal> {
    let limits = limits(&asked.limits, tx.now_us)?;
    let known = outlets::find_known(tx.conn, tenant_id, &asked.outlet_id)?;
    let known = known.ok_or(Refusal::NotFound("outlet"))?;
    may_start(&known)?;
    let (outlet, _, _) = known;
    let new = sessions::NewSession {
        id: foundation::ids::id("ses"),
        tenant_id: tenant_id.to_owned(),
        outlet_key: outlet.key,
        driver_id: asked.driver_id.clone(),
        state: name(State::Requested),
        ends_at: tx.now_us.saturating_add(micros(limits.duration)),
        energy_limit_wh: limits.energy.map(|energy| energy.0),
        requested_at: tx.now_us,
        updated_at: tx.now_us,
    };
    let session = sessions::insert(tx.conn, &new)?;
    outlet_current::update_session(tx.conn, outlet.key, Some(&session.id))?;
    let order = Order {
        kind: CommandKind::StartSession,
        outlet: &outlet,
        session_id: Some(&session.id),
        parameters: serde_json::json!({
            "duration_ms": limits.duration.0,
            "energy_wh": session.energy_limit_wh,
            "when_idle": asked.limits.when_idle,
        }),
    };
    let command = queue_command(tx, order)?;
    Ok(SessionAccepted {
        session: resources::session(&session, &outlet.id)?,
        command: resources::command(&command, Some(&outlet.id))?,
    })
}

fn may_start((_, current, controller): &Known) -> Result<(), Refusal> {
    if current.session_id.is_some() {
        return Err(Refusal::OutletBusy);
    }
    if let Some(fault) = resources::lockout(current) {
        return Err(Refusal::OutletFaulted(fault));
    }
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    Ok(())
}

fn limits(asked: &LimitsAsked, now_us: i64) -> Result<Limits, Refusal> {
    let wish = Wish {
        until: asked.until.map(|until| Timestamp(until.0)),
        duration: asked.duration_s.map(Millis::seconds),
        energy: asked.energy_wh.map(WattHours),
        ..Wish::default()
    };
    let duration = if asked.until.is_some() {
        "/limits/until"
    } else {
        "/limits/duration_s"
    };
    wish.limits(Timestamp(now_us)).map_err(|bad| match bad {
        BadWish::UntilAndDuration => Refusal::invalid("/limits", "give until or duration_s, not both"),
        BadWish::EndNotAhead => Refusal::invalid(duration, "the end must lie ahead"),
        BadWish::TooLong => Refusal::invalid(duration, "the end is more than 24 hours ahead"),
        BadWish::EnergyNotPositive => Refusal::invalid("/limits/energy_wh", "must be 1 or more"),
    })
}

fn micros(duration: Millis) -> i64 {
    i64::try_from(duration.0.saturating_mul(1000)).unwrap_or(i64::MAX)
}
