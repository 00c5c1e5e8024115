//! RequestStartTransaction: a charge with its limits, on one outlet.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{RequestStartStopStatusEnum, RequestStartTransactionResponse, StatusInfo};
use domain::limits::{BadWish, LONGEST, Limits, WhenIdle, Wish, left_of};
use domain::units::{Millis, Timestamp, WattHours};
use foundation::trace::Trace;
use serde::Deserialize;

use super::super::messages::VENDOR;
use super::super::station::Station;
use super::traced_start::TracedStart;
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
    valid_to: Option<jiff::Timestamp>,
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
    /// The trace of whoever asks.
    traceparent: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomLimits {
    duration_ms: Option<u64>,
    /// The end that `duration_ms` means, as a time, or where that is left out the end alone.
    until: Option<jiff::Timestamp>,
    /// The server makes a limit of money one of energy before it asks.
    energy_wh: Option<i64>,
    #[serde(default)]
    when_idle: WhenIdle,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let Some(outlet) = request.evse_id.and_then(|id| station.outlet(id)) else {
        return rejected(told("UnknownEvse", "evseId must name an outlet of this panel"));
    };
    let limits = limits(&request, station.now());
    let trace = request
        .custom_data
        .as_ref()
        .and_then(|data| data.traceparent.as_deref());
    let trace = trace.and_then(Trace::parse);
    let traced = TracedStart::begin(station, outlet, trace.as_ref());
    let ask = Ask {
        outlet,
        remote_start_id: request.remote_start_id,
        id_token: request.id_token.id_token,
        limits,
    };
    match station.commands.start(ask).await {
        Ok(transaction) => {
            let trace_id = trace.as_ref().map(Trace::id);
            let outlet = outlet.get();
            tracing::info!(trace_id, outlet, transaction = transaction.0, "a charge is taken");
            let mut response = RequestStartTransactionResponse::new(RequestStartStopStatusEnum::Accepted);
            response.transaction_id = Some(Str::truncated(&transaction.0));
            if let Some(traced) = traced {
                traced.taken(transaction);
            }
            reply(&response)
        }
        Err(refused) => {
            if let Some(traced) = traced {
                traced.refused(refused.to_string());
            }
            rejected(status_info(refused)?)
        }
    }
}

fn rejected(info: StatusInfo) -> Result<Reply, CallError> {
    let mut response = RequestStartTransactionResponse::new(RequestStartStopStatusEnum::Rejected);
    response.status_info = Some(info);
    reply(&response)
}

/// Our own limits, else the end of the charging profile, else the longest charge. From here on nothing asks the wall
/// clock any more.
fn limits(request: &Request, now: Timestamp) -> Result<Limits, BadWish> {
    let ours = request
        .custom_data
        .as_ref()
        .filter(|data| data.vendor_id == VENDOR);
    let wish = match ours.and_then(|data| data.limits.as_ref()) {
        Some(limits) => Wish {
            duration: our_duration(limits, now),
            energy: limits.energy_wh.map(WattHours),
            when_idle: limits.when_idle,
            ..Wish::default()
        },
        None => Wish {
            duration: Some(profile_end(request, now)),
            ..Wish::default()
        },
    };
    wish.limits(now)
}

fn our_duration(limits: &CustomLimits, now: Timestamp) -> Option<Millis> {
    let until = limits.until.map(|until| Timestamp(until.as_microsecond()));
    match (limits.duration_ms.map(Millis), until) {
        (Some(duration), Some(until)) => Some(left_of(duration, until, now)),
        (Some(duration), None) => Some(duration),
        (None, until) => until.map(|until| duration_until(until, now)),
    }
}

/// The earliest of the profile's ends.
fn profile_end(request: &Request, now: Timestamp) -> Millis {
    let longest = profile_duration(request).unwrap_or(LONGEST);
    let profile = request.charging_profile.as_ref();
    let valid_to = profile.and_then(|profile| profile.valid_to);
    valid_to.map_or(longest, |end| {
        longest.min(duration_until(Timestamp(end.as_microsecond()), now))
    })
}

fn duration_until(until: Timestamp, now: Timestamp) -> Millis {
    let ahead_us = until.0.saturating_sub(now.0);
    Millis(u64::try_from(ahead_us / 1000).unwrap_or(0))
}

fn profile_duration(request: &Request) -> Option<Millis> {
    let schedules = &request.charging_profile.as_ref()?.charging_schedule;
    let shortest = schedules.iter().filter_map(|schedule| schedule.duration).min()?;
    Some(Millis::seconds(u64::try_from(shortest).unwrap_or(0)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOON: &str = "2026-11-20T12:00:00Z";

    fn asked(more: Value) -> Result<Limits, BadWish> {
        let mut request = json!({"remoteStartId": 1, "idToken": {"idToken": "driver"}});
        let more = more.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(more);
        let noon: jiff::Timestamp = NOON.parse().unwrap();
        limits(
            &serde_json::from_value(request).unwrap(),
            Timestamp(noon.as_microsecond()),
        )
    }

    fn ours(limits: Value) -> Result<Limits, BadWish> {
        asked(json!({"customData": {"vendorId": "denro", "limits": limits}}))
    }

    #[test]
    fn of_several_ends_the_earliest_counts() {
        let schedules = json!([{"duration": 7_200}, {}, {"duration": 3_600}]);
        let profile = asked(json!({"chargingProfile": {"chargingSchedule": schedules}}));
        assert_eq!(profile.unwrap().duration, Millis::seconds(3_600));
        let valid = json!({"chargingSchedule": [{"duration": 7_200}], "validTo": "2026-11-20T12:00:10Z"});
        let profile = asked(json!({"chargingProfile": valid}));
        assert_eq!(profile.unwrap().duration, Millis::seconds(10));
        let end_of_day = ours(json!({"until": "2026-11-20T23:59:59+09:00"}));
        assert_eq!(end_of_day.unwrap().duration, Millis::seconds(3 * 3_600 - 1));
        let past = ours(json!({"until": "2026-11-20T11:59:59Z"}));
        assert_eq!(past, Err(BadWish::EndNotAhead));
    }

    #[test]
    fn a_start_that_was_under_way_ends_on_time_and_a_wrong_clock_is_not_heard() {
        let both = |duration_s: u64, until: &str| {
            let limits = ours(json!({"duration_ms": duration_s * 1_000, "until": until}));
            limits.map(|limits| limits.duration)
        };
        // Sent 20 s before noon.
        assert_eq!(both(3_600, "2026-11-20T12:59:40Z"), Ok(Millis::seconds(3_580)));
        assert_eq!(both(10, "2026-11-20T11:59:50Z"), Err(BadWish::EndNotAhead));
        for elsewhere in [
            "2026-11-21T13:00:00Z",
            "2026-11-19T13:00:00Z",
            "1970-01-01T01:00:00Z",
        ] {
            assert_eq!(both(3_600, elsewhere), Ok(Millis::seconds(3_600)), "{elsewhere}");
        }
    }

    #[test]
    fn an_idle_car_s_charge_goes_on_unless_its_end_is_wished_for() {
        let keep = ours(json!({"duration_ms": 1_000, "energy_wh": 5})).unwrap();
        assert_eq!(
            (keep.when_idle, keep.energy),
            (WhenIdle::Keep, Some(WattHours(5)))
        );
        let end = ours(json!({"duration_ms": 1_000, "when_idle": "end"})).unwrap();
        assert_eq!(end.when_idle, WhenIdle::End);
    }
}
