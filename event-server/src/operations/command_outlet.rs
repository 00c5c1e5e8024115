//! Commands at one outlet that belong to no session: status requests, fault clearings, out of use.

use api_spec::rest::{CommandAccepted, CommandKind};

use super::commands::{Order, queue_command};
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::controllers::{self, Controller};
use crate::store::outlets;

/// Tells the controller of the tenant's outlet to do something there now, with what it needs to know for it.
pub(crate) fn command_outlet(
    tx: &mut Tx<'_>,
    (tenant_id, outlet_id): (&str, &str),
    kind: CommandKind,
    parameters: serde_json::Value,
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
        parameters,
    };
    let command = queue_command(tx, order)?;
    Ok(CommandAccepted {
        command: resources::command(&command, Some(&outlet.id))?,
    })
}

/// A controller of the tenant that is online.
pub(super) fn owned_controller(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    controller_id: &str,
) -> Result<Controller, Refusal> {
    let found = controllers::find(tx.conn, controller_id)?;
    let owned = found.filter(|controller| controller.tenant_id == tenant_id);
    let controller = owned.ok_or(Refusal::NotFound("controller"))?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    Ok(controller)
}
