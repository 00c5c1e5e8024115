//! SetChargingProfile: new limits for a delivery that runs.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, decode};
use api_spec::rest::Time;
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::meter_value::VENDOR;
use super::request_start_transaction::{Period, amperes, whole_seconds};
use super::versions::{both_versions, int};
use crate::operations::change_limits::NewLimits;
use crate::operations::dispatch_command::Answer;

/// What our own controller keeps: all limits as they are from now on, but what becomes of a full car only if it changes.
fn limits(new: &NewLimits) -> serde_json::Value {
    let duration_ms = u64::try_from(new.duration.as_millis()).unwrap_or(u64::MAX);
    let mut limits = serde_json::Map::new();
    limits.insert("duration_ms".to_owned(), duration_ms.into());
    limits.insert("until".to_owned(), serde_json::json!(Time(new.ends_at_us)));
    limits.insert("energy_wh".to_owned(), new.energy_wh.into());
    if let Some(when_idle) = new.when_idle {
        limits.insert("when_idle".to_owned(), serde_json::json!(when_idle));
    }
    limits.into()
}

/// When the schedule begins, so that it ends with the session.
fn begins(new: &NewLimits) -> Option<jiff::Timestamp> {
    let lasts_us = i64::try_from(new.duration.as_micros()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_microsecond(new.ends_at_us.saturating_sub(lasts_us)).ok()
}

both_versions! {
    pub(in crate::ocpp) fn call(new: &NewLimits) -> Result<String, CallError> {
        let number = int(i64::from(new.outlet_number));
        let mut request = wire::SetChargingProfileRequest::new(number, profile(new));
        let mut ours = wire::CustomData::new(Str::truncated(VENDOR));
        ours.extra.insert("limits".to_owned(), limits(new));
        ours.extra.insert("remoteStartId".to_owned(), new.session_number.into());
        request.custom_data = Some(Box::new(ours));
        json(&request)
    }

    /// In the place of the one that the delivery began with.
    fn profile(new: &NewLimits) -> wire::ChargingProfile {
        let mut period = <wire::ChargingSchedulePeriod as Period>::limited(amperes(new.rated_ma));
        period.number_phases = Some(int(1));
        let unit = wire::ChargingRateUnitEnum::A;
        let mut schedule = wire::ChargingSchedule::new(new.session_number, unit, List::one(period));
        schedule.start_schedule = begins(new);
        schedule.duration = Some(whole_seconds(new.duration));
        let mut profile = wire::ChargingProfile::new(
            new.session_number,
            int(0),
            wire::ChargingProfilePurposeEnum::TxProfile,
            wire::ChargingProfileKindEnum::Absolute,
            List::one(schedule),
        );
        profile.transaction_id = Some(Str::truncated(&new.transaction_id));
        profile
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::SetChargingProfileResponse = decode(payload)?;
        Ok(match response.status {
            wire::ChargingProfileStatusEnum::Accepted => Answer::Accepted { transaction_id: None },
            wire::ChargingProfileStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
