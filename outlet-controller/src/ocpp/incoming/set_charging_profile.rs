//! SetChargingProfile: other limits for a charge that runs. A breaker has no power to set.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{ChargingProfileStatusEnum, SetChargingProfileResponse, StatusInfo};
use domain::ids::TransactionId;
use domain::limits::{LONGEST, NewLimits, WhenIdle, left_of};
use domain::units::{Millis, Timestamp, WattHours};
use serde::Deserialize;

use super::super::messages::VENDOR;
use super::super::station::Station;
use super::{Reply, reply, status_info, told};
use crate::control_loop::Which;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    charging_profile: Profile,
    custom_data: Option<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    charging_profile_purpose: String,
    transaction_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Custom {
    vendor_id: String,
    remote_start_id: Option<i64>,
    limits: Option<CustomLimits>,
}

/// All limits as they are to be from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomLimits {
    duration_ms: u64,
    /// The end that `duration_ms` means, as a time.
    until: Option<jiff::Timestamp>,
    energy_wh: Option<i64>,
    /// Left out: as it was.
    when_idle: Option<WhenIdle>,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    if request.charging_profile.charging_profile_purpose != "TxProfile" {
        return rejected(told("UnsupportedPurpose", "a breaker has no power to set"));
    }
    let Some(ours) = request.custom_data.filter(|data| data.vendor_id == VENDOR) else {
        return rejected(told(
            "NoLimits",
            "customData of vendor denro must tell the limits",
        ));
    };
    let (Some(transaction), Some(limits)) = (request.charging_profile.transaction_id, &ours.limits) else {
        return rejected(told("NoLimits", "transactionId and the limits are needed"));
    };
    let limits = match new_limits(limits, station.now()) {
        Ok(limits) => limits,
        Err(problem) => return rejected(told("InvalidLimits", problem)),
    };
    let which = Which {
        transaction: TransactionId(transaction),
        remote_start_id: ours.remote_start_id,
    };
    match station.commands.change_limits(which, limits).await {
        Ok(()) => reply(&SetChargingProfileResponse::new(
            ChargingProfileStatusEnum::Accepted,
        )),
        Err(refused) => rejected(status_info(refused)?),
    }
}

fn rejected(info: StatusInfo) -> Result<Reply, CallError> {
    let mut response = SetChargingProfileResponse::new(ChargingProfileStatusEnum::Rejected);
    response.status_info = Some(info);
    reply(&response)
}

fn new_limits(limits: &CustomLimits, now: Timestamp) -> Result<NewLimits, &'static str> {
    let told = Millis(limits.duration_ms);
    if told > LONGEST {
        return Err("the end is more than 24 hours ahead");
    }
    if limits.energy_wh.is_some_and(|energy| energy < 1) {
        return Err("energy_wh must be 1 or more");
    }
    let until = limits.until.map(|until| Timestamp(until.as_microsecond()));
    Ok(NewLimits {
        duration: until.map_or(told, |until| left_of(told, until, now)),
        energy: limits.energy_wh.map(WattHours),
        when_idle: limits.when_idle,
    })
}
