//! Messages as the server reads them, under both versions.

use api_spec::ocpp::{v21, v201};
use domain::ids::TransactionId;
use domain::limits::Limits;
use domain::observation::Observation;
use domain::outlet::{EndReason, Fault, Notice, Outlet, Settings, Start};
use domain::units::{MilliAmps, MilliVolts, Millis, Now, Tick, WattHours, Watts};

use super::*;

const WALL: Timestamp = Timestamp(1_800_000_000_000_000);

const WORN: Notice = Notice::Worn {
    percent: 70,
    operations: 7_000,
};

fn at(ms: u64) -> Now {
    Now {
        tick: Tick(ms),
        wall: WALL,
    }
}

fn seen(position: Position) -> Observation {
    let reading = Reading {
        register: Ok(WattHours(1234)),
        voltage: Ok(MilliVolts(201_500)),
        current: Ok(MilliAmps(15_250)),
        power: Ok(Watts(3073)),
        raw_register: Some(0x3F9D_F3B6),
    };
    Observation {
        position,
        tripped: Some(false),
        reading: Some(reading),
        ..Observation::default()
    }
}

/// An outlet that supplies a charge.
fn supplying() -> Outlet {
    let mut outlet = Outlet::new(Settings::default());
    outlet.observe(&seen(Position::Open), at(100_000));
    let limits = Limits {
        duration: Millis::seconds(60),
        ..Limits::default()
    };
    let start = Start {
        transaction: TransactionId("tx".into()),
        remote_start_id: 42,
        id_token: "driver".into(),
        limits,
    };
    outlet.start(start, at(100_001)).unwrap();
    outlet.observe(&seen(Position::Closed), at(100_100));
    outlet
}

fn told(report: &Report, outlet: &Outlet) -> Vec<(&'static str, Value)> {
    let status = outlet.status();
    let context = context(outlet, &status);
    let mut numbers = Numbers {
        seq_no: 0,
        event_id: 7,
    };
    let messages = of_report(report, &context, &mut numbers);
    messages.into_iter().map(read_under_both_versions).collect()
}

fn context<'a>(outlet: &'a Outlet, status: &'a Status) -> Context<'a> {
    let number = OutletNumber::new(3).unwrap();
    Context {
        outlet: number,
        status,
        charge: outlet.charge(),
        at: WALL,
        offline: true,
        journal_id: 5,
        serial: Some("19034567"),
    }
}

fn read_under_both_versions(message: Message) -> (&'static str, Value) {
    fn both<A: serde::de::DeserializeOwned, B: serde::de::DeserializeOwned>(payload: &str) {
        serde_json::from_str::<A>(payload)
            .map(drop)
            .unwrap_or_else(|e| panic!("2.0.1: {e}: {payload}"));
        serde_json::from_str::<B>(payload)
            .map(drop)
            .unwrap_or_else(|e| panic!("2.1: {e}: {payload}"));
    }
    let payload = &message.payload;
    match message.action {
        "TransactionEvent" => both::<v201::TransactionEventRequest, v21::TransactionEventRequest>(payload),
        "MeterValues" => both::<v201::MeterValuesRequest, v21::MeterValuesRequest>(payload),
        "NotifyEvent" => both::<v201::NotifyEventRequest, v21::NotifyEventRequest>(payload),
        other => panic!("{other}"),
    }
    (message.action, serde_json::from_str(payload).unwrap())
}

#[test]
fn a_charge_is_told_from_its_start_to_its_end() {
    let outlet = supplying();
    let [(_, started)] = told(&Report::Energized, &outlet).try_into().unwrap();
    assert_eq!(started["eventType"], "Started");
    assert_eq!(started["triggerReason"], "RemoteStart");
    assert_eq!(started["transactionInfo"]["remoteStartId"], 42);
    assert_eq!(started["evse"]["id"], 3);
    assert_eq!(started["idToken"]["idToken"], "driver");
    assert_eq!(started["offline"], true);
    assert_eq!(started["customData"]["breaker"], "closed");
    let begin = &started["meterValue"][0]["sampledValue"][0];
    assert_eq!(
        (begin["value"].as_f64(), begin["context"].as_str()),
        (Some(1234.0), Some("Transaction.Begin"))
    );

    let [(_, charging)] = told(&Report::ChargingStarted, &outlet).try_into().unwrap();
    assert_eq!(charging["transactionInfo"]["chargingState"], "Charging");
    assert_eq!(charging["triggerReason"], "ChargingStateChanged");
}

#[test]
fn a_rise_of_a_charge_is_told_with_the_power_that_belongs_to_it_and_no_other() {
    let rise = Report::CurrentRise {
        current: MilliAmps(16_250),
        threshold: MilliAmps(15_000),
    };
    let mut outlet = supplying();
    let values = |outlet: &Outlet| {
        let [(_, notice), (_, charge)] = told(&rise, outlet).try_into().unwrap();
        let data = &notice["eventData"][0];
        assert_eq!(
            (&data["variable"]["name"], &data["actualValue"]),
            (&"ACCurrent".into(), &"16.250".into())
        );
        assert_eq!(charge["triggerReason"], "ChargingRateChanged");
        let sampled = charge["meterValue"][0]["sampledValue"].as_array().unwrap();
        let value = |of: &str| {
            sampled
                .iter()
                .find(|v| v["measurand"] == of)
                .map(|v| v["value"].as_f64())
        };
        (value("Current.Import"), value("Power.Active.Import"))
    };
    assert_eq!(values(&outlet), (Some(Some(15.25)), Some(Some(3073.0))));
    let current_alone = Observation {
        position: Position::Closed,
        tripped: Some(false),
        current: Some(Ok(MilliAmps(16_250))),
        ..Observation::default()
    };
    outlet.observe(&current_alone, at(101_000));
    assert_eq!(values(&outlet), (Some(Some(16.25)), None));
}

#[test]
fn what_the_power_does_to_a_charge_is_told_of_it() {
    let outlet = supplying();
    for (report, trigger, power) in [
        (Report::PowerLost, "AbnormalCondition", "lost"),
        (Report::PowerResumed, "ChargingStateChanged", "resumed"),
    ] {
        let [(_, event)] = told(&report, &outlet).try_into().unwrap();
        assert_eq!(event["eventType"], "Updated");
        assert_eq!(event["triggerReason"], trigger);
        assert_eq!(event["customData"]["power"], power);
    }
}

#[test]
fn a_charge_begins_at_the_register_that_it_was_accepted_at() {
    let mut outlet = supplying();
    // A meter may be read before the breaker is seen closed.
    let mut later = seen(Position::Closed);
    later.reading = later.reading.map(|reading| Reading {
        register: Ok(WattHours(1236)),
        ..reading
    });
    outlet.observe(&later, at(101_500));
    let [(_, started)] = told(&Report::Energized, &outlet).try_into().unwrap();
    assert_eq!(started["meterValue"][0]["sampledValue"][0]["value"], 1234.0);
}

#[test]
fn a_register_that_is_held_back_is_not_told() {
    let mut outlet = supplying();
    let mut zero = seen(Position::Closed);
    zero.reading = zero.reading.map(|reading| Reading {
        register: Ok(WattHours(0)),
        ..reading
    });
    outlet.observe(&zero, at(100_200));
    let [(_, charging)] = told(&Report::ChargingStarted, &outlet).try_into().unwrap();
    let sampled = charging["meterValue"][0]["sampledValue"]
        .as_array()
        .unwrap()
        .clone();
    let measurands: Vec<_> = sampled
        .iter()
        .map(|value| value["measurand"].as_str().unwrap())
        .collect();
    assert_eq!(measurands, ["Voltage", "Current.Import", "Power.Active.Import"]);
}

fn ended(energized: bool, reason: EndReason) -> Vec<(&'static str, Value)> {
    let outlet = supplying();
    let mut charge = outlet.charge().unwrap().clone();
    charge.energized = energized;
    let report = Report::Ended {
        charge: Box::new(charge.clone()),
        reason,
        energy: WattHours(10),
        register: Some(WattHours(1244)),
    };
    told(&report, &outlet)
}

#[test]
fn every_end_has_its_reason_for_everybody_and_for_us() {
    for (reason, stopped, ours) in [
        (EndReason::Remote, "Remote", "remote"),
        (EndReason::TimeLimit, "TimeLimitReached", "time_limit"),
        (EndReason::EnergyLimit, "EnergyLimitReached", "energy_limit"),
        (EndReason::Tripped, "OvercurrentFault", "tripped"),
        (EndReason::OpenedByHand, "Local", "opened_by_hand"),
        (EndReason::Welded, "Other", "welded"),
        (EndReason::NoLoad, "Timeout", "no_load"),
        (EndReason::CarIdle, "StoppedByEV", "car_idle"),
        (EndReason::OverCurrent, "OvercurrentFault", "over_current"),
        (EndReason::Leakage, "GroundFault", "leakage"),
        (EndReason::FeedbackBroken, "Other", "feedback_broken"),
        (EndReason::Unreachable, "Other", "unreachable"),
        (EndReason::PowerLoss, "PowerLoss", "power_loss"),
        (EndReason::Reset, "ImmediateReset", "reset"),
    ] {
        let [(_, end)] = ended(true, reason).try_into().unwrap();
        assert_eq!(end["transactionInfo"]["stoppedReason"], stopped);
        assert_eq!(end["customData"]["reason"], ours);
        assert_eq!(end["meterValue"][0]["sampledValue"][0]["value"], 1244.0);
    }
}

#[test]
fn a_charge_that_was_never_energized_is_told_as_started_and_ended() {
    let [(_, start), (_, end)] = ended(false, EndReason::DidNotClose).try_into().unwrap();
    assert_eq!(
        (&start["eventType"], &start["seqNo"]),
        (&"Started".into(), &0.into())
    );
    assert_eq!(start["transactionInfo"]["chargingState"], "Idle");
    assert_eq!((&end["eventType"], &end["seqNo"]), (&"Ended".into(), &1.into()));
    assert_eq!(end["customData"]["reason"], "did_not_close");
}

#[test]
fn samples_carry_what_was_measured_in_wire_units() {
    let outlet = supplying();
    let status = outlet.status();
    let mut numbers = Numbers {
        seq_no: 5,
        event_id: 1,
    };
    let message = sample(&context(&outlet, &status), Occasion::Minute, &mut numbers).unwrap();
    let (action, event) = read_under_both_versions(message);
    assert_eq!(
        (action, &event["seqNo"], numbers.seq_no),
        ("TransactionEvent", &5.into(), 6)
    );
    assert_eq!(event["triggerReason"], "MeterValuePeriodic");
    let values = event["meterValue"][0]["sampledValue"].as_array().unwrap();
    let origin =
        serde_json::json!({"vendorId": "denro", "meterSerial": "19034567", "rawRegister": "0x3F9DF3B6"});
    assert_eq!(values[0]["customData"], origin);
    assert!(values[1..].iter().all(|value| value["customData"].is_null()));
    let values: Vec<_> = values
        .iter()
        .map(|v| (v["measurand"].as_str().unwrap(), v["value"].as_f64().unwrap()))
        .collect();
    let expected = [
        ("Energy.Active.Import.Register", 1234.0),
        ("Voltage", 201.5),
        ("Current.Import", 15.25),
        ("Power.Active.Import", 3073.0),
    ];
    assert_eq!(values, expected);

    let asked = sample(
        &context(&outlet, &status),
        Occasion::Requested(Form::Reading),
        &mut numbers,
    )
    .unwrap();
    let (action, values) = read_under_both_versions(asked);
    assert_eq!(
        (action, &values["evseId"], &values["customData"]["breaker"]),
        ("MeterValues", &3.into(), &"closed".into())
    );
}

#[test]
fn a_silent_meter_does_not_hide_the_breaker() {
    let mut outlet = Outlet::new(Settings::default());
    let dark = Observation {
        position: Position::Open,
        ..Observation::default()
    };
    outlet.observe(&dark, at(1));
    let status = outlet.status();
    let mut numbers = Numbers {
        seq_no: 0,
        event_id: 1,
    };
    let message = sample(&context(&outlet, &status), Occasion::Minute, &mut numbers).unwrap();
    let (action, event) = read_under_both_versions(message);
    assert_eq!(
        (action, &event["eventData"][0]["actualValue"]),
        ("NotifyEvent", &"false".into())
    );
}

#[test]
fn events_outside_a_charge_name_component_variable_and_value() {
    let outlet = supplying();
    let moved = Report::BreakerMoved {
        position: Position::Closed,
        tripped: false,
    };
    let anomaly = domain::meter::Anomaly::Back {
        from: WattHours(9),
        to: WattHours(2),
    };
    for (report, component, variable, value) in [
        (moved, "PowerContactor", "Active", "true"),
        (Report::MeterAnomaly(anomaly), "FiscalMetering", "Problem", "true"),
        (Report::Fault(Fault::Welded), "EVSE", "Problem", "true"),
        (Report::FaultCleared(Fault::Welded), "EVSE", "Problem", "false"),
        (Report::Notice(Notice::NoLoad), "EVSE", "Notice", "no_load"),
        (Report::Notice(Notice::CarIdle), "EVSE", "Notice", "car_idle"),
        (
            Report::Notice(Notice::ClosedByHand),
            "EVSE",
            "Notice",
            "closed_by_hand",
        ),
        (
            Report::Notice(Notice::OpenUpstream),
            "EVSE",
            "Notice",
            "open_upstream",
        ),
        (
            Report::Notice(Notice::ContactChatters),
            "EVSE",
            "Notice",
            "contact_chatters",
        ),
        (Report::Notice(WORN), "EVSE", "Notice", "breaker_worn"),
    ] {
        let [(action, event)] = told(&report, &outlet).try_into().unwrap();
        let data = &event["eventData"][0];
        assert_eq!(action, "NotifyEvent");
        assert_eq!(
            (&data["component"]["name"], &data["component"]["evse"]["id"]),
            (&component.into(), &3.into())
        );
        assert_eq!(
            (&data["variable"]["name"], &data["actualValue"]),
            (&variable.into(), &value.into())
        );
    }
}

#[test]
fn a_worn_breaker_is_told_with_its_operations() {
    let [(_, event)] = told(&Report::Notice(WORN), &supplying()).try_into().unwrap();
    let info = event["eventData"][0]["techInfo"].as_str().unwrap();
    assert_eq!(info, r#"{"operations":7000,"percent":70}"#);
}
