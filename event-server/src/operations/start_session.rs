//! Starts a charging session: may it, and if so the session, the command and the answer in one transaction.

use api_spec::rest::{CommandKind, LimitsAsked, NewSession, SessionAccepted};
use domain::session::State;

use super::admit_driver::admit_driver;
use super::commands::{Order, queue_command};
use super::pricing::{pricing_for, to_json};
use super::reservations::end_before_others;
use super::resources;
use super::session_limits::session_limits;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets::Known;
use crate::store::{name, outlet_current, outlets, sessions, sites};

pub(crate) fn start_session(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewSession,
) -> Result<SessionAccepted, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, &asked.outlet_id)?;
    let known = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(tx.conn, tenant_id, &known.0.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let pricing = pricing_for(tx.conn, &known.0, &site, tx.now_us)?;
    let limits = session_limits(&asked.limits, (&site, pricing.as_ref()), tx.now_us)?;
    let driver = admit_driver(tx.conn, (&site, &known.0), &asked.driver_id, tx.now_us)?;
    may_start(&known)?;
    let wished = (limits.ends_at_us, has_end(&asked.limits));
    let ends_at = end_before_others(tx.conn, (&known.0, &asked.driver_id), wished, tx.now_us)?;
    let (outlet, _, _) = known;
    let new = sessions::NewSession {
        id: foundation::ids::id("ses"),
        tenant_id: tenant_id.to_owned(),
        outlet_key: outlet.key,
        driver_id: asked.driver_id.clone(),
        state: name(State::Requested),
        ends_at,
        energy_limit_wh: limits.energy.map(|limit| limit.energy.0),
        cost_limit_yen: asked.limits.cost_yen,
        cost_decides: limits.energy.is_some_and(|limit| limit.by_cost),
        pricing: pricing.as_ref().map(to_json).transpose()?,
        requested_at: tx.now_us,
        updated_at: tx.now_us,
        traceparent: tx.trace.clone(),
        unit: driver.and_then(|driver| driver.unit),
        energy_asked_wh: limits.asked.map(|energy| energy.0),
        cost_buys_wh: limits.bought.map(|energy| energy.0),
        when_idle: name(asked.limits.when_idle.unwrap_or_default()),
    };
    let session = sessions::insert(tx.conn, &new)?;
    outlet_current::update_session(tx.conn, outlet.key, Some(&session.id))?;
    let order = Order {
        kind: CommandKind::StartSession,
        outlet: &outlet,
        session_id: Some(&session.id),
        parameters: serde_json::json!({}),
    };
    let command = queue_command(tx, order)?;
    Ok(SessionAccepted {
        session: resources::session(&session, &outlet.id)?,
        command: resources::command(&command, Some(&outlet.id))?,
    })
}

/// Whether an end was asked for.
fn has_end(limits: &LimitsAsked) -> bool {
    limits.until.is_some() || limits.duration_s.is_some() || limits.end_of_day
}

fn may_start((outlet, current, controller): &Known) -> Result<(), Refusal> {
    if let Some(reason) = &outlet.disabled_reason {
        return Err(Refusal::OutletDisabled(reason.clone()));
    }
    if current.session_id.is_some() {
        return Err(Refusal::OutletBusy);
    }
    resources::check_usable(current)?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    Ok(())
}
