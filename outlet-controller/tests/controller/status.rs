//! The local page, its JSON, health and figures.

use std::net::SocketAddr;
use std::time::Duration;

use outlet_controller::config::LocalListen;
use serde_json::{Value, json};

use super::server::Time;
use super::world::World;

/// A world whose controller shows itself.
async fn shown() -> World {
    let mut world = World::prepare().await;
    show(&mut world).await;
    world.until_available().await;
    world
}

async fn show(world: &mut World) {
    let mut config = world.config();
    config.status = Some(LocalListen::loopback());
    config.metrics = Some(LocalListen::loopback());
    world.start_with(config).await;
}

fn page(world: &World) -> SocketAddr {
    world.addresses().status.unwrap()
}

async fn get(address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> reqwest::Response {
    let mut request = reqwest::Client::new().get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn document(world: &World) -> Value {
    let answer = get(page(world), "/status", &[("accept", "application/json")]).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.unwrap()
}

/// The document once it is as wished.
async fn until(world: &World, wish: impl Fn(&Value) -> bool) -> Value {
    let wished = async {
        loop {
            let document = document(world).await;
            if wish(&document) {
                return document;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wished)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_status_tells_what_each_outlet_does_and_how_clock_journal_and_link_stand() {
    let world = shown().await;
    world.house.change(2, |outlet| outlet.current_a = 0.0);
    let transaction = world.charge(2, 7, json!({"duration_ms": 600_000})).await;
    let idle = |document: &Value| document["journal"]["reports"] == 0 && document["journal"]["samples"] == 0;
    let status = until(&world, idle).await;
    let outlets = status["outlets"].as_array().unwrap();
    assert_eq!(outlets.len(), 8);
    let (first, second) = (&outlets[0], &outlets[1]);
    assert_eq!(
        (
            &first["number"],
            &first["doing"],
            &first["wanted"],
            &first["seen"]
        ),
        (&json!(1), &json!("idle"), &json!("open"), &json!("open"))
    );
    assert_eq!(first["session"], Value::Null);
    assert_eq!(
        (&first["operations"]["count"], &second["operations"]["count"]),
        (&json!(0), &json!(1))
    );
    assert!(second["operations"]["used_percent"].is_u64(), "{second}");
    assert_eq!(
        (&second["doing"], &second["wanted"], &second["seen"]),
        (&json!("supplying"), &json!("closed"), &json!("closed"))
    );
    assert_eq!(second["session"]["transaction"], transaction);
    let ends_in = second["session"]["ends_in_s"].as_u64().unwrap();
    assert!((540..=600).contains(&ends_in), "{ends_in}");
    assert!(second["meter"]["register_wh"].is_i64(), "{second}");
    assert!(second["last_seen_age_ms"].as_u64().unwrap() < 20_000);
    assert_eq!(status["link"]["connected"], true);
    assert_eq!(status["link"]["version"], "ocpp2.1");
    assert_eq!(status["clock"]["boot_id"], world.clock.boot_id());
    assert_eq!(status["clock"]["last_step"], Value::Null);
    let bus = &status["buses"][0];
    assert!(bus["answers"].as_u64().unwrap() > 0 && bus["requests"].as_u64() >= bus["answers"].as_u64());
    assert!(bus["last_cycle_us"].as_u64().unwrap() > 0, "{bus}");
    assert!(status["journal"]["size_bytes"].as_u64().unwrap() > 0);
    assert!(status["clock"]["server_ahead_ms"].is_i64(), "{}", status["clock"]);
    assert!(second["meter"]["read_age_ms"].as_u64().unwrap() < 20_000);
    assert_eq!(second["unattributed_wh"], 0);
    let ready = json!({"first_scan_verified": true, "scans_go_on": true, "journal": true, "disk": true});
    assert_eq!(status["ready"], ready);
    let text = status.to_string();
    assert!(
        !text.contains("driver-1") && !text.contains("dnr_st_"),
        "drivers and secrets are nobody's business: {text}"
    );
}

#[tokio::test]
async fn faults_lost_links_and_a_clock_that_was_set_are_shown() {
    let world = shown().await;
    world.house.change(3, |outlet| outlet.tripped = true);
    world.csms.behave(|manner| manner.reachable = false);
    world.clock.step_wall_ms(-86_400_000);
    let status = until(&world, |status| {
        status["outlets"][2]["tripped"] == true
            && status["link"]["connected"] == false
            && status["clock"]["last_step"] != Value::Null
    })
    .await;
    let step = status["clock"]["last_step"]["by_ms"].as_i64().unwrap();
    assert!((step + 86_400_000).abs() < 1_000, "{step}");
}

#[tokio::test]
async fn a_clock_is_right_while_the_server_agrees_and_nobody_has_set_it_since() {
    let mut world = World::prepare().await;
    world.csms.behave(|manner| manner.time = Time::Right);
    show(&mut world).await;
    world.until_available().await;
    let clock = &until(&world, |status| status["clock"]["is_right"] == true).await["clock"];
    assert!(
        clock["server_ahead_ms"].as_i64().unwrap().abs() <= 1_000,
        "{clock}"
    );
    world.clock.step_wall_ms(86_400_000);
    until(&world, |status| status["clock"]["is_right"] == false).await;
}

#[tokio::test]
async fn the_page_speaks_both_languages_runs_no_script_and_loads_nothing_from_elsewhere() {
    let world = shown().await;
    for (wish, lang, words) in [
        ("ja", "ja", "空いています"),
        ("en", "en", "Free"),
        ("fr", "en", "Outlets"),
    ] {
        let answer = get(
            page(&world),
            "/status",
            &[("accept-language", wish), ("accept", "text/html")],
        )
        .await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script"),
            "{policy}"
        );
        assert_eq!(answer.headers()["content-language"], lang);
        let text = answer.text().await.unwrap();
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("<script") && !text.contains("//"), "{text}");
        assert!(text.contains(r#"http-equiv="refresh""#), "{text}");
    }
    let still = get(page(&world), "/status?reload=off", &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(!still.contains("http-equiv"), "{still}");
    let style = get(page(&world), "/status.css", &[]).await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_controller_that_cannot_see_its_breakers_lives_and_is_not_ready() {
    let mut world = World::prepare().await;
    let port = format!("port = {}", world.house.address.port());
    world.change_panel(&[(&port, "port = 9")]);
    show(&mut world).await;
    let scanned = |status: &Value| status["control_loop"]["scans"] != 0;
    let status = until(&world, scanned).await;
    assert_eq!(status["outlets"][0]["seen"], "unknown");
    assert_eq!(get(page(&world), "/livez", &[]).await.status(), 200);
    let ready = get(page(&world), "/readyz", &[]).await;
    assert_eq!(ready.status(), 503);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(
        ready,
        json!({"first_scan_verified": false, "scans_go_on": true, "journal": true, "disk": true})
    );
}

#[tokio::test]
async fn a_web_page_elsewhere_cannot_read_through_a_name_of_its_own() {
    let world = shown().await;
    let (status, metrics) = (page(&world), world.addresses().metrics.unwrap());
    for (address, path) in [(status, "/status.json"), (metrics, "/metrics")] {
        assert_eq!(get(address, path, &[]).await.status(), 200);
        let forged = [("host", "attacker.example"), ("x-forwarded-host", "127.0.0.1")];
        assert_eq!(get(address, path, &forged).await.status(), 421);
    }
}

#[tokio::test]
async fn a_taken_port_keeps_nobody_from_charging() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = World::prepare().await;
    let mut config = world.config();
    config.status = Some(LocalListen {
        listen: taken.local_addr().unwrap(),
        open_to_network: false,
    });
    world.start_with(config).await;
    assert!(world.addresses().status.is_none());
    world.until_available().await;
    world.charge(1, 1, json!({"duration_ms": 600_000})).await;
}

#[tokio::test]
async fn figures_have_their_units_and_no_names_of_people_or_sessions() {
    let world = shown().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 600_000})).await;
    let address = world.addresses().metrics.unwrap();
    let answer = get(address, "/metrics", &[]).await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = answer.text().await.unwrap();
    for line in [
        "denro_outlet_breaker_closed{outlet=\"1\"} 1",
        "denro_outlet_breaker_closed{outlet=\"2\"} 0",
        "denro_outlet_state{outlet=\"1\",state=\"supplying\"} 1",
        "denro_link_connected 1",
        "denro_ready 1",
        "denro_command_duration_seconds_count{kind=\"on\"} 1",
        "denro_outlet_unattributed_watthours{outlet=\"1\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(
        !text.contains(&transaction) && !text.contains("driver-1"),
        "{text}"
    );
    assert_eq!(get(address, "/status", &[]).await.status(), 404);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_shown_until_it_writes_again() {
    let world = shown().await;
    let disk = world.lock_disk();
    world.house.change(1, |outlet| outlet.tripped = true);
    let failing = until(&world, |status| status["disk"]["trouble"] == "disk_failed").await;
    assert!(failing["disk"]["failures"].as_u64().unwrap() > 0);
    let ready = get(self::page(&world), "/readyz", &[]).await;
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.json::<Value>().await.unwrap()["disk"], false);
    let page = get(page(&world), "/status?lang=en", &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("The disk takes nothing"), "{page}");
    drop(disk);
    until(&world, |status| status["disk"]["trouble"] == Value::Null).await;
}
