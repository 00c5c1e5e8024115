//! Commands to a controller that concern no outlet alone: reading variables, roots to trust.

use api_spec::rest::{CommandAccepted, CommandKind};

use super::commands::queue_command_of_controller;
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::controllers;

/// Tells the tenant's controller to do something now, with what it needs to know for it.
pub(crate) fn command_controller(
    tx: &mut Tx<'_>,
    (tenant_id, controller_id): (&str, &str),
    kind: CommandKind,
    parameters: &serde_json::Value,
) -> Result<CommandAccepted, Refusal> {
    let found = controllers::find(tx.conn, controller_id)?;
    let owned = found.filter(|controller| controller.tenant_id == tenant_id);
    let controller = owned.ok_or(Refusal::NotFound("controller"))?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    let command = queue_command_of_controller(tx, kind, &controller, parameters)?;
    Ok(CommandAccepted {
        command: resources::command(&command, None)?,
    })
}
