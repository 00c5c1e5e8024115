//! GetLog: send a log somewhere.

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::{LogKind, LogUpload};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::{begun, refusal, text};
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(request_id: i64, upload: &LogUpload) -> Result<String, CallError> {
        let kind = match upload.kind {
            LogKind::Diagnostics => wire::LogEnum::DiagnosticsLog,
            LogKind::Security => wire::LogEnum::SecurityLog,
        };
        let mut log = wire::LogParameters::new(text(&upload.location)?);
        let moment = |at: api_spec::rest::Time| jiff::Timestamp::from_microsecond(at.0).ok();
        log.oldest_timestamp = upload.from.and_then(moment);
        log.latest_timestamp = upload.to.and_then(moment);
        json(&wire::GetLogRequest::new(log, kind, request_id))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::GetLogResponse = decode(payload)?;
        Ok(match response.status {
            wire::LogStatusEnum::Accepted | wire::LogStatusEnum::AcceptedCanceled => begun(),
            wire::LogStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
