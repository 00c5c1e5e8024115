//! Two event-servers on one PostgreSQL database, with NATS between them: real processes, killed and cut off.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::api::Api;
use system_tests::nodes::{Made, Node, Nodes};
use system_tests::raw_station::RawStation;
use system_tests::receiver::{Delivery, in_order};
use system_tests::world::DEADLINE;

fn start_of(made: &Made) -> Value {
    json!({"outlet_id": made.outlet_id, "driver_id": "driver-1"})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Starts a charge through the API at `node` at a station that is connected anywhere; answers with the session's id.
async fn charge(node: &Node, made: &Made, station: &mut RawStation) -> String {
    let body = start_of(made);
    let (accepted, started) = tokio::join!(node.api.post("/v1/sessions", &body), station.start_when_asked());
    started.unwrap();
    text(&accepted.ok()["session"]["id"])
}

async fn command_until(node: &Node, id: &str, state: &str) {
    let path = format!("/v1/commands/{id}");
    let confirmed = async |api: &Api| (api.get(&path).await["state"] == state).then_some(());
    node.until(state, confirmed).await;
}

/// How many times the log tells that a command has its outcome.
async fn outcomes(node: &Node, command_id: &str) -> usize {
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = node.api.get(&format!("/v1/events?limit=200{after}")).await;
        let events = page["data"].as_array().unwrap();
        let of_command = |event: &&Value| event["data"]["command"]["id"] == command_id;
        count += events
            .iter()
            .filter(|event| event["type"] == "command.completed")
            .filter(of_command)
            .count();
        match events.last() {
            Some(last) => after = format!("&after={}", text(&last["id"])),
            None => return count,
        }
    }
}

fn told<'a>(deliveries: &'a [Delivery], kind: &'a str) -> impl Iterator<Item = Value> + 'a {
    let events = deliveries.iter().map(Delivery::event);
    events.filter(move |event| event["type"] == kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_at_one_node_charges_at_a_station_of_the_other_and_both_tell_of_it() {
    let Some(world) = Nodes::start(2).await else {
        return;
    };
    let (a, b) = (&world.nodes[0], &world.nodes[1]);
    let made = world.make_station().await;
    let mut station = b.connect(&made).await;
    let stream = a.api.request(Method::GET, "/v1/events/stream").await;
    let mut stream = stream.send().await.unwrap();
    // The same request at both nodes, at the same time, is one session.
    let (body, key) = (start_of(&made), "one-key");
    let (at_a, at_b, started) = tokio::join!(
        a.api.post_with_key("/v1/sessions", &body, key),
        b.api.post_with_key("/v1/sessions", &body, key),
        station.start_when_asked(),
    );
    started.unwrap();
    let (at_a, at_b) = (at_a.unwrap().ok(), at_b.unwrap().ok());
    assert_eq!(at_a, at_b);
    command_until(a, at_a["command"]["id"].as_str().unwrap(), "confirmed").await;
    let session = text(&at_a["session"]["id"]);
    let mut heard = String::new();
    while !(heard.contains("event: session.energized") && heard.contains(&session)) {
        let chunk = tokio::time::timeout(DEADLINE, stream.chunk()).await;
        heard.push_str(
            std::str::from_utf8(&chunk.expect("events of the other node").unwrap().unwrap()).unwrap(),
        );
    }
    for _ in 0..5 {
        station.tell_minute().await.unwrap();
    }
    assert_eq!(
        a.api.get(&format!("/v1/sessions/{session}")).await["energy_wh"],
        5 * 48
    );
    let energized = |deliveries: &[Delivery]| told(deliveries, "session.energized").next();
    world
        .receiver
        .until("session.energized", DEADLINE, energized)
        .await;
    in_order(&world.receiver.deliveries());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_that_comes_to_another_node_is_served_there_once_it_has_shown_who_it_is() {
    let Some(world) = Nodes::start(2).await else {
        return;
    };
    let (a, b) = (&world.nodes[0], &world.nodes[1]);
    let made = world.make_station().await;
    let mut old = a.connect(&made).await;
    let stranger = RawStation::connect(b.address(), &made.station_id, "wrong", 0).await;
    assert!(stranger.unwrap_err().to_string().contains("401"));
    // Nobody has displaced it: it is served.
    let session = charge(b, &made, &mut old).await;
    let mut new = b.connect(&made).await;
    let replaced = tokio::time::timeout(DEADLINE, old.idle()).await;
    assert!(replaced.expect("the old connection ends").is_err());
    let (path, nothing) = (format!("/v1/sessions/{session}/stop"), json!({}));
    let stop = b.api.post(&path, &nothing);
    let (stop, heard) = tokio::join!(stop, new.hear("RequestStopTransaction"));
    heard.unwrap();
    stop.ok();
    // That the old one ends makes the station not offline.
    let outlet = a.api.get(&format!("/v1/outlets/{}", made.outlet_id)).await;
    assert_eq!(outlet["online"], true);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_in_the_middle_of_a_command_leaves_it_one_outcome() {
    let Some(mut world) = Nodes::start(2).await else {
        return;
    };
    let made = world.make_station().await;
    let mut station = world.nodes[1].connect(&made).await;
    let body = start_of(&made);
    let (accepted, heard) = tokio::join!(
        world.nodes[0].api.post("/v1/sessions", &body),
        station.hear("RequestStartTransaction")
    );
    heard.unwrap();
    let command = text(&accepted.ok()["command"]["id"]);
    world.nodes[1].kill();
    let a = &world.nodes[0];
    let mut station = a.connect(&made).await;
    let started = tokio::time::timeout(DEADLINE, station.start_when_asked()).await;
    started.expect("the command comes again").unwrap();
    command_until(a, &command, "confirmed").await;
    world.nodes[1].start().await;
    for node in &world.nodes {
        assert_eq!(outcomes(node, &command).await, 1);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_whose_node_was_killed_is_offline_until_it_comes_to_another() {
    let Some(mut world) = Nodes::start(2).await else {
        return;
    };
    let made = world.make_station().await;
    let _station = world.nodes[1].connect(&made).await;
    world.nodes[1].kill();
    let path = format!("/v1/outlets/{}", made.outlet_id);
    let offline = async |api: &Api| (api.get(&path).await["online"] == false).then_some(());
    world.nodes[0].until("offline", offline).await;
    world.nodes[0].connect(&made).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_a_node_killed_while_it_sends_are_taken_up_by_the_other_in_order() {
    let Some(mut world) = Nodes::start(2).await else {
        return;
    };
    let made = world.make_station().await;
    // The first node owns the endpoint, as it had the first event for it.
    let mut station = world.nodes[0].connect(&made).await;
    let online = |deliveries: &[Delivery]| told(deliveries, "controller.online").next();
    world.receiver.until("the first event", DEADLINE, online).await;
    world.receiver.answer_after(Duration::from_secs(2));
    charge(&world.nodes[1], &made, &mut station).await;
    let begun = |deliveries: &[Delivery]| {
        let mut events = deliveries.iter().map(Delivery::event);
        events.find(|event| event["outlet_id"] == *made.outlet_id)
    };
    world
        .receiver
        .until("a delivery under way", DEADLINE, begun)
        .await;
    world.nodes[0].kill();
    world.receiver.answer_after(Duration::ZERO);
    let offline = |deliveries: &[Delivery]| {
        let energized = told(deliveries, "session.energized").next();
        energized.and(told(deliveries, "controller.offline").next())
    };
    world.receiver.until("the rest", DEADLINE, offline).await;
    in_order(&world.receiver.deliveries());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_broker_both_nodes_go_on_and_they_find_it_again() {
    let Some(mut world) = Nodes::start(2).await else {
        return;
    };
    let (first, second, third) = (
        world.make_station().await,
        world.make_station().await,
        world.make_station().await,
    );
    let mut own = world.nodes[0].connect(&first).await;
    let mut others = world.nodes[1].connect(&second).await;
    world.broker.as_mut().unwrap().kill();
    charge(&world.nodes[0], &first, &mut own).await;
    // The other node sees the command when it looks.
    charge(&world.nodes[0], &second, &mut others).await;
    world.broker.as_mut().unwrap().come_up();
    let mut others = world.nodes[1].connect(&third).await;
    for node in &world.nodes {
        node.until("found again", async |_| {
            let log = node.log_text();
            let (away, back) = (log.rfind("disconnected"), log.rfind("connected"));
            (back > away.map(|at| at + "dis".len())).then_some(())
        })
        .await;
    }
    charge(&world.nodes[0], &third, &mut others).await;
    world.stop().await;
}
