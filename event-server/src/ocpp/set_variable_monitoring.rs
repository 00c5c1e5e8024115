//! SetVariableMonitoring: tell when an outlet's current rises above a threshold.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{both_versions, int};
use crate::operations::dispatch_command::Answer;

/// No outlet carries this: a monitor is switched off without knowing the id that the station gave it.
const NEVER_A: f64 = 100_000.0;
/// OCPP's "warning".
const SEVERITY: i64 = 5;

fn amperes(threshold_ma: Option<i64>) -> f64 {
    let threshold_ma = threshold_ma.and_then(|threshold| i32::try_from(threshold).ok());
    threshold_ma.map_or(NEVER_A, |threshold| f64::from(threshold) / 1000.0)
}

both_versions! {
    pub(in crate::ocpp) fn call(outlet_number: i32, threshold_ma: Option<i64>) -> Result<String, CallError> {
        let mut component = wire::Component::new(Str::truncated("EVSE"));
        component.evse = Some(wire::Evse::new(int(i64::from(outlet_number))));
        let variable = wire::Variable::new(Str::truncated("ACCurrent"));
        let monitor = wire::MonitorEnum::UpperThreshold;
        let value = amperes(threshold_ma);
        let data = wire::SetMonitoringData::new(value, monitor, int(SEVERITY), component, variable);
        json(&wire::SetVariableMonitoringRequest::new(List::one(data)))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::SetVariableMonitoringResponse = decode(payload)?;
        let refused = response.set_monitoring_result.into_iter().find(|result| {
            result.status != wire::SetMonitoringStatusEnum::Accepted
        });
        Ok(match refused {
            None => Answer::Accepted { transaction_id: None },
            Some(result) => {
                let info = result.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(result.status.as_str(), info)
            }
        })
    }
}
