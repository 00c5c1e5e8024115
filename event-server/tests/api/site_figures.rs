//! What a site's pages tell of its equipment: the main circuit now, each outlet's last day, how buses answer.

use serde_json::json;

use crate::browser::{Browser, world};
use crate::world::World;

const MINUTE_US: i64 = 60_000_000;

/// As if the main circuit had been read for days, and told 6.2 kW at that moment.
fn read_main(world: &World, controller: &str, at: i64) {
    world.sql(&format!(
        "INSERT INTO reading_days (outlet_key, controller_id, day, folded_id, samples, first_at, last_at, energy_wh, doubted, packed) \
         VALUES (0, '{controller}', 1, 0, 0, 0, 0, 0, FALSE, '')"
    ));
    world.sql(&format!(
        "INSERT INTO readings (controller_id, at, register_wh, power_w, current_ma) VALUES ('{controller}', {at}, 5, 6200, 31000)"
    ));
}

async fn controller(world: &World) -> String {
    let all = world.owner().get("/v1/controllers").await.expect(200);
    all["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_panels_tell_the_main_circuit_against_its_contract_and_each_outlet_s_last_day() {
    let world = world().await;
    let panel = world.owner().panel(2).await;
    let site = format!("/sites/{}?lang=en", panel.site_id);
    let member = Browser::of(&world, "board_member", &panel.site_id);
    let bare = member.get(&site).await;
    for part in ["Main circuit now", "<svg", "<meter"] {
        assert!(!bare.text.contains(part), "{part}: {}", bare.text);
    }

    let (now_us, controller) = (world.clock.now_us(), controller(&world).await);
    read_main(&world, &controller, now_us);
    member
        .get(&site)
        .await
        .says(&["Main circuit now", "6.2 kW", "31.0 A"]);
    world.sql(&format!(
        "INSERT INTO controller_problems (controller_id, problem, stands, said_at) VALUES ('{controller}', 'main meter', TRUE, 0)"
    ));
    member
        .get(&site)
        .await
        .says(&["Its meter tells nothing at present"]);
    world.sql("DELETE FROM controller_problems");
    world.sql("UPDATE sites SET contracted_demand_w = 10000");
    world.sql("UPDATE circuits SET limit_ma = 30000 WHERE parent_id IS NULL");
    member.get(&site).await.says(&[
        "6.2 kW of 10.0 kW (62 %)",
        "<meter min=\"0\" max=\"10000\" high=\"8000\"",
        "31.0 A of 30.0 A (103 %)",
        "More than may flow",
    ]);
    for minute in 0..121 {
        let at = now_us - (121 - minute) * MINUTE_US;
        world.sql(&format!(
            "INSERT INTO readings (outlet_key, at, register_wh, breaker, moved_wh, account) \
             VALUES ((SELECT MIN(key) FROM outlets), {at}, {}, 'closed', 50, 0)",
            50 * minute
        ));
    }
    let drawn = member.get(&site).await;
    assert_eq!(
        drawn.text.matches("class=\"sparkline\"").count(),
        1,
        "{}",
        drawn.text
    );
    // Also what flowed in halves of an hour that are not known whole.
    drawn.says(&["24 h 6.05 kWh"]);

    world.clock.advance(std::time::Duration::from_secs(91));
    let silent = member.get(&site).await;
    silent.says(&["Its meter tells nothing at present"]);
    assert!(!silent.text.contains("6.2 kW"), "{}", silent.text);
    world.stop().await;
}

#[tokio::test]
async fn equipment_tells_how_buses_answer_what_clocks_say_and_when_certificates_end() {
    let world = world().await;
    let panel = world.owner().panel(1).await;
    let page = format!("/sites/{}/equipment?lang=en", panel.site_id);
    let member = Browser::of(&world, "board_member", &panel.site_id);
    member.get(&page).await.says(&[
        "none: it connects with a password",
        "<p class=\"hint\">not told</p>",
        "<dt>Its clock</dt><dd>–</dd>",
    ]);
    let (now_us, controller) = (world.clock.now_us(), controller(&world).await);
    world.sql(&format!(
        "INSERT INTO controller_buses (controller_id, name, said_at, over_s, requests, timeouts, checksums, mismatches, refusals, \
         line_errors) VALUES ('{controller}', 'outlets', {now_us}, 3600, 41220, 3, 1, 0, 0, 0), \
         ('{controller}', 'meters', {now_us}, 3600, 1000, 0, 20, 0, 0, 0)"
    ));
    world.sql("UPDATE controllers SET clock_ahead_ms = -62350, certificate_ends_at = 1925000000000000");
    world.sql(&format!(
        "INSERT INTO controller_problems (controller_id, problem, stands, said_at) VALUES ('{controller}', 'disk_failed', TRUE, \
         1792000000000000)"
    ));
    world.sql("UPDATE controllers SET online = TRUE");
    world.sql("UPDATE outlet_current SET breaker = 'unknown'");
    member.get(&page).await.says(&[
        "its disk fails</span> <small>since 15 Oct",
        "Breakers that do not answer: 区画 1",
        "4 of 41,220 failed (&#60; 0.01 %) in 60 min",
        "3 unanswered · 1 damaged",
        "20 of 1,000 failed (2.00 %) in 60 min",
        "Poor: check wiring",
        "62.3 s behind",
        "1 Jan 2031",
    ]);
    let told = world
        .owner()
        .get(&format!("/v1/controllers/{controller}"))
        .await
        .expect(200);
    let names: Vec<&str> = told["buses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bus| bus["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["meters", "outlets"]);
    assert_eq!(
        (
            &told["buses"][1]["requests"],
            &told["clock_ahead_ms"],
            &told["certificate_ends_at"]
        ),
        (
            &json!(41_220),
            &json!(-62_350),
            &json!("2031-01-01T02:13:20.000Z")
        )
    );
    world.stop().await;
}

#[tokio::test]
async fn alarms_of_one_cause_at_one_panel_are_one_and_are_looked_after_together() {
    let world = world().await;
    let panel = world.owner().panel(3).await;
    let manager = Browser::of(&world, "manager", &panel.site_id);
    let page = format!("/sites/{}/alarms", panel.site_id);
    let ids = ["alm_1", "alm_2", "alm_3"];
    for (id, outlet) in ids.iter().zip(&panel.outlets) {
        world.alarm(id, outlet);
    }
    world.sql("UPDATE alarms SET kind = 'meter.silent', cause = ''");
    let shown = manager.get(&format!("{page}?lang=en")).await;
    assert_eq!(
        shown.text.matches("<section class=\"card\"").count(),
        1,
        "{}",
        shown.text
    );
    let also = "name=\"also\" value=\"";
    shown.says(&[also]);
    let others = shown.text.split_once(also).unwrap().1.split('"').next().unwrap();
    let first = ids.iter().find(|id| !others.contains(*id)).unwrap();
    let said = [("note", "on my way"), ("also", others)];
    assert_eq!(manager.post(&format!("{page}/{first}"), &said).await.status, 303);
    let alarms = world.owner().get("/v1/alarms").await.expect(200);
    for alarm in alarms["data"].as_array().unwrap() {
        assert_eq!(
            (&alarm["state"], &alarm["note"]),
            (&json!("acknowledged"), &json!("on my way"))
        );
    }
    let many = ["alm_1"; 10].join(",");
    let refused = manager
        .post(&format!("{page}/{first}"), &[("also", many.as_str())])
        .await;
    assert_eq!(refused.status, 400);

    let elsewhere = world.owner().panel(1).await;
    world.alarm("alm_9", &elsewhere.outlets[0]);
    let strangers = manager
        .post(&format!("{page}/{first}"), &[("also", "alm_9")])
        .await;
    assert_eq!(strangers.status, 404);
    let alarm = world.owner().get("/v1/alarms/alm_9").await.expect(200);
    assert_eq!(alarm["state"], "open");
    world.stop().await;
}

#[tokio::test]
async fn the_cause_of_an_alarm_is_said_once() {
    let world = world().await;
    let panel = world.owner().panel(1).await;
    let member = Browser::of(&world, "board_member", &panel.site_id);
    let page = format!("/sites/{}/alarms?lang=en", panel.site_id);
    world.alarm("alm_1", &panel.outlets[0]);
    member.get(&page).await.says(&["<small>(tripped)</small>"]);
    world.sql("UPDATE alarms SET cause = 'welded'");
    let welded = member.get(&page).await;
    welded.says(&["its contact is welded"]);
    assert!(!welded.text.contains("<small>("), "{}", welded.text);
    world.stop().await;
}
