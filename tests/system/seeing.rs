//! What the programs show of themselves, read by programs that others wrote.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Options, World};

/// What a name may end with: a unit, `_total` behind it, or what has none.
const ENDINGS: [&str; 38] = [
    "_milliamperes",
    "_millivolts",
    "_watts",
    "_watthours",
    "_seconds",
    "_bytes",
    "_ratio",
    "_messages",
    "_info",
    "_ready",
    "_right",
    "_state",
    "_closed",
    "_tripped",
    "_fault",
    "_connected",
    "_connections",
    "_failures",
    "_turns",
    "_errors",
    "_requests",
    "_answers",
    "_trouble",
    "_commands",
    "_operations",
    "_seconds_max",
    "_keys",
    "_controllers",
    "_outlets",
    "_offline",
    "_faulted",
    "_open",
    "_deliveries",
    "_events",
    "_attempts",
    "_reads",
    "_refused",
    "_failed",
];

/// After a charge.
async fn figures() -> (World, [Value; 3]) {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 600})).await;
    world.pass_minutes(1).await;
    let mut read = [Value::Null, Value::Null, Value::Null];
    for (families, text) in read.iter_mut().zip(world.figures().await) {
        *families = parsed(&text).await;
    }
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    (world, read)
}

/// By Prometheus' own parser.
async fn parsed(text: &str) -> Value {
    let mut parser = Runtime::Python.start("metrics.py", &[]);
    parser.tell(&json!({ "text": text }).to_string()).await;
    parser.finish().await[0]["families"].clone()
}

/// The sum of the samples of that name that have these labels.
fn value(families: &Value, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let samples = families
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|family| family["samples"].as_array().unwrap());
    let fits = |sample: &&Value| {
        let has = |(label, value): &(&str, &str)| sample["labels"][*label] == *value;
        sample["name"] == name && labels.iter().all(has)
    };
    let values: Vec<f64> = samples
        .filter(fits)
        .map(|sample| sample["value"].as_f64().unwrap())
        .collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_own_parser_reads_every_figure_of_every_program() {
    if !Runtime::Python.is_there() {
        return;
    }
    let (world, programs) = figures().await;
    for families in &programs {
        let mut names = BTreeSet::new();
        for family in families.as_array().unwrap() {
            let name = family["name"].as_str().unwrap();
            assert!(names.insert(name), "{name} comes twice");
            assert!(name.starts_with("denro_"), "{name}");
            assert!(
                ENDINGS.iter().any(|ending| name.ends_with(ending)),
                "{name} has no unit"
            );
            assert!(family["help"].as_str().unwrap().len() > 10, "{family}");
            assert_ne!(family["type"], "unknown", "{family}");
        }
        assert_eq!(value(families, "denro_ready", &[]), Some(1.0));
    }
    let [auth, server, controller] = &programs;
    of_the_auth_server(auth);
    of_the_event_server(server);
    of_the_controller(controller);
    world.stop().await;
}

fn of_the_auth_server(families: &Value) {
    let tokens = [("path", "/oauth2/token"), ("method", "POST"), ("status", "2xx")];
    assert!(value(families, "denro_http_requests_total", &tokens) >= Some(1.0));
    assert_eq!(value(families, "denro_signing_keys", &[]), Some(1.0));
}

fn of_the_event_server(families: &Value) {
    let at_least = |name: &str, labels: &[(&str, &str)], least: f64| {
        let found = value(families, name, labels);
        assert!(found >= Some(least), "{name} {labels:?}: {found:?}");
    };
    assert_eq!(value(families, "denro_ocpp_connections", &[]), Some(1.0));
    assert_eq!(value(families, "denro_controllers_offline", &[]), Some(0.0));
    assert_eq!(value(families, "denro_outlets", &[]), Some(2.0));
    assert_eq!(value(families, "denro_sessions_open", &[]), Some(1.0));
    assert_eq!(
        value(families, "denro_outlet_overrun_seconds_max", &[]),
        Some(0.0)
    );
    let confirmed = [("kind", "start_session"), ("outcome", "confirmed")];
    assert_eq!(value(families, "denro_commands_total", &confirmed), Some(1.0));
    let starts = [("kind", "start_session")];
    assert_eq!(
        value(families, "denro_command_duration_seconds_count", &starts),
        Some(1.0)
    );
    let told = [
        ("action", "TransactionEvent"),
        ("direction", "in"),
        ("result", "ok"),
    ];
    at_least("denro_ocpp_messages_total", &told, 2.0);
    let asked = [
        ("action", "RequestStartTransaction"),
        ("direction", "out"),
        ("result", "ok"),
    ];
    at_least("denro_ocpp_messages_total", &asked, 1.0);
    at_least("denro_events_total", &[("type", "session.energized")], 1.0);
    at_least("denro_meter_reads_total", &[("result", "believed")], 1.0);
    at_least("denro_db_commit_duration_seconds_count", &[], 5.0);
    let started = [("path", "/v1/sessions"), ("method", "POST"), ("status", "2xx")];
    at_least("denro_http_requests_total", &started, 1.0);
}

fn of_the_controller(families: &Value) {
    let of = |name: &str, outlet: &str| value(families, name, &[("outlet", outlet)]);
    assert_eq!(of("denro_outlet_breaker_closed", "1"), Some(1.0));
    assert_eq!(of("denro_outlet_breaker_closed", "2"), Some(0.0));
    assert!(of("denro_outlet_current_milliamperes", "1") >= Some(1_000.0));
    assert!(of("denro_outlet_energy_watthours_total", "2").is_some());
    assert_eq!(value(families, "denro_link_connected", &[]), Some(1.0));
    assert!(value(families, "denro_commands_total", &[]) >= Some(1.0));
    assert!(value(families, "denro_bus_answers_total", &[]) >= Some(10.0));
    assert!(value(families, "denro_control_loop_scan_duration_seconds_count", &[]) >= Some(1.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_the_buses_of_a_panel_answer_is_told_to_the_server() {
    let world = World::start(Options::default()).await;
    world.until_usable().await;
    let told = async {
        loop {
            world.clock.advance(Duration::from_secs(1));
            let all = world.api.get("/v1/controllers").await;
            let controller = all["data"][0].clone();
            if controller["buses"]
                .as_array()
                .is_some_and(|buses| !buses.is_empty())
            {
                break controller;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let controller = tokio::time::timeout(Duration::from_secs(60), told).await.unwrap();
    let bus = &controller["buses"][0];
    assert!(bus["requests"].as_i64() >= Some(10), "{controller}");
    assert!(bus["over_s"].as_i64() >= Some(10), "{controller}");
    assert!(
        bus["timeouts"].as_i64() < bus["requests"].as_i64(),
        "{controller}"
    );
    assert!(
        controller["clock_ahead_ms"].as_i64().unwrap().abs() < 5_000,
        "{controller}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_expression_of_dashboard_and_alerts_is_understood_and_finds_what_it_names() {
    if !Runtime::Python.is_there() {
        return;
    }
    let (world, _) = figures().await;
    let texts = world.figures().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging");
    let page = folder.join("../docs/how-to/answer-an-alert.md");
    let mut reader = Runtime::Python.start("rules.py", &[]);
    let told = json!({
        "texts": texts,
        "alerts": folder.join("prometheus/alerts.yaml"),
        "dashboard": folder.join("grafana/denro.json"),
        "page": page,
    });
    reader.tell(&told.to_string()).await;
    let said = reader.finish().await;
    assert_eq!(said[0]["faults"], json!([]), "{:#}", said[0]);
    assert!(said[0]["expressions"].as_i64() >= Some(40), "{:#}", said[0]);
    world.stop().await;
}
