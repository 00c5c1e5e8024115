//! Programs that others wrote at the other end of the wires: OCPP from both sides, webhooks, OAuth.

use foundation::logging::LogFormat;
use outlet_controller::config::Server;
use serde_json::{Value, json};
use system_tests::checker::Evidence;
use system_tests::peer::{Peer, Runtime};
use system_tests::world::{Options, World};

async fn world_without_controller() -> World {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    World::start(options).await
}

/// PyPI ocpp as a station against our event-server.
async fn station_charges(version: &str, deflate: bool) {
    if !Runtime::Python.is_there() {
        return;
    }
    let world = world_without_controller().await;
    let url = format!("{}/ocpp", world.api.url("").replace("http", "ws"));
    let mut arguments = vec![url.as_str(), &world.station_id, &world.station_password, version];
    arguments.extend(deflate.then_some("deflate"));
    let mut station = Runtime::Python.start("station.py", &arguments);
    let connection = station.until("subprotocol").await;
    assert_eq!(connection["subprotocol"], format!("ocpp{version}"));
    assert_eq!(
        connection["extensions"],
        if deflate {
            json!(["permessage-deflate"])
        } else {
            json!([])
        }
    );
    assert_eq!(station.until("booted").await["booted"], "Accepted");
    station.until("ready").await;
    let charge = world.start_charge(1, json!({"duration_s": 3600})).await;
    let asked = station.until("asked").await;
    assert_eq!(
        (asked["evse"].as_i64(), asked["profile"].as_bool()),
        (Some(1), Some(true)),
        "{asked}"
    );
    world.until_session_event(&charge, "session.energized").await;
    world
        .until_session_event(&charge, "session.charging_started")
        .await;
    let last = |data: &Value| data["register_wh"] == 1_000_090;
    let status = world.until_event("outlet.status", 1, last).await["data"].clone();
    let [milliamps, millivolts, watts] =
        ["current_ma", "voltage_mv", "power_w"].map(|key| status[key].as_i64());
    assert_eq!((milliamps, millivolts), (Some(14_300), Some(201_200)));
    assert_eq!(watts, Some(2_877), "a multiplier is honoured");
    assert_eq!(
        world.until_outcome(&charge.command_id).await["state"],
        "confirmed"
    );
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(
        (session["energy_wh"].as_i64(), session["ended_reason"].as_str()),
        (Some(150), Some("remote"))
    );
    assert_eq!(session["start_register_wh"], 1_000_000);
    let said = station.finish().await;
    assert_eq!(said.last().unwrap()["done"], true);
    // The simulated panel knows nothing of this station's energy.
    let delivered_mwh = [(charge.outlet_id.clone(), 150_000)].into();
    let evidence = world.evidence().await;
    Evidence {
        delivered_mwh,
        ..evidence
    }
    .check();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_of_another_maker_charges_over_ocpp_2_1_with_compression() {
    station_charges("2.1", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_of_another_maker_charges_over_ocpp_2_0_1() {
    station_charges("2.0.1", false).await;
}

/// PyPI ocpp as a management system, with our controller and a simulated panel.
async fn management_system_charges(version: &str) {
    if !Runtime::Python.is_there() {
        return;
    }
    let world = world_without_controller().await;
    let password = "dnr_st_0123456789abcdef";
    let mut system = Runtime::Python.start("management_system.py", &[version, password]);
    let port = system.until("port").await["port"].clone();
    let url = format!("ws://127.0.0.1:{port}/stations");
    let mut config = outlet_controller::Config {
        panel: world.folder.join("panel/panel.toml"),
        devices_dir: Some(world.folder.join("panel/devices")),
        data_dir: world.folder.join("peer-controller"),
        server: Server::local(url, "PANEL-7", password),
        journal: outlet_controller::config::Journal::default(),
        log_format: LogFormat::default(),
        status: None,
        metrics: None,
        telemetry: None,
        firmware: None,
    };
    config.server.versions = vec![format!("ocpp{version}")];
    world.panel.plug_in(World::number(1), None);
    let controller = outlet_controller::start(config, world.clock.clone())
        .await
        .unwrap();
    let connection = system.until("subprotocol").await;
    assert_eq!(connection["subprotocol"], format!("ocpp{version}"));
    assert_eq!(connection["authenticated"], true);
    assert_eq!(connection["path"], "/stations/PANEL-7");
    let boot = system.until("boot").await;
    assert_eq!(boot["reason"], "PowerUp", "{boot}");
    assert_eq!(system.until("start").await["start"], "Accepted");
    let started = system.until("started").await;
    assert_eq!(started["remote_start_id"], 77, "{started}");
    assert_eq!(system.until("trigger").await["trigger"], "Accepted");
    assert_eq!(system.until("stop").await["stop"], "Accepted");
    let ended = system.until("ended").await;
    assert_eq!(ended["ended"], "Remote", "{ended}");
    let done = system.until("done").await;
    assert_eq!(done["problems"], json!([]), "{:#?}", system.heard());
    let counted_wh = ended["register"].as_f64().unwrap() - started["register"].as_f64().unwrap();
    let flowed_wh = world.panel.delivered_mwh(World::number(1)) as f64 / 1000.0;
    assert!(
        (counted_wh - flowed_wh).abs() <= 1.0,
        "{counted_wh} counted, {flowed_wh} flowed"
    );
    assert_sequence_is_gapless(&system);
    controller.stop().await;
    world.stop().await;
}

fn assert_sequence_is_gapless(system: &Peer) {
    let numbers: Vec<i64> = system
        .heard()
        .iter()
        .filter_map(|line| line["seq"].as_i64())
        .collect();
    let expected: Vec<i64> = (0..numbers.len() as i64).collect();
    assert_eq!(numbers, expected, "seqNo of the transaction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_controller_obeys_a_management_system_of_another_maker_over_ocpp_2_1() {
    management_system_charges("2.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_controller_obeys_a_management_system_of_another_maker_over_ocpp_2_0_1() {
    management_system_charges("2.0.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standard_webhooks_library_verifies_our_signatures() {
    if !Runtime::Python.is_there() || !Runtime::Node.is_there() {
        return;
    }
    let world = World::start(Options::default()).await;
    let charge = world.start_charge(1, json!({"duration_s": 600})).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let evidence = world.evidence().await;
    let deliveries: Vec<Value> = evidence
        .deliveries
        .iter()
        .map(|d| json!({"headers": d.headers, "body": String::from_utf8(d.body.clone()).unwrap()}))
        .collect();
    let count = deliveries.len();
    assert!(count >= 4, "{count}");
    let given = json!({"secret": world.webhook_secret, "deliveries": deliveries}).to_string();
    let verified = |library: &str| json!({"library": library, "good": count, "tampered_refused": count});
    for (runtime, script) in [
        (Runtime::Python, "verify_webhooks.py"),
        (Runtime::Node, "node/verify_webhooks.mjs"),
    ] {
        let mut verifier = runtime.start(script, &[]);
        verifier.tell(&given).await;
        let said = verifier.finish().await;
        assert_eq!(said, [verified("standardwebhooks"), verified("svix")], "{script}");
    }
    evidence.check();
    world.stop().await;
}
