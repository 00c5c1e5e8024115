//! NotifyEvent: what a station noticed between two samples.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};
use domain::observation::Position;

use super::actions::{Call, Work, empty};
use super::meter_value::Custom;
use super::versions::{Integer, both_versions};
use crate::operations::outlet_report::Seen;
use crate::operations::record_monitor_event::{Anomaly, MonitorEvent, Noticed, record_monitor_events};

/// One event, its enumerations as texts.
struct Event<'a> {
    component: &'a str,
    instance: Option<&'a str>,
    variable: &'a str,
    value: &'a str,
    info: Option<&'a str>,
    alerting: bool,
    cleared: bool,
}

/// What an event says in our words; `None` for what we do not follow.
fn noticed(event: &Event<'_>) -> Option<Noticed> {
    let on = match event.value {
        "true" => Some(!event.cleared),
        "false" => Some(false),
        _ => None,
    };
    match (event.component, event.variable) {
        ("PowerContactor", "Active") => Some(Noticed::Breaker(match on {
            Some(true) => Position::Closed,
            Some(false) => Position::Open,
            None => Position::Unknown,
        })),
        ("PowerContactor", "Tripped") => Some(Noticed::Tripped(on?)),
        ("EVSE" | "ChargingStation", "Problem") => {
            let fault = event.info.map(str::to_owned);
            Some(Noticed::Fault { fault, cleared: !on? })
        }
        ("EVSE", "Notice") if event.alerting => Some(Noticed::Notice {
            notice: event.value.to_owned(),
            wear: event.info.and_then(|info| serde_json::from_str(info).ok()),
        }),
        ("FiscalMetering", "Problem") if on? => {
            Some(Noticed::Anomaly(event.info.and_then(anomaly).unwrap_or_default()))
        }
        ("DataLink", "FailedRequests") => Some(Noticed::Bus {
            name: event.instance?.to_owned(),
            counts: serde_json::from_str(event.info?).ok()?,
        }),
        ("EVSE", "ACCurrent") if event.alerting && !event.cleared => Some(Noticed::CurrentRise {
            current_ma: milliamps(event.value)?,
        }),
        (_, _) => None,
    }
}

/// Whether an event that names no outlet is one of the whole station, or of its main circuit.
fn concerns_all(event: &Event<'_>) -> bool {
    matches!(event.component, "ChargingStation" | "FiscalMetering" | "DataLink")
}

fn anomaly(json: &str) -> Option<Anomaly> {
    serde_json::from_str(json).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be far inside i64")]
fn milliamps(amperes: &str) -> Option<i64> {
    let milliamps = (amperes.parse::<f64>().ok()? * 1000.0).round();
    (milliamps.abs() <= 1.0e9).then_some(milliamps as i64)
}

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::NotifyEventRequest = decode(call.payload)?;
        let seen = request.custom_data.as_deref().and_then(Custom::seen);
        let events = request.event_data.iter().filter_map(|data| event(data, seen.as_ref()));
        let events: Vec<MonitorEvent> = events.collect();
        if events.is_empty() {
            return Ok(Work::Nothing(empty()));
        }
        let station = Arc::clone(call.station);
        Ok(Work::store(move |tx| {
            record_monitor_events(tx, &station, &events)?;
            Ok(empty())
        }))
    }

    fn event(data: &wire::EventData, seen: Option<&Seen>) -> Option<MonitorEvent> {
        let event = Event {
            component: &data.component.name,
            instance: data.component.instance.as_deref(),
            variable: &data.variable.name,
            value: &data.actual_value,
            info: data.tech_info.as_deref(),
            alerting: data.trigger == wire::EventTriggerEnum::Alerting,
            cleared: data.cleared == Some(true),
        };
        let of_outlet = data.component.evse.as_ref().map(|evse| evse.id.read());
        (of_outlet.is_some() || concerns_all(&event)).then_some(MonitorEvent {
            outlet_number: of_outlet,
            number: data.event_id.read(),
            at: data.timestamp.as_microsecond(),
            noticed: noticed(&event)?,
            seen: seen.cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_monitor_event::{BusCounts, Wear};

    fn event(component: &'static str, variable: &'static str, value: &'static str) -> Event<'static> {
        Event {
            component,
            instance: None,
            variable,
            value,
            info: None,
            alerting: true,
            cleared: false,
        }
    }

    #[test]
    fn events_are_put_in_our_words_and_others_left_out() {
        let welded = Event {
            info: Some("welded"),
            ..event("EVSE", "Problem", "true")
        };
        let back = Event {
            info: Some(r#"{"kind":"back","from":200,"to":100}"#),
            ..event("FiscalMetering", "Problem", "true")
        };
        let anomaly = Anomaly {
            kind: "back".into(),
            from: Some(200),
            to: Some(100),
            why: None,
        };
        let table = [
            (
                event("PowerContactor", "Active", "true"),
                Some(Noticed::Breaker(Position::Closed)),
            ),
            (
                event("PowerContactor", "Active", "?"),
                Some(Noticed::Breaker(Position::Unknown)),
            ),
            (
                event("PowerContactor", "Tripped", "true"),
                Some(Noticed::Tripped(true)),
            ),
            (
                welded,
                Some(Noticed::Fault {
                    fault: Some("welded".into()),
                    cleared: false,
                }),
            ),
            (back, Some(Noticed::Anomaly(anomaly))),
            (
                event("EVSE", "ACCurrent", "12.345"),
                Some(Noticed::CurrentRise { current_ma: 12_345 }),
            ),
            (
                Event {
                    alerting: false,
                    ..event("EVSE", "ACCurrent", "12")
                },
                None,
            ),
            (event("EVSE", "ACCurrent", "much"), None),
            (event("EVSE", "Temperature", "60"), None),
        ];
        for (event, expected) in table {
            assert_eq!(
                noticed(&event),
                expected,
                "{} {}",
                event.component,
                event.variable
            );
        }
    }

    #[test]
    fn how_a_bus_answers_is_read_with_its_name_and_all_its_counts() {
        let counts = r#"{"over_s":600,"requests":12000,"timeouts":2,"checksums":1,"mismatches":0,"refusals":0,"line_errors":0}"#;
        let told = Event {
            instance: Some("outlets"),
            info: Some(counts),
            ..event("DataLink", "FailedRequests", "3")
        };
        let expected = BusCounts {
            over_s: 600,
            requests: 12_000,
            timeouts: 2,
            checksums: 1,
            ..BusCounts::default()
        };
        let bus = Noticed::Bus {
            name: "outlets".into(),
            counts: expected,
        };
        assert_eq!(noticed(&told), Some(bus));
        let bare = event("DataLink", "FailedRequests", "3");
        assert_eq!(
            noticed(&Event {
                instance: Some("outlets"),
                ..bare
            }),
            None
        );
    }

    #[test]
    fn a_notice_keeps_its_name_and_a_worn_breaker_its_wear() {
        let worn = Event {
            info: Some(r#"{"operations":7000,"percent":70}"#),
            ..event("EVSE", "Notice", "breaker_worn")
        };
        let wear = Wear {
            percent: 70,
            operations: 7_000,
        };
        for (event, wear) in [(event("EVSE", "Notice", "no_load"), None), (worn, Some(wear))] {
            let notice = event.value.to_owned();
            assert_eq!(noticed(&event), Some(Noticed::Notice { notice, wear }));
        }
    }
}
