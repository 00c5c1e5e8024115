//! UpdateFirmware: signed firmware is got and installed; what is accepted is on disk before the answer leaves.

use api_spec::ocpp::v201::{UpdateFirmwareResponse, UpdateFirmwareStatusEnum};
use api_spec::ocpp::{CallError, ErrorCode};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, told};
use crate::firmware::{Refused, Signed, Taken, Update};

/// More tries than this are not made.
const MAX_RETRIES: u32 = 20;
const MAX_RETRY_S: u64 = 3_600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    request_id: i64,
    retries: Option<i64>,
    retry_interval: Option<i64>,
    firmware: Firmware,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Firmware {
    location: String,
    retrieve_date_time: Timestamp,
    install_date_time: Option<Timestamp>,
    signing_certificate: Option<String>,
    signature: Option<String>,
}

pub(super) fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    use UpdateFirmwareStatusEnum::{Accepted, AcceptedCanceled, InvalidCertificate, Rejected};
    let now = station.known_now().unwrap_or_else(|| station.wall());
    if !station.firmware.is_configured() {
        return refused(Rejected, "NotConfigured", &Refused::NotConfigured.to_string());
    }
    if station.file_url(&request.firmware.location).is_none() {
        return refused(Rejected, "BadLocation", "expected an https URL");
    }
    let Some(update) = update(request) else {
        return refused(Rejected, "NotSigned", "expected signingCertificate and signature");
    };
    match station.firmware.ask(update, now) {
        Ok(Taken::Now | Taken::Before) => reply(&UpdateFirmwareResponse::new(Accepted)),
        Ok(Taken::Instead) => reply(&UpdateFirmwareResponse::new(AcceptedCanceled)),
        Err(error) => {
            let why = error.to_string();
            match error {
                Refused::NotConfigured => refused(Rejected, "NotConfigured", &why),
                Refused::Installing => refused(Rejected, "Installing", &why),
                Refused::Signer(_) => refused(InvalidCertificate, "InvalidCertificate", &why),
                Refused::Root { .. } => refused(Rejected, "NoRoot", &why),
                Refused::NotStored(_) => Err(CallError::new(ErrorCode::InternalError, why)),
            }
        }
    }
}

/// `None` where it is not signed.
fn update(request: Request) -> Option<Update> {
    let firmware = request.firmware;
    let signed = Signed {
        certificate: firmware.signing_certificate?,
        signature: firmware.signature?,
    };
    let retrieve_at = firmware.retrieve_date_time;
    let mut update = Update::new(request.request_id, firmware.location, retrieve_at, signed);
    update.install_at = firmware.install_date_time;
    let retries = request.retries.map(|retries| u32::try_from(retries).unwrap_or(0));
    update.retries = retries.map_or(update.retries, |retries| retries.min(MAX_RETRIES));
    let interval = request
        .retry_interval
        .map(|seconds| u64::try_from(seconds).unwrap_or(0));
    update.retry_s = interval.map_or(update.retry_s, |seconds| seconds.min(MAX_RETRY_S));
    Some(update)
}

fn refused(status: UpdateFirmwareStatusEnum, code: &str, why: &str) -> Result<Reply, CallError> {
    tracing::warn!(code, why, "firmware is not taken");
    let mut answer = UpdateFirmwareResponse::new(status);
    answer.status_info = Some(told(code, why));
    reply(&answer)
}
