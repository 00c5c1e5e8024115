//! RequestStartTransaction: close the breaker for a session.

use std::time::Duration;

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, decode};
use api_spec::rest::Time;
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::meter_value::VENDOR;
use super::versions::{IdTokenType, both_versions, fit, int};
use crate::operations::dispatch_command::{Answer, Start};

/// What our own controller counts itself: OCPP has no limit of energy, and a profile's end does not open a breaker.
fn limits(start: &Start) -> serde_json::Value {
    let duration_ms = u64::try_from(start.duration.as_millis()).unwrap_or(u64::MAX);
    serde_json::json!({
        "duration_ms": duration_ms,
        "until": Time(start.ends_at_us),
        "energy_wh": start.energy_wh,
        "when_idle": start.when_idle,
    })
}

pub(super) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}

pub(super) fn amperes(milliamperes: i64) -> f64 {
    f64::from(i32::try_from(milliamperes).unwrap_or(i32::MAX)) / 1000.0
}

/// A limit is required in 2.0.1 and optional in 2.1.
pub(super) trait Period {
    fn limited(limit_a: f64) -> Self;
}

impl Period for api_spec::ocpp::v201::ChargingSchedulePeriod {
    fn limited(limit_a: f64) -> Self {
        Self::new(0, limit_a)
    }
}

impl Period for api_spec::ocpp::v21::ChargingSchedulePeriod {
    fn limited(limit_a: f64) -> Self {
        let mut period = Self::new(0);
        period.limit = Some(limit_a);
        period
    }
}

both_versions! {
    pub(in crate::ocpp) fn call(start: &Start) -> Result<String, CallError> {
        let driver = wire::IdToken::new(Str::truncated(&start.driver_id), IdTokenType::central());
        let mut request = wire::RequestStartTransactionRequest::new(driver, start.session_number);
        request.evse_id = Some(int(i64::from(start.outlet_number)));
        request.charging_profile = Some(fit(profile(start)));
        let mut ours = wire::CustomData::new(Str::truncated(VENDOR));
        ours.extra.insert("limits".to_owned(), limits(start));
        if let Some(traceparent) = &start.traceparent {
            ours.extra.insert("traceparent".to_owned(), traceparent.as_str().into());
        }
        request.custom_data = Some(Box::new(ours));
        json(&request)
    }

    /// Ends when the session does.
    fn profile(start: &Start) -> wire::ChargingProfile {
        let mut period = <wire::ChargingSchedulePeriod as Period>::limited(amperes(start.rated_ma));
        period.number_phases = Some(int(1));
        let unit = wire::ChargingRateUnitEnum::A;
        let mut schedule = wire::ChargingSchedule::new(start.session_number, unit, List::one(period));
        schedule.duration = Some(whole_seconds(start.duration));
        wire::ChargingProfile::new(
            start.session_number,
            int(0),
            wire::ChargingProfilePurposeEnum::TxProfile,
            wire::ChargingProfileKindEnum::Relative,
            List::one(schedule),
        )
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::RequestStartTransactionResponse = decode(payload)?;
        Ok(match response.status {
            wire::RequestStartStopStatusEnum::Accepted => Answer::Accepted {
                transaction_id: response.transaction_id.map(Into::into),
            },
            wire::RequestStartStopStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
