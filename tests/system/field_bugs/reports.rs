//! R1 to R4, R14, R19, R20: reports that come again, in disorder, too late, or of nothing that is known.

use serde_json::json;

use super::station::FieldStation;
use super::{FIRST_WH, Field, Report, charge_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_is_told_again_under_the_same_or_a_new_message_id_is_one_session() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let [started, _, _, ended] = charge_of(start_id);
    let mut answers = Vec::new();
    for id in ["m-1", "m-1", "m-2"] {
        let told = field
            .station
            .call_as(Some(id), "TransactionEvent", started.payload());
        answers.push(told.await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    field.tell(&ended).await;
    let session = field.session().await;
    assert_eq!(
        (&session["id"], &session["energy_wh"]),
        (&json!(charge.session_id), &json!(150))
    );
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_before_its_start_and_everything_replayed_is_one_session_with_its_energy() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    idle_at(&mut field, FIRST_WH).await;
    let (_, start_id) = field.asked_for().await;
    let [started, first, second, ended] = charge_of(start_id);
    let ended = ended.of_start(start_id);
    for report in [
        &ended, &first, &started, &second, &ended, &second, &first, &started,
    ] {
        field.tell(report).await;
    }
    let session = field.session().await;
    assert_eq!(
        (&session["state"], &session["energy_wh"]),
        (&json!("ended"), &json!(150)),
        "{session:#}"
    );
    field
        .world
        .until("the end", |events| {
            events.iter().find(|e| e["type"] == "session.ended").cloned()
        })
        .await;
    assert_eq!(field.count_events("session.ended").await, 1);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_comes_days_after_its_minutes_drops_none_of_them() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    idle_at(&mut field, FIRST_WH).await;
    let [mut started, first, second, ended] = charge_of(1);
    started.start_id = None;
    let days_ago = |report: Report| {
        let at = report.at - jiff::SignedDuration::from_hours(72);
        report.at(&at.to_string())
    };
    for report in [first, second, ended] {
        field.tell(&days_ago(report)).await;
    }
    // What came is on disk and in no memory.
    field.world.kill_server();
    field.world.restart_server().await;
    field.station = FieldStation::boot(&field.world).await;
    field.tell(&days_ago(started)).await;
    let session = field.session().await;
    assert_eq!(
        (
            &session["state"],
            &session["energy_wh"],
            &session["start_register_wh"]
        ),
        (&json!("ended"), &json!(150), &json!(FIRST_WH)),
        "{session:#}"
    );
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_the_server_is_killed() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let [started, first, second, ended] = charge_of(start_id);
    for (report, wh) in [(started, 0), (first, 40), (second, 90)] {
        field.tell(&report).await;
        field.world.kill_server();
        field.world.restart_server().await;
        let session = field.world.session(&charge).await;
        assert_eq!(session["energy_wh"], wh, "{session:#}");
        field.station = FieldStation::boot(&field.world).await;
        // It was told, for all the station knows.
        field.tell(&report).await;
        assert_eq!(field.world.session(&charge).await["energy_wh"], wh);
    }
    field.tell(&ended).await;
    assert_eq!(field.session().await["energy_wh"], 150);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_of_a_transaction_that_nobody_knows_is_acknowledged_and_kept_for_a_person() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    idle_at(&mut field, FIRST_WH).await;
    let ended = Report::new("Ended", 7, FIRST_WH + 150);
    for _ in 0..3 {
        field.tell(&ended).await;
    }
    let session = field.session().await;
    assert_eq!(
        (&session["driver_id"], &session["state"], &session["energy_wh"]),
        (&json!("unknown"), &json!("ended"), &json!(150)),
        "{session:#}"
    );
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_goes_on_after_a_reboot_or_is_closed_once() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let [started, first, second, ended] = charge_of(start_id);
    field.tell(&started).await;
    field.tell(&first).await;
    field.station.say_boot("PowerUp").await;
    field.tell(&second).await;
    let session = field.world.session(&charge).await;
    assert_eq!(
        (&session["ended_at"], &session["energy_wh"]),
        (&json!(null), &json!(90)),
        "{session:#}"
    );
    field.station.say_boot("PowerUp").await;
    let mut lost = ended.payload();
    lost["transactionInfo"]["stoppedReason"] = json!("PowerLoss");
    lost["triggerReason"] = json!("AbnormalCondition");
    for _ in 0..2 {
        field
            .station
            .call("TransactionEvent", lost.clone())
            .await
            .unwrap();
    }
    let session = field.world.until_ended(&charge).await;
    assert_eq!(
        (&session["ended_reason"], &session["energy_wh"]),
        (&json!("power_loss"), &json!(150)),
        "{session:#}"
    );
    assert_eq!(field.count_events("session.ended").await, 1);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_nobody_asked_for_is_never_accepted() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let (charge, start_id) = field.asked_for().await;
    let authorize = |token: &str| json!({"idToken": {"idToken": token, "type": "ISO14443"}});
    let mut statuses = Vec::new();
    for token in ["driver-1", "stranger"] {
        let answer = field.station.call("Authorize", authorize(token)).await.unwrap();
        statuses.push((token, answer.contains("'Accepted'"), answer.contains("'Unknown'")));
    }
    assert_eq!(statuses, [("driver-1", true, false), ("stranger", false, true)]);
    for report in charge_of(start_id) {
        field.tell(&report).await;
    }
    field.world.until_ended(&charge).await;
    let after = field
        .station
        .call("Authorize", authorize("driver-1"))
        .await
        .unwrap();
    assert!(after.contains("'Unknown'"), "{after}");
    field.finish().await;
}

/// The meter's register before any charge.
async fn idle_at(field: &mut Field, register_wh: i64) {
    let at = "2026-01-01T00:00:00Z";
    let values = json!({"evseId": 1, "meterValue": [
        {"timestamp": at, "sampledValue": [super::energy(register_wh, "Wh")]},
    ]});
    field.station.call("MeterValues", values).await.unwrap();
}
