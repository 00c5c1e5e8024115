//! What a station is told that concerns no outlet alone: its variables, its certificates, itself.

use api_spec::rest::{CommandKind, VariableRequest};

use super::dispatch_command::Instruction;
use super::fleet;
use super::follow_command;
use super::renew_certificate::Renewal;
use crate::store::commands::Command;

/// `None` where it cannot be said yet, or concerns an outlet.
pub(super) fn instruct_controller(kind: CommandKind, command: &Command) -> Option<Instruction> {
    let parameters = command.parameters.as_str();
    match kind {
        CommandKind::GetVariables => read(command),
        CommandKind::SetVariables | CommandKind::ChangeAvailability | CommandKind::Reset => {
            fleet::instruct(command, kind, None)
        }
        CommandKind::RenewCertificate => give_certificate(command),
        CommandKind::InstallCertificate => serde_json::from_str(parameters)
            .ok()
            .map(Instruction::InstallCertificate),
        CommandKind::ListCertificates => Some(Instruction::ListCertificates),
        CommandKind::DeleteCertificate => serde_json::from_str(parameters)
            .ok()
            .map(Instruction::DeleteCertificate),
        CommandKind::UpdateFirmware | CommandKind::UploadLog => follow_command::instruct(kind, command),
        CommandKind::StartSession
        | CommandKind::StopSession
        | CommandKind::ChangeLimits
        | CommandKind::StatusRequest
        | CommandKind::SetRiseThreshold
        | CommandKind::ClearFault => None,
    }
}

fn read(command: &Command) -> Option<Instruction> {
    let asked: VariableRequest = serde_json::from_str(&command.parameters).ok()?;
    Some(Instruction::Read(asked.variables))
}

/// `None` until it is signed.
fn give_certificate(command: &Command) -> Option<Instruction> {
    let renewal = Renewal::of(command)?;
    Some(Instruction::GiveCertificate {
        chain: renewal.certificate_chain?,
        request_id: renewal.request_id,
    })
}
