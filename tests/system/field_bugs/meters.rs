//! R5 to R8: meters and clocks that say what cannot be.

use serde_json::{Value, json};

use super::{FIRST_WH, Field, Report, charge_of, energy};

/// Anomalies that were told, by kind.
async fn anomalies(field: &Field) -> Vec<String> {
    let events = field.world.events().await;
    let told = events.iter().filter(|event| event["type"] == "meter.anomaly");
    told.map(|event| event["data"]["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// What is billed for registers a minute apart, from the start on; the last ends the charge.
async fn billed(field: &mut Field, registers: &[i64]) -> Value {
    let (charge, start_id) = field.asked_for().await;
    let last = registers.len() - 1;
    for (place, register_wh) in registers.iter().enumerate() {
        let seq_no = i64::try_from(place).unwrap();
        let kind = match place {
            0 => "Started",
            _ if place == last => "Ended",
            _ => "Updated",
        };
        let report = Report::new(kind, seq_no, *register_wh);
        let report = if place == 0 {
            report.of_start(start_id)
        } else {
            report
        };
        field.tell(&report).await;
    }
    field.world.until_ended(&charge).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_begins_at_zero_and_leaps_to_its_life_bills_nobody_for_its_life() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    // CitrineOS #1060: 910.031 kWh instead of 0.083.
    let session = billed(&mut field, &[0, 910_031, 910_060, 910_090, 910_114]).await;
    let billed_wh = session["energy_wh"].as_i64().unwrap();
    assert!((24..=83).contains(&billed_wh), "{session:#}");
    assert_eq!(anomalies(&field).await, ["too_fast", "rebased"]);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_starts_anew_is_summed_in_its_parts_and_what_is_between_is_nobodys() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    // 100 Wh, a reset, 200 Wh; what comes after the reset is held until two more looks agree with it.
    let registers = [FIRST_WH, FIRST_WH + 50, FIRST_WH + 100, 0, 50, 100, 150, 200];
    let session = billed(&mut field, &registers).await;
    let billed_wh = session["energy_wh"].as_i64().unwrap();
    assert!((200..=300).contains(&billed_wh), "{session:#}");
    assert_eq!(anomalies(&field).await, ["back", "rebased"]);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_without_energy_or_in_a_wrong_unit_are_acknowledged_and_leave_the_total() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let [started, ..] = charge_of(start_id);
    field.tell(&started).await;
    let current = json!({"value": 15.0, "measurand": "Current.Import", "unitOfMeasure": {"unit": "A"}});
    let wrong = [
        vec![current.clone()],
        vec![energy(9_999_999, "varh")],
        vec![],
        vec![json!({"value": 55.0, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}})],
    ];
    for (seq_no, sampled) in (1..).zip(wrong) {
        let report = Report::new("Updated", seq_no, 0).sampled(sampled);
        field.tell(&report).await;
        assert_eq!(field.world.session(&charge).await["energy_wh"], 0, "{report:?}");
    }
    let kilo = json!({"value": 1000.03, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "kWh"}});
    field
        .tell(&Report::new("Updated", 5, 0).sampled(vec![current, kilo]))
        .await;
    assert_eq!(field.world.session(&charge).await["energy_wh"], 30);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_in_1970_a_day_ahead_or_in_local_time_bills_right_and_orders_by_number() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let now = jiff::Timestamp::now();
    let ahead = |hours: i64| (now + jiff::SignedDuration::from_hours(hours)).to_string();
    // Unset, right, a day ahead, local time said to be UTC (nine hours ahead), and unset again.
    let clocks = [
        "1970-01-01T00:00:05Z".to_owned(),
        ahead(0),
        ahead(24),
        ahead(9),
        "1970-01-01T00:05:05Z".to_owned(),
    ];
    let registers = [0, 1, 2, 3, 4].map(|wh| FIRST_WH + wh);
    for ((seq_no, at), register_wh) in (0..).zip(&clocks).zip(registers) {
        let kind = match seq_no {
            0 => "Started",
            4 => "Ended",
            _ => "Updated",
        };
        let report = Report::new(kind, seq_no, register_wh).of_start(start_id).at(at);
        field.tell(&report).await;
    }
    let session = field.world.until_ended(&charge).await;
    assert_eq!(session["energy_wh"], 4, "{session:#}");
    let times = ["requested_at", "energized_at", "ended_at"];
    let times = times.map(|key| {
        session[key]
            .as_str()
            .unwrap_or_else(|| panic!("{key}: {session:#}"))
    });
    assert!(times.is_sorted(), "{times:?}");
    field.finish().await;
}
