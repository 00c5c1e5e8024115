//! RequestStartTransaction: a charge with its limits, on one outlet.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{RequestStartStopStatusEnum, RequestStartTransactionResponse, StatusInfo};
use domain::limits::{LONGEST, Limits, Wish};
use domain::units::{Millis, WattHours};
use serde::Deserialize;

use super::super::messages::VENDOR;
use super::super::station::Station;
use super::{Reply, reply, status_info, told};
use crate::control_loop::Ask;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    evse_id: Option<i64>,
    remote_start_id: i64,
    id_token: Token,
    charging_profile: Option<Profile>,
    custom_data: Option<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    id_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    charging_schedule: Vec<Schedule>,
}

#[derive(Deserialize)]
struct Schedule {
    /// In seconds.
    duration: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Custom {
    vendor_id: String,
    limits: Option<CustomLimits>,
}

#[derive(Deserialize)]
struct CustomLimits {
    duration_ms: u64,
    energy_wh: Option<i64>,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let Some(outlet) = request.evse_id.and_then(|id| station.outlet(id)) else {
        return rejected(told("UnknownEvse", "evseId must name an outlet of this panel"));
    };
    let limits = match limits(&request) {
        Ok(limits) => limits,
        Err(problem) => return rejected(told("InvalidLimits", &problem)),
    };
    let ask = Ask {
        outlet,
        remote_start_id: request.remote_start_id,
        id_token: request.id_token.id_token,
        limits,
    };
    match station.commands.start(ask).await {
        Ok(transaction) => {
            let mut response = RequestStartTransactionResponse::new(RequestStartStopStatusEnum::Accepted);
            response.transaction_id = Some(Str::truncated(&transaction.0));
            reply(&response)
        }
        Err(refused) => rejected(status_info(refused)?),
    }
}

fn rejected(info: StatusInfo) -> Result<Reply, CallError> {
    let mut response = RequestStartTransactionResponse::new(RequestStartStopStatusEnum::Rejected);
    response.status_info = Some(info);
    reply(&response)
}

/// Our own limits, else the end of the charging profile, else the longest charge.
fn limits(request: &Request) -> Result<Limits, String> {
    let ours = request
        .custom_data
        .as_ref()
        .filter(|data| data.vendor_id == VENDOR);
    let wish = match ours.and_then(|data| data.limits.as_ref()) {
        Some(limits) => Wish {
            duration: Some(Millis(limits.duration_ms)),
            energy: limits.energy_wh.map(WattHours),
            ..Wish::default()
        },
        None => Wish {
            duration: profile_duration(request),
            ..Wish::default()
        },
    };
    wish.limits(domain::units::Timestamp(0))
        .map_err(|bad| format!("{bad:?}"))
}

fn profile_duration(request: &Request) -> Option<Millis> {
    let schedules = &request.charging_profile.as_ref()?.charging_schedule;
    let shortest = schedules.iter().filter_map(|schedule| schedule.duration).min()?;
    Some(Millis::seconds(u64::try_from(shortest).unwrap_or(0)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_schedules_the_one_that_ends_first_counts() {
        let request: Request = serde_json::from_value(serde_json::json!({
            "remoteStartId": 1,
            "idToken": {"idToken": "driver"},
            "chargingProfile": {"chargingSchedule": [{"duration": 7_200}, {}, {"duration": 3_600}]},
        }))
        .unwrap();
        assert_eq!(limits(&request).unwrap().duration, Millis::seconds(3_600));
    }
}
