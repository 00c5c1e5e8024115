//! Changes an outlet. A new threshold goes to the controller at once, or when it connects.

use api_spec::rest::{self, CommandKind, OutletChange};

use super::commands::{Order, queue_command};
use super::create_site::check_tariff;
use super::expected::{Expected, edited_at};
use super::list_outlets;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets::Outlet;
use crate::store::{circuits, name, outlets};

pub(crate) fn change_outlet(
    tx: &mut Tx<'_>,
    (tenant_id, outlet_id): &(String, String),
    expected: &Expected,
    change: &OutletChange,
) -> Result<rest::Outlet, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let (mut outlet, current, controller) = known.ok_or(Refusal::NotFound("outlet"))?;
    expected.check(outlet.updated_at)?;
    let before = outlet.updated_at;
    let known = (outlet.clone(), current.clone(), controller.clone());
    let was = list_outlets::with_session(tx.conn, known)?;
    take_over(&mut outlet, change)?;
    if let Some(circuit_id) = &change.circuit_id {
        let circuit = circuits::find(tx.conn, tenant_id, circuit_id)?;
        let circuit = circuit.filter(|circuit| circuit.site_id == outlet.site_id);
        let circuit = circuit.filter(|circuit| {
            let panel = circuit.controller_id.as_ref();
            panel.is_none_or(|panel| *panel == outlet.controller_id)
        });
        let known = circuit.ok_or_else(|| {
            Refusal::invalid(
                "/circuit_id",
                "there is no such circuit in the outlet's panel or before it",
            )
        })?;
        outlet.circuit_id = Some(known.id);
    }
    if let Some(tariff_id) = &change.tariff_id {
        check_tariff(tx, tenant_id, tariff_id.as_deref())?;
        outlet.tariff_id.clone_from(tariff_id);
    }
    outlet.updated_at = edited_at(before, tx.now_us);
    if !outlets::update(tx.conn, &outlet, before)? {
        return Err(Refusal::Changed);
    }
    if let (Some(threshold_ma), true) = (change.rise_threshold_ma, controller.online) {
        let order = Order {
            kind: CommandKind::SetRiseThreshold,
            outlet: &outlet,
            session_id: None,
            parameters: serde_json::json!({ "threshold_ma": threshold_ma }),
        };
        queue_command(tx, order)?;
    }
    let now = list_outlets::with_session(tx.conn, (outlet, current, controller))?;
    tx.audit.changed(&was, &now, &[]);
    Ok(now)
}

/// Whatever concerns the outlet alone.
fn take_over(outlet: &mut Outlet, change: &OutletChange) -> Result<(), Refusal> {
    if let Some(name) = &change.name {
        outlet.name.clone_from(name);
    }
    if let Some(unit) = &change.unit {
        outlet.unit.clone_from(unit);
    }
    if let Some(hint) = &change.place_hint {
        outlet.place_hint.clone_from(hint);
    }
    outlet.rated_ma = change.rated_ma.unwrap_or(outlet.rated_ma);
    outlet.rated_mv = change.rated_mv.unwrap_or(outlet.rated_mv);
    outlet.max_power_w = change.max_power_w.unwrap_or(outlet.max_power_w);
    outlet.rise_threshold_ma = change.rise_threshold_ma.unwrap_or(outlet.rise_threshold_ma);
    if let Some(class) = change.meter_class {
        outlet.meter_class = class.map(name);
        if class.is_none() {
            outlet.meter_valid_until = None;
        }
    }
    if let Some(valid_until) = &change.meter_valid_until {
        outlet.meter_valid_until.clone_from(valid_until);
    }
    if outlet.meter_class.is_none() && outlet.meter_valid_until.is_some() {
        return Err(Refusal::invalid("/meter_valid_until", "give meter_class too"));
    }
    match change.enabled {
        Some(true) => outlet.disabled_reason = None,
        Some(false) => outlet.disabled_reason.clone_from(&change.disabled_reason),
        None => {}
    }
    Ok(())
}
