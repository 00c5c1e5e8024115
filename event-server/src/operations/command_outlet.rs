//! Commands at one outlet that belong to no session: status requests, fault clearings, thresholds.

use api_spec::rest::{self, CommandAccepted, CommandKind, OutletChange};

use super::commands::{Order, queue_command};
use super::expected::{Expected, edited_at};
use super::{list_outlets, resources};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets;

/// Asks the controller for the outlet's status now, or to let a locked-out outlet be used again.
pub(crate) fn command_outlet(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    outlet_id: &str,
    kind: CommandKind,
) -> Result<CommandAccepted, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let (outlet, _, controller) = known.ok_or(Refusal::NotFound("outlet"))?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    let order = Order {
        kind,
        outlet: &outlet,
        session_id: None,
        parameters: serde_json::json!({}),
    };
    let command = queue_command(tx, order)?;
    Ok(CommandAccepted {
        command: resources::command(&command, Some(&outlet.id))?,
    })
}

/// Changes an outlet. A new threshold goes to the controller at once, or when it connects.
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
    if let Some(name) = &change.name {
        outlet.name.clone_from(name);
    }
    outlet.rise_threshold_ma = change.rise_threshold_ma.unwrap_or(outlet.rise_threshold_ma);
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
    Ok(list_outlets::with_session(
        tx.conn,
        (outlet, current, controller),
    )?)
}
