//! The actions that we call: an instruction becomes a call, its outcome an answer.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::machine::CallFailure;
use api_spec::ocpp::{CallError, ErrorCode, Version};
use serde_json::value::RawValue;

use super::{
    certificate_signed, change_availability, delete_certificate, get_installed_certificate_ids, get_log,
    get_variables, install_certificate, request_start_transaction, request_stop_transaction, reset,
    set_charging_profile, set_variable_monitoring, set_variables, trigger_message, update_firmware,
};
use crate::operations::dispatch_command::{Answer, Instruction};

/// An action that we call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    RequestStartTransaction,
    RequestStopTransaction,
    SetChargingProfile,
    TriggerMessage,
    SetVariableMonitoring,
    SetVariables,
    GetVariables,
    WriteVariables,
    ChangeAvailability,
    Reset,
    CertificateSigned,
    InstallCertificate,
    GetInstalledCertificateIds,
    DeleteCertificate,
    UpdateFirmware,
    GetLog,
}

macro_rules! write_call {
    ($version:ident, $instruction:expr) => {
        match $instruction {
            Instruction::Start(start) => request_start_transaction::$version::call(start),
            Instruction::Stop(stop) => request_stop_transaction::$version::call(stop),
            Instruction::ChangeLimits(limits) => set_charging_profile::$version::call(limits),
            Instruction::ReportStatus {
                outlet_number,
                in_session,
            } => trigger_message::$version::call(*outlet_number, *in_session),
            Instruction::SetRiseThreshold {
                outlet_number,
                threshold_ma,
            } => set_variable_monitoring::$version::call(*outlet_number, *threshold_ma),
            Instruction::ClearFault { outlet_number } => set_variables::$version::call(*outlet_number),
            Instruction::Read(variables) => get_variables::$version::call(variables),
            Instruction::Write(variables) => set_variables::$version::write(variables),
            Instruction::SetAvailable {
                outlet_number,
                available,
            } => change_availability::$version::call(*outlet_number, *available),
            Instruction::Reset(when) => reset::$version::call(*when),
            Instruction::GiveCertificate { chain, request_id } => {
                certificate_signed::$version::call(chain, *request_id)
            }
            Instruction::InstallCertificate(new) => install_certificate::$version::call(new),
            Instruction::ListCertificates => get_installed_certificate_ids::$version::call(),
            Instruction::DeleteCertificate(hash) => delete_certificate::$version::call(hash),
            Instruction::UpdateFirmware {
                request_id,
                created_at,
                firmware,
            } => update_firmware::$version::call((*request_id, *created_at), firmware),
            Instruction::UploadLog { request_id, log } => get_log::$version::call(*request_id, log),
        }
    };
}

macro_rules! read_answer {
    ($version:ident, $action:expr, $payload:expr) => {
        match $action {
            Action::RequestStartTransaction => request_start_transaction::$version::answer($payload),
            Action::RequestStopTransaction => request_stop_transaction::$version::answer($payload),
            Action::SetChargingProfile => set_charging_profile::$version::answer($payload),
            Action::TriggerMessage => trigger_message::$version::answer($payload),
            Action::SetVariableMonitoring => set_variable_monitoring::$version::answer($payload),
            Action::SetVariables => set_variables::$version::answer($payload),
            Action::GetVariables => get_variables::$version::answer($payload),
            Action::WriteVariables => set_variables::$version::written($payload),
            Action::ChangeAvailability => change_availability::$version::answer($payload),
            Action::Reset => reset::$version::answer($payload),
            Action::CertificateSigned => certificate_signed::$version::answer($payload),
            Action::InstallCertificate => install_certificate::$version::answer($payload),
            Action::GetInstalledCertificateIds => get_installed_certificate_ids::$version::answer($payload),
            Action::DeleteCertificate => delete_certificate::$version::answer($payload),
            Action::UpdateFirmware => update_firmware::$version::answer($payload),
            Action::GetLog => get_log::$version::answer($payload),
        }
    };
}

impl Action {
    pub(super) fn of(instruction: &Instruction) -> Self {
        match instruction {
            Instruction::Start(_) => Self::RequestStartTransaction,
            Instruction::Stop(_) => Self::RequestStopTransaction,
            Instruction::ChangeLimits(_) => Self::SetChargingProfile,
            Instruction::ReportStatus { .. } => Self::TriggerMessage,
            Instruction::SetRiseThreshold { .. } => Self::SetVariableMonitoring,
            Instruction::ClearFault { .. } => Self::SetVariables,
            Instruction::Read(_) => Self::GetVariables,
            Instruction::Write(_) => Self::WriteVariables,
            Instruction::SetAvailable { .. } => Self::ChangeAvailability,
            Instruction::Reset(_) => Self::Reset,
            Instruction::GiveCertificate { .. } => Self::CertificateSigned,
            Instruction::InstallCertificate(_) => Self::InstallCertificate,
            Instruction::ListCertificates => Self::GetInstalledCertificateIds,
            Instruction::DeleteCertificate(_) => Self::DeleteCertificate,
            Instruction::UpdateFirmware { .. } => Self::UpdateFirmware,
            Instruction::UploadLog { .. } => Self::GetLog,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RequestStartTransaction => "RequestStartTransaction",
            Self::RequestStopTransaction => "RequestStopTransaction",
            Self::SetChargingProfile => "SetChargingProfile",
            Self::TriggerMessage => "TriggerMessage",
            Self::SetVariableMonitoring => "SetVariableMonitoring",
            Self::SetVariables | Self::WriteVariables => "SetVariables",
            Self::ChangeAvailability => "ChangeAvailability",
            Self::Reset => "Reset",
            Self::GetVariables => "GetVariables",
            Self::CertificateSigned => "CertificateSigned",
            Self::InstallCertificate => "InstallCertificate",
            Self::GetInstalledCertificateIds => "GetInstalledCertificateIds",
            Self::DeleteCertificate => "DeleteCertificate",
            Self::UpdateFirmware => "UpdateFirmware",
            Self::GetLog => "GetLog",
        }
    }

    /// What the outcome of a call means; the error is for the station, whose result cannot be read.
    pub(super) fn answer(
        self,
        version: Version,
        result: Result<Box<RawValue>, CallFailure>,
    ) -> (Option<Answer>, Option<CallError>) {
        let payload = match result {
            Ok(payload) => payload,
            Err(failure) => return (failed(failure), None),
        };
        let answer = match version {
            Version::V201 => read_answer!(v201, self, &payload),
            Version::V21 => read_answer!(v21, self, &payload),
        };
        match answer {
            Ok(answer) => (Some(answer), None),
            Err(error) => (Some(unreadable(error.to_string())), Some(error)),
        }
    }
}

/// The payload of the call.
pub(super) fn payload(version: Version, instruction: &Instruction) -> Result<String, CallError> {
    match version {
        Version::V201 => write_call!(v201, instruction),
        Version::V21 => write_call!(v21, instruction),
    }
}

/// How a call went, for the figures.
pub(super) fn went(result: &Result<Box<RawValue>, CallFailure>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(CallFailure::TimedOut) => "silent",
        Err(CallFailure::Refused(_)) => "error",
        Err(CallFailure::Unreadable(_)) => "unreadable",
        Err(CallFailure::Closed { .. }) => "closed",
    }
}

/// `None` where the connection ended: the command is sent again.
fn failed(failure: CallFailure) -> Option<Answer> {
    match failure {
        CallFailure::TimedOut => Some(Answer::Silent),
        CallFailure::Refused(error) => Some(Answer::Failed {
            reason: "station_error",
            detail: Some(error.to_string()),
        }),
        CallFailure::Unreadable(bad) => Some(unreadable(bad.to_string())),
        CallFailure::Closed { .. } => None,
    }
}

fn unreadable(detail: String) -> Answer {
    Answer::Failed {
        reason: "unreadable_answer",
        detail: Some(detail),
    }
}

/// A text of ours for a member that has an end.
pub(super) fn text<const N: usize>(text: &str) -> Result<Str<N>, CallError> {
    Str::new(text.to_owned()).map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))
}

/// The station is at it; how it ends comes by its reports.
pub(super) fn begun() -> Answer {
    Answer::Accepted { transaction_id: None }
}

/// A refusal, by the station's reason if it gave one, or else by the status that it answered.
pub(super) fn refusal<const N: usize>(status: &str, info: Option<(Str<20>, Option<Str<N>>)>) -> Answer {
    match info {
        Some((reason, detail)) => Answer::Refused {
            reason: reason.into_string(),
            detail: detail.map(Str::into_string),
        },
        None => Answer::Refused {
            reason: status.to_owned(),
            detail: None,
        },
    }
}
