//! Enrolment codes: good once, for one station, for a while.

use std::time::Duration;

use auth_server::admin::audit_tail;
use auth_server::admin::certificates as admin;
use rcgen::KeyPair;
use serde_json::json;

use crate::requests::csr;
use crate::world::{STATION, World, assert_problem};

#[tokio::test]
async fn a_code_brings_a_certificate_once() {
    let world = World::start().await;
    let made = world.code(STATION).await;
    let key = KeyPair::generate().unwrap();
    let answer = world.enrol(&made.code, &csr(&key)).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let issued: serde_json::Value = answer.json().await.unwrap();
    let members: Vec<&String> = issued.as_object().unwrap().keys().collect();
    assert_eq!(members, ["certificate_chain", "not_after", "renew_from", "root"]);
    let times = ["renew_from", "not_after"].map(|name| issued[name].as_str().unwrap());
    let [renew_from, not_after] = times.map(|time| time.parse::<jiff::Timestamp>().unwrap());
    let life_s = not_after.as_second() - world.clock.now().as_second();
    let renew_s = renew_from.as_second() - world.clock.now().as_second();
    assert!((30 * 86_400 - 60..=30 * 86_400).contains(&life_s), "{life_s}");
    assert!((20 * 86_400 - 200..20 * 86_400).contains(&renew_s), "{renew_s}");
    assert!(times.iter().all(|time| time.ends_with('Z')), "{times:?}");

    let again = world.enrol(&made.code, &csr(&key)).await;
    let used = assert_problem(again, 403, "enrolment-refused", "used").await;
    let unknown = world.enrol("dnr_en_unknown", &csr(&key)).await;
    let unknown = assert_problem(unknown, 403, "enrolment-refused", "unknown").await;
    assert_eq!(used["detail"], unknown["detail"]);
    let listed = admin::list_certificates(&world.config).await.unwrap();
    assert_eq!((listed.len(), &*listed[0].how), (1, "enrolled"));
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_at_once_exactly_one_gets_a_certificate() {
    let world = World::start().await;
    let (code, key) = (world.code(STATION).await.code, KeyPair::generate().unwrap());
    let body = json!({"code": code, "csr": csr(&key)});
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let request = world.http.post(world.url("/ca/enrolments")).json(&body);
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[403; 15][..]].concat());
    let listed = admin::list_certificates(&world.config).await.unwrap();
    assert_eq!(listed.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn an_expired_code_and_one_that_another_has_replaced_are_refused_alike() {
    let world = World::start().await;
    let key = KeyPair::generate().unwrap();
    let replaced = world.code(STATION).await.code;
    let expired = world.code(STATION).await.code;
    let answer = world.enrol(&replaced, &csr(&key)).await;
    assert_problem(answer, 403, "enrolment-refused", "replaced").await;
    world.clock.advance(Duration::from_secs(3601));
    let answer = world.enrol(&expired, &csr(&key)).await;
    assert_problem(answer, 403, "enrolment-refused", "expired").await;
    world.stop().await;
}

#[tokio::test]
async fn a_code_of_one_station_makes_nobody_another_one() {
    let world = World::start().await;
    let station = world.station("panel-8").await;
    let names = admin::list_certificates(&world.config).await.unwrap();
    assert_eq!(names[0].serial, station.serial());
    assert_eq!(names[0].uri, "spiffe://127.0.0.1/site/site_1/controller/panel-8");
    let body =
        json!({"code": world.code(STATION).await.code, "csr": csr(&station.key), "station_id": "panel-8"});
    let answer = world.post("/ca/enrolments", &body).await;
    assert_problem(answer, 400, "malformed-json", "a station of one's own choice").await;
    world.stop().await;
}

#[tokio::test]
async fn guesses_from_one_place_run_out_before_codes_are_looked_at() {
    let world = World::start().await;
    let (code, key) = (world.code(STATION).await.code, KeyPair::generate().unwrap());
    let mut refused = 0;
    let limited = loop {
        let answer = world.enrol("dnr_en_guess", &csr(&key)).await;
        if answer.status() == 429 {
            break answer;
        }
        refused += 1;
        assert!(refused <= 100, "nobody counts");
    };
    assert!(limited.headers().contains_key("retry-after"));
    assert_problem(limited, 429, "too-many-requests", "guess").await;
    let answer = world.enrol(&code, &csr(&key)).await;
    assert_problem(answer, 429, "too-many-requests", "a good code").await;
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.enrol(&code, &csr(&key)).await.status(), 201);
    world.stop().await;
}

#[tokio::test]
async fn the_audit_log_tells_of_codes_and_certificates_without_either() {
    let world = World::start().await;
    let (made, key) = (world.code(STATION).await, KeyPair::generate().unwrap());
    world.enrol("dnr_en_wrong", &csr(&key)).await;
    assert_eq!(world.enrol(&made.code, &csr(&key)).await.status(), 201);
    admin::revoke_station(&world.config, STATION).await.unwrap();
    // What was counted is written at the end.
    world.service.stop().await;
    let log = audit_tail(&world.config, 100).await.unwrap();
    let text = serde_json::to_string(&log).unwrap();
    for event in [
        "authority.created",
        "certificate.enrolment_created",
        "certificate.issued",
        "certificate.revoked",
    ] {
        assert!(text.contains(event), "{event}: {text}");
    }
    let is_failure = |entry: &&auth_server::admin::Record| {
        entry.entry["event"] == "certificate.issued" && entry.entry["outcome"] == "failure"
    };
    let failure = log.iter().find(is_failure).unwrap();
    assert_eq!(failure.entry["reason"], "The enrolment code is not good");
    assert!(!text.contains("dnr_en_"), "{text}");
}
