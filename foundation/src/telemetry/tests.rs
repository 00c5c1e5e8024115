//! Telemetry without a collector, and with a dead one.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;

fn teller() -> Teller {
    Teller {
        program: "test",
        instance: None,
    }
}

fn span(is_recorded: bool) -> Span {
    Span {
        step: Trace::begin(is_recorded),
        parent_id: None,
        name: "test".into(),
        kind: Kind::Client,
        begun_us: 1,
        ended_us: 2,
        failure: None,
        attributes: Vec::new(),
    }
}

fn shown(telemetry: &Telemetry) -> String {
    let mut text = Text::default();
    telemetry.write(&mut text);
    text.into_text()
}

#[test]
fn a_collector_is_reached_safely_or_on_this_machine() {
    for (otlp, good) in [
        ("http://127.0.0.1:4318", true),
        ("http://[::1]:4318/", true),
        ("http://localhost:4318", true),
        ("https://otlp.example.com", true),
        ("http://otlp.example.com:4318", false),
        ("grpc://127.0.0.1:4317", false),
        ("127.0.0.1:4318", false),
        ("", false),
    ] {
        let otlp = otlp.to_owned();
        assert_eq!(Collector { otlp: otlp.clone() }.check().is_ok(), good, "{otlp}");
    }
}

#[test]
fn without_a_collector_nothing_is_kept_and_nothing_shown() {
    let telemetry = Telemetry::default();
    telemetry.tell(span(true));
    assert!(!telemetry.is_on() && shown(&telemetry).is_empty());
}

/// Connections are taken by the system, and nobody ever answers.
#[tokio::test]
async fn a_dead_collector_holds_up_nobody_and_what_it_never_gets_is_counted() {
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp = format!("http://{}", dead.local_addr().unwrap());
    let (telemetry, export) = Telemetry::to(&Collector { otlp }, teller()).unwrap();
    telemetry.tell(span(false));
    for _ in 0..MAX_WAITING + 5 {
        telemetry.tell(span(true));
    }
    assert!(
        shown(&telemetry).contains("{result=\"left_out\"} 5\n"),
        "{}",
        shown(&telemetry)
    );
    let stop = CancellationToken::new();
    let running = tokio::spawn(export.run(stop.clone()));
    let (_asked, _from) = dead.accept().await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(30), running)
        .await
        .unwrap()
        .unwrap();
    let all = format!("{{result=\"left_out\"}} {}\n", MAX_WAITING + 5);
    assert!(shown(&telemetry).contains(&all), "{}", shown(&telemetry));
    telemetry.tell(span(true));
    assert!(!shown(&telemetry).contains(&all), "nobody takes it any more");
}
