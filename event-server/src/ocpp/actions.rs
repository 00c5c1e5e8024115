//! The actions that stations call, and how each is handled.

use std::sync::Arc;

use api_spec::ocpp::{CallError, ErrorCode, Version, v21, v201};
use foundation::DbError;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    authorize, boot_notification, firmware_status_notification, heartbeat, log_status_notification,
    meter_values, notify_event, security_event_notification, sign_certificate, status_notification,
    transaction_event,
};
use crate::context::Tx;
use crate::operations::connect_station::Station;
use crate::operations::record_reports::{StationReport, Taken};

/// A station's call.
pub(super) struct Call<'a> {
    pub(super) station: &'a Arc<Station>,
    pub(super) payload: &'a RawValue,
    /// Microseconds.
    pub(super) received_at: i64,
    /// Whether there is an authority that certificates can be had from.
    pub(super) signs_certificates: bool,
}

/// What is to be done before a call may be answered.
pub(super) enum Work {
    Nothing(String),
    /// The answer is given after the commit.
    Store(Store),
}

type Stored = Result<String, DbError>;

/// Gives the answer.
pub(super) enum Store {
    Once(Box<dyn FnOnce(&mut Tx<'_>) -> Stored + Send>),
    /// With those that come beside it; what was taken in says the answer.
    Report(Box<StationReport>, fn(Taken) -> String),
}

impl Work {
    pub(super) fn store(body: impl FnOnce(&mut Tx<'_>) -> Stored + Send + 'static) -> Self {
        Self::Store(Store::Once(Box::new(body)))
    }

    pub(super) fn record(report: StationReport, answer: fn(Taken) -> String) -> Self {
        Self::Store(Store::Report(Box::new(report), answer))
    }
}

type Handler = fn(&Call<'_>) -> Result<Work, CallError>;

struct Action {
    name: &'static str,
    v201: Handler,
    v21: Handler,
}

macro_rules! table {
    ($($name:literal => $file:ident,)+) => {
        &[$(Action { name: $name, v201: $file::v201::handle, v21: $file::v21::handle },)+]
    };
}

const INCOMING: &[Action] = table! {
    "TransactionEvent" => transaction_event,
    "MeterValues" => meter_values,
    "Heartbeat" => heartbeat,
    "NotifyEvent" => notify_event,
    "StatusNotification" => status_notification,
    "BootNotification" => boot_notification,
    "SecurityEventNotification" => security_event_notification,
    "Authorize" => authorize,
    "SignCertificate" => sign_certificate,
    "FirmwareStatusNotification" => firmware_status_notification,
    "LogStatusNotification" => log_status_notification,
};

/// Reads a call and says what is to be done.
pub(super) fn handle(version: Version, name: &str, call: &Call<'_>) -> Result<Work, CallError> {
    if let Some(action) = INCOMING.iter().find(|action| action.name == name) {
        let handler = match version {
            Version::V201 => action.v201,
            Version::V21 => action.v21,
        };
        return handler(call);
    }
    let known = match version {
        Version::V201 => v201::ACTIONS,
        Version::V21 => v21::ACTIONS,
    };
    let known = known.contains(&name);
    let code = if known {
        ErrorCode::NotSupported
    } else {
        ErrorCode::NotImplemented
    };
    Err(CallError::new(code, "this action is not served here"))
}

/// The name as the figures know it.
pub(super) fn counted_name(name: &str) -> &'static str {
    let known = INCOMING.iter().find(|action| action.name == name);
    known.map_or("other", |action| action.name)
}

/// A payload as JSON.
pub(super) fn json(payload: &impl Serialize) -> Result<String, CallError> {
    serde_json::to_string(payload)
        .map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))
}

/// The empty answer that most actions have.
pub(super) fn empty() -> String {
    "{}".to_owned()
}

impl Call<'_> {
    /// When it was received.
    pub(super) fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.received_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}
