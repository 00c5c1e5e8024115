//! What residents read of each other's charges, how long a page stays open, what they report, and the app that opens labels.

use std::time::Duration;

use event_server::config::{AndroidApp, App};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::residents::{label, resident, world};
use crate::world::answer;

#[tokio::test]
async fn neighbours_see_that_an_outlet_is_in_use_and_nothing_of_the_charge() {
    let (world, panel) = world(|_| {}).await;
    let (outlet, path) = (&panel.outlets[0], label(&panel, 0));
    let started = world.owner().start_session(outlet, "k").await.expect(202);
    let id = started["session"]["id"].as_str().unwrap();
    world.sql("UPDATE sessions SET state = 'charging', driver_id = 'per_1'");
    world.sql("UPDATE outlet_current SET power_w = 2961, breaker = 'closed'");
    let roles = json!([resident(&panel.site_id, "203")]);
    let neighbour = Browser::person(&world, "per_2", &roles);
    for person in [&neighbour, &Browser::nobody(&world)] {
        let page = person.get(&path).await;
        page.tells(200, "In use (by another resident)");
        assert!(!page.text.contains("3.0 kW") && !page.text.contains("data-state=\"charging\""));
        assert!(
            !page.text.contains(id) && !page.text.contains("stops at"),
            "{}",
            page.text
        );
    }
    let own = Browser::person(&world, "per_1", &roles).get(&path).await;
    own.tells(200, "Charging 3.0 kW");
    let manager = Browser::person(
        &world,
        "per_3",
        &json!([{ "role": "manager", "site_id": panel.site_id }]),
    );
    manager.get(&path).await.tells(200, "Charging 3.0 kW");
    // Another tenant's operator is a stranger here.
    world.sql("UPDATE browser_sessions SET tenant_id = 't2' WHERE person_id = 'per_3'");
    manager
        .get(&path)
        .await
        .tells(200, "In use (by another resident)");
    world.sql("UPDATE browser_sessions SET tenant_id = 't1' WHERE person_id = 'per_3'");
    manager.post(&format!("/charges/{id}/stop"), "").await;
    world.end(id);
    world.sql("UPDATE sessions SET ended_reason = 'remote'");
    let page = Browser::person(&world, "per_1", &roles)
        .get(&format!("/charges/{id}"))
        .await;
    page.tells(200, "Stopped by the manager");
    world.stop().await;
}

#[tokio::test]
async fn who_finds_an_outlet_that_cannot_be_used_reads_whom_to_call() {
    let (world, panel) = world(|_| {}).await;
    let path = label(&panel, 0);
    let resident = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let (manager, contact) = (
        "contact the building&#39;s manager",
        "For help: 管理室 03-1234-5678 (24h)",
    );
    let free = resident.get(&path).await;
    assert!(!free.text.contains(manager), "{}", free.text);
    let started = resident.post(&format!("{path}/start"), "limit=2h").await;
    world.sql("UPDATE outlet_current SET tripped = TRUE");
    resident.get(&path).await.tells(200, manager);
    resident.get(&started.location).await.tells(200, manager);
    world
        .caller("ten_operator", "tenants:write")
        .post(
            "/v1/tenants",
            &json!({ "id": "t1", "name": "みどり管理", "contact": "管理室 03-1234-5678 (24h)" }),
        )
        .await
        .expect(201);
    for broken in [
        "UPDATE outlet_current SET tripped = FALSE, fault = 'welded'",
        "UPDATE controllers SET online = FALSE",
    ] {
        world.sql(broken);
        for person in [&resident, &Browser::nobody(&world)] {
            person.get(&path).await.tells(200, contact);
        }
        let refused = resident
            .post(&format!("{}/start", label(&panel, 1)), "limit=2h")
            .await;
        refused.tells(409, contact);
        resident.get(&started.location).await.tells(200, contact);
    }
    resident
        .get(&format!("{path}?lang=ja"))
        .await
        .tells(200, "お困りのときの連絡先: 管理室 03-1234-5678 (24h)");
    resident.get(&format!("{path}/report")).await.tells(200, contact);
    resident.get("/o/00000000").await.tells(404, contact);
    // Whose label nobody knows is nobody's.
    let unknown = Browser::nobody(&world).get("/o/00000000").await;
    assert!(!unknown.text.contains(contact), "{}", unknown.text);
    world.sql("UPDATE sites SET drivers = 'listed'");
    resident.get(&label(&panel, 1)).await.tells(200, contact);
    world.stop().await;
}

#[tokio::test]
async fn an_open_page_of_an_outlet_tells_what_it_does_and_is_loaded_anew_where_that_changes_who_may_start() {
    let (world, panel) = world(|_| {}).await;
    let path = label(&panel, 0);
    let resident = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    world.sql("UPDATE outlet_current SET breaker = 'unknown'");
    let stream = format!("{path}/stream?shown=free");
    resident
        .get(&format!("{path}?lang=en"))
        .await
        .tells(200, &format!("data-stream=\"{stream}\""));
    let open = resident.request(Method::GET, &stream).send().await.unwrap();
    let mut chunks = open.bytes_stream();
    let mut told = String::new();
    while !told.contains("Checking the breaker") {
        told.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    world.clock.advance(Duration::from_secs(16));
    while !told.contains("Available") {
        told.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(!told.contains("event: over"), "{told}");
    world
        .owner()
        .start_session(&panel.outlets[0], "k")
        .await
        .expect(202);
    while let Some(chunk) = chunks.next().await {
        told.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    assert!(told.ends_with("event: over\ndata:\n\n"), "{told}");
    let nobody = Browser::nobody(&world).get(&stream).await;
    assert!(
        nobody.status == 303 && nobody.location.contains("sign-in"),
        "{}",
        nobody.location
    );
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_limit_is_said_in_the_form_with_what_was_typed() {
    let (world, panel) = world(|_| {}).await;
    let path = label(&panel, 0);
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    world.sql("UPDATE sites SET energy_yen_per_kwh = 31");
    world.sql("UPDATE outlets SET meter_class = 'verified'");
    let (confirm, start) = (format!("{path}/confirm"), format!("{path}/start"));
    for (limit, amount) in [("yen", "12.5"), ("yen", "100001"), ("kwh", ""), ("kwh", "0 x")] {
        let form = format!("limit={limit}&amount={}", amount.replace(' ', "+"));
        let asked = person.get(&format!("{confirm}?{form}")).await;
        let sent = person.post(&start, &form).await;
        for page in [asked, sent] {
            page.tells(400, "Enter a whole amount");
            page.tells(400, &format!("value=\"{limit}\" checked"));
            page.tells(400, &format!("value=\"{amount}\""));
            assert_eq!(page.text.matches(" checked").count(), 1);
        }
    }
    let page = person.get(&format!("{confirm}?limit=full&amount=10")).await;
    page.tells(400, "choose energy or money above, or clear it");
    page.tells(400, "value=\"10\"");
    // The form that was sent, with what it had: the limit, and that nobody has agreed.
    let page = person.post(&start, "limit=kwh&amount=7").await;
    page.tells(403, "Without your consent");
    page.tells(403, "name=\"amount\" value=\"7\"");
    page.tells(403, "action=\"/o/");
    // What money buys is known only where there is a price, which may be gone meanwhile.
    world.sql("UPDATE sites SET energy_yen_per_kwh = NULL");
    let page = person.post(&start, "limit=yen&amount=500").await;
    page.tells(400, "This limit is not possible here");
    page.tells(400, "value=\"500\"");
    assert!(
        world.owner().get("/v1/sessions").await.expect(200)["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    world.stop().await;
}

#[tokio::test]
async fn an_open_page_asks_anew_after_five_minutes_and_with_the_rights_of_then() {
    let (world, panel) = world(|_| {}).await;
    let manager = Browser::person(
        &world,
        "per_3",
        &json!([{ "role": "manager", "site_id": panel.site_id }]),
    );
    let path = format!("/sites/{}/stream", panel.site_id);
    let open = manager.request(Method::GET, &path).send().await.unwrap();
    let mut chunks = open.bytes_stream();
    let first = chunks.next().await.unwrap().unwrap();
    assert!(std::str::from_utf8(&first).unwrap().starts_with("event: part"));
    world.clock.advance(Duration::from_secs(200));
    let still = chunks.next().await.unwrap().unwrap();
    assert_eq!(&still[..], b": still here\n\n");
    world.sql("UPDATE browser_sessions SET roles = '[]'");
    world.clock.advance(Duration::from_secs(101));
    assert!(chunks.next().await.is_none());
    assert_eq!(manager.get(&path).await.status, 404);
    world.stop().await;
}

#[tokio::test]
async fn a_fault_that_is_reported_is_an_alarm_in_the_persons_words() {
    let (world, panel) = world(|_| {}).await;
    let path = label(&panel, 0);
    let resident = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let stranger = Browser::person(&world, "per_2", &json!([resident_elsewhere()]));
    let manager = Browser::person(
        &world,
        "per_3",
        &json!([{ "role": "manager", "site_id": panel.site_id }]),
    );
    let form = "kind=damaged&text=%3Cb%3Ecracked%3C%2Fb%3E";
    resident
        .get(&format!("{path}/report"))
        .await
        .tells(200, "What is wrong?");
    stranger
        .get(&format!("{path}/report"))
        .await
        .tells(403, "must be registered");
    assert_eq!(stranger.post(&format!("{path}/report"), form).await.status, 403);
    let long = format!("kind=damaged&text={}", "a".repeat(501));
    assert_eq!(resident.post(&format!("{path}/report"), &long).await.status, 400);
    for _ in 0..5 {
        let sent = resident.post(&format!("{path}/report"), form).await;
        sent.tells(200, "The management has been told");
    }
    let sent = resident.post(&format!("{path}/report"), form).await;
    sent.tells(429, "five reports today");

    let alarms = world.owner().get("/v1/alarms").await.expect(200);
    let alarm = &alarms["data"][0];
    assert_eq!(
        (alarms["data"].as_array().unwrap().len(), &alarm["kind"]),
        (1, &json!("outlet.reported"))
    );
    assert_eq!(
        (&alarm["cause"], &alarm["outlet_id"]),
        (&json!("damaged"), &json!(panel.outlets[0]))
    );
    let page = manager.get(&format!("/sites/{}/alarms", panel.site_id)).await;
    page.tells(200, "Somebody reports a fault");
    assert!(page.text.contains("cracked") && !page.text.contains("<b>cracked"));
    let id = alarm["id"].as_str().unwrap();
    manager
        .post(&format!("/sites/{}/alarms/{id}", panel.site_id), "")
        .await;
    let alarms = world.owner().get("/v1/alarms").await.expect(200);
    assert_eq!(alarms["data"][0]["state"], "closed");
    world.stop().await;
}

fn resident_elsewhere() -> serde_json::Value {
    resident("sit_other", "101")
}

#[tokio::test]
async fn homes_at_two_sites_are_kept_apart() {
    let (world, panel) = world(|_| {}).await;
    let other = world.owner().panel(1).await;
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    let roles = json!([resident(&panel.site_id, "101"), resident(&other.site_id, "203")]);
    let person = Browser::person(&world, "per_1", &roles);
    world
        .owner()
        .patch(
            &format!("/v1/outlets/{}", other.outlets[0]),
            &json!({ "unit": "101" }),
        )
        .await;
    let hint = json!({ "place_hint": "behind pillar B-12" });
    world
        .owner()
        .patch(&format!("/v1/outlets/{}", other.outlets[0]), &hint)
        .await
        .expect(200);
    let page = person.get(&label(&other, 0)).await;
    page.tells(200, "Your unit is 203");
    page.tells(200, "behind pillar B-12");
    let begun = person
        .post(&format!("{}/start", label(&other, 0)), "limit=2h")
        .await;
    let id = begun.location.strip_prefix("/charges/").unwrap().to_owned();
    let session = world.owner().get(&format!("/v1/sessions/{id}")).await.expect(200);
    assert_eq!(session["unit"], "203");
    let begun = person
        .post(&format!("{}/start", label(&panel, 0)), "limit=2h")
        .await;
    for id in [&id, begun.location.strip_prefix("/charges/").unwrap()] {
        world.end(id);
    }
    let page = person.get("/my").await;
    for unit in ["Unit 101", "Unit 203"] {
        page.tells(200, unit);
    }
    world.stop().await;
}

#[tokio::test]
async fn apps_that_open_labels_are_told_to_phones_only_where_there_are_some() {
    let (apple, android) = (
        "/.well-known/apple-app-site-association",
        "/.well-known/assetlinks.json",
    );
    let (bare, _) = world(|_| {}).await;
    for path in [apple, android] {
        answer(bare.http.get(bare.url(path)))
            .await
            .is_problem(404, "not-found");
    }
    bare.stop().await;
    let fingerprint = ["A1"; 32].join(":");
    let app = App {
        apple_app_ids: vec!["A1B2C3D4E5.com.example.app".into()],
        android: vec![AndroidApp {
            package: "com.example.app".into(),
            sha256_fingerprints: vec![fingerprint.clone()],
        }],
    };
    let (world, _) = world(|config| config.console.app = app).await;
    let told = answer(world.http.get(world.url(apple))).await;
    assert_eq!(told.header("content-type"), "application/json");
    let details = json!([{ "appIDs": ["A1B2C3D4E5.com.example.app"], "components": [{ "/": "/o/*" }] }]);
    assert_eq!(told.expect(200), json!({ "applinks": { "details": details } }));
    let told = answer(world.http.get(world.url(android))).await.expect(200);
    assert_eq!(
        told[0]["target"]["sha256_cert_fingerprints"],
        json!([fingerprint])
    );
    assert_eq!(
        told[0]["relation"][0],
        "delegate_permission/common.handle_all_urls"
    );
    world.stop().await;
}

#[tokio::test]
async fn where_there_is_nothing_browsers_read_a_page_and_programs_a_problem() {
    let (world, _panel) = world(|_| {}).await;
    let ask = async |path: &str, accept: &str| {
        let request = Browser::nobody(&world).request(Method::GET, path);
        let answer = request.header("accept", accept).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind, answer.text().await.unwrap())
    };
    let (status, kind, text) = ask("/sitez", "text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!((status, kind.as_str()), (404, "text/html; charset=utf-8"));
    assert!(text.contains("<main"), "{text}");
    for (path, accept) in [("/sitez", "*/*"), ("/v1/sitez", "text/html")] {
        let (status, kind, _) = ask(path, accept).await;
        assert_eq!((status, kind.as_str()), (404, "application/problem+json"));
    }
}
