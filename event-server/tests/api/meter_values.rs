//! What meters told, rolled up, before and after it is folded; and what it adds up to.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Caller, Panel, World, answer, eventually};

const MINUTE_US: i64 = 60_000_000;

fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// A reading of the panel's first outlet, as a station's connection would have written it.
fn insert(world: &World, panel: &Panel, at_us: i64, (register_wh, moved_wh, account): (i64, i64, i64)) {
    let outlet = &panel.outlets[0];
    world.sql(&format!(
        "INSERT INTO readings (outlet_key, at, register_wh, voltage_mv, current_ma, power_w, breaker, moved_wh, account) \
         SELECT key, {at_us}, {register_wh}, 200000, 1500, 300, 'closed', {moved_wh}, {account} \
         FROM outlets WHERE id = '{outlet}'"
    ));
}

/// Once a minute around midnight in Tokyo between October and November: 5 Wh each, 20 minutes on each side.
fn insert_around_midnight(world: &World, panel: &Panel, account: i64) {
    let midnight_us = us("2026-10-31T15:00:00Z");
    for minute in -20..20 {
        let at_us = midnight_us + minute * MINUTE_US + 50_000;
        insert(world, panel, at_us, (1_000 + minute * 5, 5, account));
    }
}

async fn values(owner: &Caller<'_>, panel: &Panel, resolution: &str, (from, to): (&str, &str)) -> Vec<Value> {
    let path = format!(
        "/v1/outlets/{}/meter-values?resolution={resolution}&from={from}&to={to}&limit=1000",
        panel.outlets[0]
    );
    let page = owner.get(&path).await.expect(200);
    assert_eq!(page["next_cursor"], Value::Null);
    page["data"].as_array().unwrap().clone()
}

async fn usage(owner: &Caller<'_>, query: &str) -> Vec<Value> {
    let page = owner.get(&format!("/v1/usage?{query}")).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

/// Lets the job fold what is there.
async fn fold(world: &World, owner: &Caller<'_>, expected_wh: i64) {
    let query = "group_by=outlet&from=2026-10-01&to=2026-12-01";
    eventually(|| async {
        world.clock.advance(Duration::from_secs(901));
        let rows = usage(owner, query).await;
        let wh = |row: &Value| row["energy_wh"].as_i64().unwrap() + row["unattributed_wh"].as_i64().unwrap();
        (rows.iter().map(wh).sum::<i64>() == expected_wh).then_some(())
    })
    .await;
}

#[tokio::test]
async fn values_are_the_same_before_and_after_folding_and_months_are_the_sites() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    insert_around_midnight(&world, &panel, 0);
    let range = ("2026-10-31T14:00:00Z", "2026-10-31T16:00:00Z");
    let wide = ("2026-10-30T15:00:00Z", "2026-11-01T15:00:00Z");
    let look = async || {
        [
            values(&owner, &panel, "raw", range).await,
            values(&owner, &panel, "1m", range).await,
            values(&owner, &panel, "15m", range).await,
            values(&owner, &panel, "1d", wide).await,
            values(&owner, &panel, "1mo", wide).await,
        ]
    };
    let before = look().await;
    fold(&world, &owner, 200).await;
    let after = look().await;
    assert_eq!(after, before);
    let [raw, minutes, quarters, days, months] = after;
    assert_eq!((raw.len(), minutes.len(), quarters.len()), (40, 120, 8));
    // The register of 15:00:00.050 closes the minute before.
    let minute = |at: &str| minutes.iter().find(|value| value["from"] == at).unwrap().clone();
    let closed = minute("2026-10-31T14:59:00.000Z");
    assert_eq!(
        (&closed["energy_wh"], &closed["register_wh"], &closed["quality"]),
        (&json!(5), &json!(1_000), &json!("measured"))
    );
    assert_eq!(
        (&closed["voltage_mv"], &closed["breaker"]),
        (&json!(200_000), &json!("closed"))
    );
    assert_eq!(minute("2026-10-31T14:00:00.000Z")["quality"], "gap");
    assert_eq!(quarters[3]["energy_wh"], 75);
    for values in [&days, &months] {
        assert_eq!(values.len(), 2);
        assert_eq!(values[1]["from"], "2026-10-31T15:00:00.000Z");
        // 14:40 to 15:00 and 15:01 to 15:19, by the register that closes the day.
        assert_eq!(
            (&values[0]["energy_wh"], &values[1]["energy_wh"]),
            (&json!(105), &json!(95))
        );
        assert_eq!(values[0]["quality"], "estimated");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_late_reading_of_a_folded_day_is_taken_in() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    insert_around_midnight(&world, &panel, 0);
    fold(&world, &owner, 200).await;
    insert(&world, &panel, us("2026-10-31T15:25:00Z"), (1_101, 6, 0));
    let day = ("2026-10-31T15:00:00Z", "2026-11-01T15:00:00Z");
    let told = values(&owner, &panel, "1d", day).await;
    assert_eq!(told[0]["energy_wh"], 101);
    fold(&world, &owner, 206).await;
    assert_eq!(values(&owner, &panel, "1d", day).await, told);
    world.stop().await;
}

#[tokio::test]
async fn pages_of_values_show_each_once() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    insert_around_midnight(&world, &panel, 0);
    let range = ("2026-10-31T14:00:00Z", "2026-10-31T16:00:00Z");
    for (resolution, limit) in [("raw", 7), ("1m", 50), ("15m", 3), ("1d", 1)] {
        let whole = values(&owner, &panel, resolution, range).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!(
                "/v1/outlets/{}/meter-values?resolution={resolution}&from={}&to={}&limit={limit}{cursor}",
                panel.outlets[0], range.0, range.1
            );
            let page = owner.get(&path).await.expect(200);
            assert!(page["data"].as_array().unwrap().len() <= limit, "{resolution}");
            paged.extend(page["data"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, whole, "{resolution}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_main_circuit_is_told_as_a_controller_reads_it() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let controller = panel.controller["id"].as_str().unwrap();
    let path = |resolution: &str| {
        format!(
            "/v1/sites/{}/meter-values?resolution={resolution}&from=2026-10-30T15:00:00Z&to=2026-11-01T15:00:00Z",
            panel.site_id
        )
    };
    owner.get(&path("1d")).await.is_problem(404, "not-found");
    let midnight_us = us("2026-10-31T15:00:00Z");
    for minute in -10..10 {
        let (at_us, register_wh) = (midnight_us + minute * MINUTE_US, 50_000 + minute * 40);
        world.sql(&format!(
            "INSERT INTO readings (controller_id, at, register_wh) VALUES ('{controller}', {at_us}, {register_wh})"
        ));
    }
    insert(&world, &panel, midnight_us, (10, 3, 0));
    let named = format!("{}&controller_id={controller}", path("1d"));
    let told = owner.get(&named).await.expect(200);
    let days: Vec<&Value> = told["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| &day["energy_wh"])
        .collect();
    assert_eq!(days, [&json!(400), &json!(360)]);
    fold(&world, &owner, 3).await;
    assert_eq!(owner.get(&path("1d")).await.expect(200), told);
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_says_why() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    for query in [
        "resolution=raw&from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:01Z",
        "resolution=1m&from=2026-10-01T00:00:00Z&to=2026-11-02T00:00:00Z",
        "resolution=1d&from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z",
        "resolution=2h&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z",
        "resolution=1d&from=2026-11-01&to=2026-11-02T00:00:00Z",
        "resolution=1d&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&limit=1001",
        "resolution=1d&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&cursor=%21",
    ] {
        let path = format!("/v1/outlets/{outlet}/meter-values?{query}");
        owner.get(&path).await.is_problem(400, "invalid-query");
    }
    for query in [
        "group_by=outlet&from=2026-01-01&to=2027-03-01",
        "group_by=outlet&from=2026-11-02&to=2026-11-01",
        "group_by=room&from=2026-11-01&to=2026-11-02",
        "group_by=unit&from=2026-11-01&to=2026-11-02",
        "group_by=outlet&from=november&to=2026-11-02",
    ] {
        owner
            .get(&format!("/v1/usage?{query}"))
            .await
            .is_problem(400, "invalid-query");
    }
    world.stop().await;
}

/// Two panels, a session at the one, energy of its own and nobody's; answers with what the registers moved by.
async fn insert_usage(world: &World, owner: &Caller<'_>) -> (Panel, i64) {
    let (panel, other) = (owner.panel(1).await, owner.panel(1).await);
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let session = started["session"]["id"].as_str().unwrap();
    let ended_us = us("2026-10-31T15:10:00Z");
    world.sql(&format!(
        "UPDATE sessions SET number = 5, state = 'ended', ended_at = {ended_us}, cost_yen = 31 WHERE id = '{session}'"
    ));
    insert_around_midnight(world, &panel, 5);
    insert(world, &panel, us("2026-10-31T15:30:00Z"), (1_098, 3, 0));
    insert(world, &panel, us("2026-10-31T15:31:00Z"), (4, -1_094, -1));
    insert(world, &other, us("2026-10-31T16:00:00Z"), (10, 11, 0));
    let moved_wh = 200 + 3 - 1_094 + 11;
    fold(world, owner, moved_wh).await;
    (other, moved_wh)
}

#[tokio::test]
async fn usage_is_what_the_registers_moved_by_whoever_it_is_grouped_by() {
    let world = World::start().await;
    let owner = world.owner();
    let (other, moved_wh) = insert_usage(&world, &owner).await;
    let range = "from=2026-10-01&to=2026-12-01";
    for group in ["driver", "outlet", "site", "month"] {
        let rows = usage(&owner, &format!("group_by={group}&{range}")).await;
        let sum = |member: &str| rows.iter().map(|row| row[member].as_i64().unwrap()).sum::<i64>();
        assert_eq!(sum("energy_wh") + sum("unattributed_wh"), moved_wh, "{group}");
        assert_eq!(
            (sum("energy_wh"), sum("sessions"), sum("cost_yen")),
            (200, 1, 31),
            "{group}"
        );
        assert_eq!(rows.len(), 2, "{group}");
    }
    let months = usage(&owner, &format!("group_by=month&{range}")).await;
    assert_eq!(
        (&months[0]["key"], &months[0]["energy_wh"]),
        (&json!("2026-10"), &json!(105))
    );
    assert_eq!(
        (&months[1]["key"], &months[1]["sessions"]),
        (&json!("2026-11"), &json!(1))
    );
    let drivers = usage(&owner, &format!("group_by=driver&{range}")).await;
    assert_eq!(
        (&drivers[0]["key"], &drivers[1]["key"]),
        (&Value::Null, &json!("driver-1"))
    );
    let mine = usage(&owner, &format!("group_by=month&{range}&driver_id=driver-1")).await;
    let wh: Vec<&Value> = mine.iter().map(|row| &row["energy_wh"]).collect();
    assert_eq!(wh, [&json!(105), &json!(95)]);
    let site = usage(
        &owner,
        &format!("group_by=outlet&{range}&site_id={}", other.site_id),
    )
    .await;
    assert_eq!((site.len(), &site[0]["unattributed_wh"]), (1, &json!(11)));
    let page = owner
        .get(&format!("/v1/usage?group_by=outlet&{range}&limit=1"))
        .await
        .expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = usage(
        &owner,
        &format!("group_by=outlet&{range}&limit=1&cursor={cursor}"),
    )
    .await;
    assert_eq!(rest.len(), 1);
    assert_ne!(rest[0]["key"], page["data"][0]["key"]);
    world.stop().await;
}

#[tokio::test]
async fn a_dwellings_usage_is_of_one_site_and_stays_with_the_dwelling_that_a_driver_had() {
    let world = World::start().await;
    let owner = world.owner();
    let (other, _) = insert_usage(&world, &owner).await;
    world.sql("UPDATE sessions SET unit = '301' WHERE number = 5");
    let moved = json!({ "unit": "909" });
    let put = owner.request(Method::PUT, "/v1/drivers/driver-1").json(&moved);
    answer(put).await.expect(201);
    let range = "from=2026-10-01&to=2026-12-01";
    let sites = usage(&owner, &format!("group_by=site&{range}")).await;
    let mut keys = sites.iter().map(|row| row["key"].as_str().unwrap());
    let site = keys.find(|key| *key != other.site_id).unwrap();
    let query = format!("group_by=unit&{range}&site_id={site}");
    let units = usage(&owner, &query).await;
    let told: Vec<(&Value, &Value, &Value, &Value)> = units
        .iter()
        .map(|row| (&row["key"], &row["energy_wh"], &row["sessions"], &row["cost_yen"]))
        .collect();
    let (nobody, unit) = (&Value::Null, json!("301"));
    assert_eq!(
        told,
        [
            (nobody, &json!(0), &json!(0), &json!(0)),
            (&unit, &json!(200), &json!(1), &json!(31))
        ]
    );
    let csv = owner.get(&format!("/v1/exports/usage.csv?{query}")).await;
    let csv = csv.expect(200);
    assert!(csv.as_str().unwrap().ends_with("\r\n301,200,0,1,31\r\n"), "{csv}");
    world.stop().await;
}

#[tokio::test]
async fn others_see_no_values_and_no_usage() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    insert_around_midnight(&world, &panel, 0);
    fold(&world, &owner, 200).await;
    let range = "resolution=1d&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z";
    let controller = panel.controller["id"].as_str().unwrap();
    let theirs = stranger.panel(1).await;
    for path in [
        format!("/v1/outlets/{}/meter-values?{range}", panel.outlets[0]),
        format!("/v1/sites/{}/meter-values?{range}", panel.site_id),
        format!(
            "/v1/sites/{}/meter-values?{range}&controller_id={controller}",
            theirs.site_id
        ),
    ] {
        stranger.get(&path).await.is_problem(404, "not-found");
    }
    for filter in ["", &format!("&site_id={}", panel.site_id), "&driver_id=driver-1"] {
        for group in ["driver", "unit", "outlet", "site", "month"] {
            if group == "unit" && !filter.contains("site_id") {
                continue;
            }
            let query = format!("group_by={group}&from=2026-10-01&to=2026-12-01{filter}");
            assert_eq!(usage(&stranger, &query).await, Vec::<Value>::new(), "{query}");
        }
    }
    let unscoped = world.caller("t1", "events:read");
    answer(unscoped.request(
        Method::GET,
        "/v1/usage?group_by=site&from=2026-10-01&to=2026-12-01",
    ))
    .await
    .is_problem(403, "insufficient-scope");
    world.stop().await;
}
