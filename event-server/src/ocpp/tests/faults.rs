//! Faults that stand side by side at one outlet.

use serde_json::{Value, json};

use super::station::Station;
use super::world::World;

/// One of our own controllers tells that a fault came or went; `stands` is the gravest that is there then.
async fn tell(station: &mut Station, number: u32, (fault, cleared): (&str, bool), stands: Option<&str>) {
    let mut ours = json!({"vendorId": "denro", "breaker": "closed", "tripped": false});
    if let Some(stands) = stands {
        ours["fault"] = stands.into();
    }
    notify(station, number, (Some(fault), cleared), Some(ours)).await;
}

async fn notify(
    station: &mut Station,
    number: u32,
    (fault, cleared): (Option<&str>, bool),
    ours: Option<Value>,
) {
    let at = format!("2026-11-20T07:00:{number:02}Z");
    let mut data = json!({
        "eventId": number, "timestamp": at, "trigger": "Alerting", "actualValue": (!cleared).to_string(),
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Problem"},
        "eventNotificationType": "HardWiredNotification", "cleared": cleared,
    });
    if let Some(fault) = fault {
        data["techInfo"] = fault.into();
    }
    let mut notice = json!({"generatedAt": at, "seqNo": 0, "eventData": [data]});
    if let Some(ours) = ours {
        notice["customData"] = ours;
    }
    station.call("NotifyEvent", notice).await;
}

async fn fault(world: &World) -> Option<String> {
    world.current("out_1_1").await.fault
}

async fn told(world: &World) -> Vec<(String, bool)> {
    let events = world.events("outlet.fault").await;
    let told = events.iter().map(|event| {
        let data = &event["data"];
        (
            data["fault"].as_str().unwrap().to_owned(),
            data["cleared"] == true,
        )
    });
    told.collect()
}

#[tokio::test]
async fn a_fault_stands_while_another_one_comes_and_goes() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    tell(&mut station, 1, ("over_current", false), Some("over_current")).await;
    tell(&mut station, 2, ("did_not_open", false), Some("over_current")).await;
    assert_eq!(fault(&world).await.as_deref(), Some("over_current"));
    tell(&mut station, 3, ("did_not_open", true), Some("over_current")).await;
    assert_eq!(fault(&world).await.as_deref(), Some("over_current"));
    tell(&mut station, 4, ("over_current", true), None).await;
    assert_eq!(fault(&world).await, None);
    let expected = [
        ("over_current", false),
        ("did_not_open", false),
        ("did_not_open", true),
        ("over_current", true),
    ];
    assert_eq!(
        told(&world).await,
        expected.map(|(fault, cleared)| (fault.to_owned(), cleared))
    );
}

#[tokio::test]
async fn what_stood_behind_a_fault_is_shown_when_it_goes_and_a_graver_one_at_once() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    tell(&mut station, 1, ("did_not_open", false), Some("did_not_open")).await;
    tell(&mut station, 2, ("over_current", false), Some("over_current")).await;
    assert_eq!(fault(&world).await.as_deref(), Some("over_current"));
    tell(&mut station, 3, ("welded", false), Some("welded")).await;
    assert_eq!(fault(&world).await.as_deref(), Some("welded"));
    tell(&mut station, 4, ("welded", true), Some("did_not_open")).await;
    assert_eq!(fault(&world).await.as_deref(), Some("did_not_open"));
    tell(&mut station, 5, ("did_not_open", true), None).await;
    assert_eq!(fault(&world).await, None);
}

#[tokio::test]
async fn another_makers_faults_are_kept_apart_by_name_and_one_without_a_name_ends_any() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    notify(&mut station, 1, (Some("E7"), false), None).await;
    notify(&mut station, 2, (Some("E9"), true), None).await;
    assert_eq!(fault(&world).await.as_deref(), Some("E7"));
    notify(&mut station, 3, (None, true), None).await;
    assert_eq!(fault(&world).await, None);
    notify(&mut station, 4, (None, false), None).await;
    assert_eq!(fault(&world).await.as_deref(), Some("other"));
    let last = told(&world).await;
    assert_eq!(last[2..], [("E7".to_owned(), true), ("other".to_owned(), false)]);
}
