//! GetLog: the last lines of the log are sent somewhere.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{GetLogResponse, LogStatusEnum};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, told};
use crate::uploads::{Kind, Upload};

/// Where the server says nothing of it.
const RETRIES: u32 = 3;
const RETRY_S: u64 = 60;
/// More tries than this are not made.
const MAX_RETRIES: u32 = 10;
const MAX_RETRY_S: u64 = 600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    request_id: i64,
    log_type: String,
    retries: Option<i64>,
    retry_interval: Option<i64>,
    log: Log,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    remote_location: String,
    oldest_timestamp: Option<Timestamp>,
    latest_timestamp: Option<Timestamp>,
}

pub(super) fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let kind = match request.log_type.as_str() {
        "DiagnosticsLog" => Kind::Diagnostics,
        "SecurityLog" => Kind::Security,
        _ => return refused("NoSuchLog", "there are a diagnostics and a security log"),
    };
    let Some(location) = station.file_url(&request.log.remote_location) else {
        return refused("BadLocation", "expected an https URL");
    };
    let retries = request.retries.map(|retries| u32::try_from(retries).unwrap_or(0));
    let interval = request
        .retry_interval
        .map(|seconds| u64::try_from(seconds).unwrap_or(0));
    let upload = Upload {
        request_id: request.request_id,
        location,
        kind,
        from: request.log.oldest_timestamp,
        to: request.log.latest_timestamp,
        retries: retries.map_or(RETRIES, |retries| retries.min(MAX_RETRIES)),
        retry_s: interval.map_or(RETRY_S, |seconds| seconds.min(MAX_RETRY_S)),
    };
    let Some(taken) = station.uploads.begin(upload) else {
        return refused("NoLog", "this program keeps no log in memory");
    };
    let mut answer = GetLogResponse::new(if taken.instead {
        LogStatusEnum::AcceptedCanceled
    } else {
        LogStatusEnum::Accepted
    });
    answer.filename = Some(Str::truncated(&taken.file_name));
    reply(&answer)
}

fn refused(code: &str, why: &str) -> Result<Reply, CallError> {
    let mut answer = GetLogResponse::new(LogStatusEnum::Rejected);
    answer.status_info = Some(told(code, why));
    reply(&answer)
}
