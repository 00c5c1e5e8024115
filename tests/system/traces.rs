//! One trace from the API to the breaker and to the webhook, in the logs of every program.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::receiver::Delivery;
use system_tests::world::{DEADLINE, Options, World};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

/// What the lines of a log in JSON say that belong to the trace.
fn messages(log: &str) -> Vec<String> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_trace = |line: &Value| line["trace_id"] == TRACE_ID || line["span"]["trace_id"] == TRACE_ID;
    let of_trace = lines.filter(of_trace);
    of_trace
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .collect()
}

/// The server's log, once it has told of every step: of the last one it tells after the receiver has heard.
async fn said_all(world: &World, steps: &[&str]) -> String {
    let all = async {
        loop {
            let log = world.server_process().log_text();
            let said = messages(&log);
            if steps
                .iter()
                .all(|step| said.iter().any(|message| message == step))
            {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let said = tokio::time::timeout(DEADLINE, all).await;
    said.unwrap_or_else(|_| panic!("{steps:?}: {}", world.server_process().log_text()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_from_the_caller_to_the_breaker_and_to_the_webhook() {
    let mut world = World::start(Options::processes()).await;
    world.kill_server();
    let config = world.folder.join("event-server.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("log_format = \"json\"\n{text}")).unwrap();
    world.restart_server().await;

    world.panel.plug_in(World::number(1), None);
    let body = world.start_body(1, json!({"duration_s": 600}));
    let request = world.api.request(Method::POST, "/v1/sessions").await;
    let request = request
        .header("traceparent", format!("00-{TRACE_ID}-{PARENT_ID}-01"))
        .header("idempotency-key", "k");
    let accepted = request.json(&body).send().await.unwrap();
    let request_id = accepted.headers()["x-request-id"].to_str().unwrap().to_owned();
    let accepted: Value = accepted.error_for_status().unwrap().json().await.unwrap();
    world.remember(&accepted);
    let energized = |deliveries: &[Delivery]| {
        let mut started = deliveries.iter();
        let found = started.find(|delivery| delivery.event()["type"] == "session.energized");
        found.cloned()
    };
    let delivery = world.receiver.until("energized", DEADLINE, energized).await;
    let given_on = &delivery.headers["traceparent"];
    assert!(given_on.starts_with(&format!("00-{TRACE_ID}-")), "{given_on}");
    assert!(!given_on.contains(PARENT_ID), "a step of its own: {given_on}");

    let steps = [
        "a command is accepted",
        "a command is sent",
        "the breaker has closed for a session",
        "an event is sent",
    ];
    let log = said_all(&world, &steps).await;
    let line = log
        .lines()
        .find(|line| line.contains("a command is accepted"))
        .unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["span"]["request_id"], request_id, "{line:#}");
    assert_eq!(line["session"], accepted["session"]["id"], "{line:#}");
    let controller = world.controller_process().log_text();
    assert!(controller.contains(TRACE_ID), "{controller}");
    world.stop().await;
}
