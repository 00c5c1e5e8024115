//! One trace from the API to the breaker and to the webhook, in the logs of every program and at a collector of spans.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::receiver::{Delivery, Receiver};
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

/// Adds to the configurations of both programs, and starts them anew.
async fn reconfigure(world: &mut World, collector: &Receiver) {
    let otlp = collector.url();
    let otlp = otlp.strip_suffix("/events").unwrap();
    world.kill_server();
    world.kill_controller();
    for name in ["event-server.toml", "outlet-controller.toml"] {
        let config = world.folder.join(name);
        let text = std::fs::read_to_string(&config).unwrap();
        let first = if name.starts_with("event") {
            "log_format = \"json\"\n"
        } else {
            ""
        };
        let text = format!("{first}{text}\n[telemetry]\notlp = \"{otlp}\"\n");
        std::fs::write(&config, text).unwrap();
    }
    world.restart_server().await;
    world.restart_controller().await;
    world.until_online(true).await;
    // What is known of the outlets is of before: the controller, asked, says what it has seen since it started anew.
    let asked = world.ask_for_status(1).await;
    world.until_outcome(&asked).await;
    world.until_usable().await;
}

/// The trace's spans that the collector was brought, as others read them, once `names` are among them.
async fn brought(collector: &Receiver, names: &[&str]) -> Vec<Value> {
    let all = async {
        loop {
            let bodies: Vec<String> = collector
                .deliveries()
                .iter()
                .map(|delivery| STANDARD.encode(&delivery.body))
                .collect();
            let mut parser = Runtime::Python.start("spans.py", &[]);
            parser.tell(&json!({ "bodies": bodies }).to_string()).await;
            let spans = parser.finish().await[0]["spans"].as_array().unwrap().clone();
            let ours = spans.into_iter().filter(|span| span["trace"] == TRACE_ID);
            let ours: Vec<Value> = ours.collect();
            if names
                .iter()
                .all(|name| ours.iter().any(|span| span["name"] == *name))
            {
                return ours;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(DEADLINE, all).await.unwrap()
}

fn span<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let mut of_name = spans.iter().filter(|span| span["name"] == name);
    let found = of_name.next().unwrap_or_else(|| panic!("no {name}: {spans:#?}"));
    assert!(of_name.next().is_none(), "{name} comes twice");
    assert_eq!(found["failed"], json!(false), "{found:#}");
    assert!(found["ended"].as_u64() >= found["begun"].as_u64(), "{found:#}");
    found
}

/// The caller's step led to the request, the request to the command and to every webhook, the command to the breaker.
fn assert_tree(spans: &[Value], given_on: &str) {
    let [request, command] = ["POST /v1/sessions", "command start_session"].map(|name| span(spans, name));
    let [breaker, webhook] = ["close breaker", "webhook session.energized"].map(|name| span(spans, name));
    let links = [request, command, breaker, webhook].map(|span| span["parent"].clone());
    let leads = [
        json!(PARENT_ID),
        request["id"].clone(),
        command["id"].clone(),
        request["id"].clone(),
    ];
    assert_eq!(links, leads, "{spans:#?}");
    assert!(given_on.contains(webhook["id"].as_str().unwrap()), "{given_on}");
    let kinds = [request, command, breaker, webhook].map(|span| span["kind"].clone());
    let [server, client] = ["SPAN_KIND_SERVER", "SPAN_KIND_CLIENT"];
    assert_eq!(kinds, [server, client, server, client].map(Value::from));
    assert_eq!(
        (
            &request["told"]["http.response.status_code"],
            &webhook["told"]["http.response.status_code"]
        ),
        (&json!(202), &json!(204))
    );
    for span in spans {
        let program = if span["name"] == "close breaker" {
            "outlet-controller"
        } else {
            "event-server"
        };
        assert_eq!(span["program"], program, "{span:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_from_the_caller_to_the_breaker_and_to_the_webhook() {
    let (mut world, collector) = (World::start(Options::processes()).await, Receiver::start().await);
    reconfigure(&mut world, &collector).await;

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
    let session = accepted["session"]["id"].as_str().unwrap();
    let line = log
        .lines()
        .find(|line| line.contains("a command is accepted") && line.contains(session))
        .unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["span"]["request_id"], request_id, "{line:#}");
    assert_eq!(line["session"], session, "{line:#}");
    let controller = world.controller_process().log_text();
    assert!(controller.contains(TRACE_ID), "{controller}");
    if Runtime::Python.is_there() {
        let names = [
            "POST /v1/sessions",
            "command start_session",
            "close breaker",
            "webhook session.energized",
        ];
        assert_tree(&brought(&collector, &names).await, given_on);
        let posted = &collector.deliveries()[0].headers;
        assert_eq!(posted["content-type"], "application/x-protobuf");
        let figures = world.figures().await;
        assert!(
            figures[1].contains("denro_telemetry_spans_total{result=\"left_out\"} 0"),
            "{}",
            figures[1]
        );
    }
    world.stop().await;
}
