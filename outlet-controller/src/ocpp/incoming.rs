//! The server's calls, one file per action.

mod certificate_signed;
mod change_availability;
mod clear_variable_monitoring;
mod delete_certificate;
mod get_base_report;
mod get_installed_certificate_ids;
mod get_log;
mod get_variables;
mod install_certificate;
mod request_start_transaction;
mod request_stop_transaction;
mod reset;
mod set_charging_profile;
mod set_variable_monitoring;
mod set_variables;
mod traced_start;
mod trigger_message;
mod update_firmware;

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{Component, StatusInfo};
use api_spec::ocpp::{CallError, ErrorCode, Version};
use domain::ids::OutletNumber;
use domain::outlet::Refusal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::station::Station;
use crate::control_loop::{Form, Refused, ResetWhen};

/// An answer, and what follows once it has left.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) payload: String,
    pub(super) afterwards: Option<Afterwards>,
}

/// What a call asks for once it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Tell(Option<OutletNumber>, Form),
    Boot,
    Heartbeat,
    State(Option<OutletNumber>),
    /// A certificate is asked for.
    Renew,
    /// The connection ends, for one with the new certificate.
    Reconnect,
    /// The program ends, to be started anew.
    Reset(ResetWhen),
}

/// Checks a payload against its version's type, then reads from it what the action needs.
macro_rules! read {
    ($version:expr, $payload:expr, $request:ident) => {
        match $version {
            api_spec::ocpp::Version::V201 => {
                api_spec::ocpp::decode::<api_spec::ocpp::v201::$request>($payload).map(drop)
            }
            api_spec::ocpp::Version::V21 => {
                api_spec::ocpp::decode::<api_spec::ocpp::v21::$request>($payload).map(drop)
            }
        }
        .and_then(|()| api_spec::ocpp::decode($payload))
    };
}

/// Carries out a call. What is accepted is on disk when this returns.
pub(super) async fn answer(
    station: &Station,
    version: Version,
    action: &str,
    payload: &RawValue,
) -> Result<Reply, CallError> {
    match action {
        "RequestStartTransaction" => {
            request_start_transaction::answer(
                station,
                read!(version, payload, RequestStartTransactionRequest)?,
            )
            .await
        }
        "RequestStopTransaction" => {
            request_stop_transaction::answer(station, read!(version, payload, RequestStopTransactionRequest)?)
                .await
        }
        "SetChargingProfile" => {
            set_charging_profile::answer(station, read!(version, payload, SetChargingProfileRequest)?).await
        }
        "TriggerMessage" => trigger_message::answer(station, read!(version, payload, TriggerMessageRequest)?),
        "GetVariables" => get_variables::answer(station, read!(version, payload, GetVariablesRequest)?),
        "SetVariables" => set_variables::answer(station, read!(version, payload, SetVariablesRequest)?).await,
        "SetVariableMonitoring" => {
            set_variable_monitoring::answer(station, read!(version, payload, SetVariableMonitoringRequest)?)
                .await
        }
        "ClearVariableMonitoring" => {
            clear_variable_monitoring::answer(
                station,
                read!(version, payload, ClearVariableMonitoringRequest)?,
            )
            .await
        }
        "ChangeAvailability" => {
            change_availability::answer(station, read!(version, payload, ChangeAvailabilityRequest)?).await
        }
        "Reset" => read!(version, payload, ResetRequest).and_then(|request| reset::answer(station, &request)),
        "CertificateSigned" => {
            let request: certificate_signed::Request = read!(version, payload, CertificateSignedRequest)?;
            certificate_signed::answer(station, &request)
        }
        "InstallCertificate" => {
            let request: install_certificate::Request = read!(version, payload, InstallCertificateRequest)?;
            install_certificate::answer(station, &request)
        }
        "GetInstalledCertificateIds" => {
            let request = read!(version, payload, GetInstalledCertificateIdsRequest)?;
            get_installed_certificate_ids::answer(station, &request)
        }
        "DeleteCertificate" => {
            let request = read!(version, payload, DeleteCertificateRequest)?;
            delete_certificate::answer(station, request)
        }
        "UpdateFirmware" | "GetLog" => about_files(station, version, action, payload),
        "GetBaseReport" => read!(version, payload, GetBaseReportRequest)
            .and_then(|request| get_base_report::answer(&request)),
        _ => Err(CallError::new(
            ErrorCode::NotImplemented,
            format!("{action} is not implemented"),
        )),
    }
}

/// Carries out what has files got or sent.
fn about_files(
    station: &Station,
    version: Version,
    action: &str,
    payload: &RawValue,
) -> Result<Reply, CallError> {
    if action == "GetLog" {
        let request = read!(version, payload, GetLogRequest)?;
        return get_log::answer(station, request);
    }
    let request = read!(version, payload, UpdateFirmwareRequest)?;
    update_firmware::answer(station, request)
}

/// The outlet that a component belongs to.
fn outlet_of(station: &Station, component: &Component) -> Option<OutletNumber> {
    station.outlet(component.evse.as_ref()?.id)
}

/// Whether a transaction runs at this outlet, or at any.
fn runs_at(station: &Station, outlet: Option<OutletNumber>) -> bool {
    let statuses = station.statuses.borrow();
    let mut asked = statuses
        .iter()
        .filter(|(number, _)| outlet.is_none_or(|outlet| outlet == *number));
    asked.any(|(_, status)| status.transaction.is_some())
}

fn reply<T: Serialize>(answer: &T) -> Result<Reply, CallError> {
    Ok(Reply {
        payload: serde_json::to_string(answer)?,
        afterwards: None,
    })
}

/// Why a command was refused; `Err` where that is our own fault.
fn status_info(refused: Refused) -> Result<StatusInfo, CallError> {
    let code = match refused {
        Refused::Rules(refusal) => match refusal {
            Refusal::Busy => "Busy",
            Refusal::Unavailable => "Unavailable",
            Refusal::Faulted(_) => "Faulted",
            Refusal::PositionUnknown => "PositionUnknown",
            Refusal::TooSoon(_) => "TooSoon",
            Refusal::TooOften => "TooOften",
            Refusal::NotCommissioned => "NotCommissioned",
            Refusal::WrongMeter => "WrongMeter",
            Refusal::RegisterUnknown => "RegisterUnknown",
            Refusal::UnknownTransaction => "UnknownTransaction",
            Refusal::UnknownOutlet => "UnknownEvse",
        },
        Refused::InvalidLimits(_) => "InvalidLimits",
        Refused::JournalFull => "JournalFull",
        Refused::Resetting => "Resetting",
        Refused::Installing => "Installing",
        Refused::NotStored | Refused::Stopping => {
            return Err(CallError::new(ErrorCode::InternalError, refused.to_string()));
        }
    };
    let mut info = StatusInfo::new(Str::truncated(code));
    info.additional_info = Some(Str::truncated(&refused.to_string()));
    Ok(info)
}

fn told(code: &str, more: &str) -> StatusInfo {
    let mut info = StatusInfo::new(Str::truncated(code));
    info.additional_info = Some(Str::truncated(more));
    info
}

fn too_few(error: api_spec::ocpp::bounded::OutOfBounds) -> CallError {
    CallError::new(ErrorCode::OccurrenceConstraintViolation, error.to_string())
}
