//! UpdateFirmware: get signed firmware and install it.

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::FirmwareUpdate;
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::{begun, refusal, text};
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

fn moment(at_us: i64) -> Timestamp {
    Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH)
}

both_versions! {
    pub(in crate::ocpp) fn call(
        (request_id, created_at): (i64, i64),
        update: &FirmwareUpdate,
    ) -> Result<String, CallError> {
        let retrieve_at = update.retrieve_at.map_or(created_at, |at| at.0);
        let mut firmware = wire::Firmware::new(text(&update.location)?, moment(retrieve_at));
        firmware.install_date_time = update.install_at.map(|at| moment(at.0));
        firmware.signing_certificate = Some(text(&update.signing_certificate)?);
        firmware.signature = Some(text(&update.signature)?);
        json(&wire::UpdateFirmwareRequest::new(request_id, firmware))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::UpdateFirmwareResponse = decode(payload)?;
        Ok(match response.status {
            wire::UpdateFirmwareStatusEnum::Accepted | wire::UpdateFirmwareStatusEnum::AcceptedCanceled => begun(),
            wire::UpdateFirmwareStatusEnum::Rejected
            | wire::UpdateFirmwareStatusEnum::InvalidCertificate
            | wire::UpdateFirmwareStatusEnum::RevokedCertificate => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
