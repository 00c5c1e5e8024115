//! Heartbeat: the station asks for the time.

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, json};
use super::versions::both_versions;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        decode::<wire::HeartbeatRequest>(call.payload)?;
        json(&wire::HeartbeatResponse::new(call.now())).map(Work::Nothing)
    }
}
