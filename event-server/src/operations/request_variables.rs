//! Asks a controller for variables, by the names that its maker gave them.

use api_spec::rest::{CommandAccepted, CommandKind, VariableRequest};

use super::commands::queue_command_of_controller;
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::controllers;

pub(crate) fn request_variables(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    controller_id: &str,
    asked: &VariableRequest,
) -> Result<CommandAccepted, Refusal> {
    let found = controllers::find(tx.conn, controller_id)?;
    let owned = found.filter(|controller| controller.tenant_id == tenant_id);
    let controller = owned.ok_or(Refusal::NotFound("controller"))?;
    if !controller.online {
        return Err(Refusal::ControllerOffline);
    }
    let parameters = serde_json::json!(asked);
    let command = queue_command_of_controller(tx, CommandKind::GetVariables, &controller, &parameters)?;
    Ok(CommandAccepted {
        command: resources::command(&command, None)?,
    })
}
