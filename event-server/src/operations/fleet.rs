//! What is asked of a controller besides charging: out of use, start anew, set variables.

use api_spec::rest::{
    AvailabilityChange, CommandAccepted, CommandKind, ResetRequest, VariableChange, VariableSet,
};
use foundation::DbError;

use super::command_outlet::owned_controller;
use super::commands::queue_command_of_controller;
use super::complete_command::{Outcome, complete_command_alone};
use super::dispatch_command::Instruction;
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::commands::{self, Command};
use crate::store::name;

/// What of a variable that was to be set counts as done.
const SET: [&str; 2] = ["Accepted", "RebootRequired"];

/// Asks a controller as a whole.
pub(crate) fn command_controller(
    tx: &mut Tx<'_>,
    (tenant_id, controller_id): (&str, &str),
    kind: CommandKind,
    parameters: &serde_json::Value,
) -> Result<CommandAccepted, Refusal> {
    let controller = owned_controller(tx, tenant_id, controller_id)?;
    let command = queue_command_of_controller(tx, kind, &controller, parameters)?;
    Ok(CommandAccepted {
        command: resources::command(&command, None)?,
    })
}

/// What a station is told; `outlet_number` where the command has an outlet.
pub(super) fn instruct(
    command: &Command,
    kind: CommandKind,
    outlet_number: Option<i32>,
) -> Option<Instruction> {
    let parameters = &command.parameters;
    match kind {
        CommandKind::ChangeAvailability => {
            let asked: AvailabilityChange = serde_json::from_str(parameters).ok()?;
            Some(Instruction::SetAvailable {
                outlet_number,
                available: asked.available,
            })
        }
        CommandKind::Reset => {
            let asked: ResetRequest = serde_json::from_str(parameters).ok()?;
            Some(Instruction::Reset(asked.when))
        }
        CommandKind::SetVariables => {
            let asked: VariableChange = serde_json::from_str(parameters).ok()?;
            Some(Instruction::Write(asked.variables))
        }
        CommandKind::StartSession
        | CommandKind::StopSession
        | CommandKind::ChangeLimits
        | CommandKind::StatusRequest
        | CommandKind::SetRiseThreshold
        | CommandKind::ClearFault
        | CommandKind::GetVariables
        | CommandKind::RenewCertificate
        | CommandKind::InstallCertificate
        | CommandKind::ListCertificates
        | CommandKind::DeleteCertificate
        | CommandKind::UpdateFirmware
        | CommandKind::UploadLog => None,
    }
}

/// Confirmed where each was set; in any case with what became of each.
pub(super) fn written(variables: &[VariableSet]) -> Outcome {
    let detail = serde_json::json!(variables).to_string();
    if variables.iter().all(|set| SET.contains(&set.status.as_str())) {
        Outcome::confirmed_with(detail)
    } else {
        Outcome::refused("not_all_set", Some(detail))
    }
}

/// A station has started anew: what it was told to start anew for is done.
pub(super) fn confirm_resets(tx: &mut Tx<'_>, controller_id: &str) -> Result<(), DbError> {
    let reset = name(CommandKind::Reset);
    for command in commands::list_open(tx.conn, controller_id)? {
        if command.kind == reset && command.sent_at.is_some() {
            complete_command_alone(tx, &command, Outcome::confirmed())?;
        }
    }
    Ok(())
}
