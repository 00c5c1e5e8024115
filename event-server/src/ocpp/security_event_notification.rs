//! SecurityEventNotification: goes to the security log.

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, empty};
use super::versions::both_versions;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::SecurityEventNotificationRequest = decode(call.payload)?;
        tracing::warn!(
            target: "security",
            controller = call.station.controller_id,
            kind = request.r#type.as_str(),
            at = %request.timestamp,
            info = request.tech_info.as_deref().unwrap_or_default(),
            "a station reports a security event"
        );
        Ok(Work::Nothing(empty()))
    }
}
