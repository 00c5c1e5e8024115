//! Months of a site: reckoned while they are open, closed once and in turn, and found out where they are altered.

use serde_json::{Value, json};

use crate::world::{Caller, Ended, Panel, World, ended_session};

fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// A site of September 2026 whose first outlet has a verified meter.
pub(crate) async fn site(world: &World, owner: &Caller<'_>) -> Panel {
    let panel = owner.panel(2).await;
    let made_us = us("2026-09-05T00:00:00Z");
    world.sql(&format!("UPDATE sites SET created_at = {made_us}"));
    let verified = json!({ "meter_class": "verified", "meter_valid_until": "2033-03-31" });
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    owner.patch(&outlet, &verified).await.expect(200);
    panel
}

fn charge(world: &World, panel: &Panel, (id, outlet): (&str, usize), told: (Option<&str>, &str, (i64, i64))) {
    let (unit, ended, registers_wh) = told;
    world.sql(&ended_session(&Ended {
        id,
        outlet: &panel.outlets[outlet],
        unit,
        ended_us: us(ended),
        registers_wh,
    }));
}

/// October with three charges, one of them begun in September; the first of November; what the meters told.
pub(crate) fn october(world: &World, panel: &Panel) {
    charge(
        world,
        panel,
        ("ses_1", 0),
        (Some("301"), "2026-09-30T15:00:00Z", (1_000, 3_000)),
    );
    charge(
        world,
        panel,
        ("ses_2", 0),
        (Some("301"), "2026-10-31T14:59:59Z", (5_000, 8_500)),
    );
    charge(
        world,
        panel,
        ("ses_3", 1),
        (None, "2026-10-15T00:00:00Z", (100, 1_100)),
    );
    charge(
        world,
        panel,
        ("ses_4", 1),
        (Some("302"), "2026-10-31T15:00:00Z", (1_100, 2_100)),
    );
    let day = |text: &str| (us(text) / 86_400_000_000).to_string();
    for (day, outlet, account, energy_wh) in [
        (day("2026-09-30T00:00:00Z"), 0, "ses_1", 500),
        (day("2026-10-01T00:00:00Z"), 0, "ses_1", 1_500),
        (day("2026-10-31T00:00:00Z"), 0, "ses_2", 3_500),
        (day("2026-10-15T00:00:00Z"), 1, "ses_3", 1_000),
        (day("2026-10-31T00:00:00Z"), 1, "ses_4", 400),
        (day("2026-11-01T00:00:00Z"), 1, "ses_4", 600),
        (day("2026-10-20T00:00:00Z"), 0, "", 12),
    ] {
        let account = match account {
            "" => "0".to_owned(),
            id => format!("(SELECT number FROM sessions WHERE id = '{id}')"),
        };
        let outlet = &panel.outlets[outlet];
        world.sql(&format!(
            "INSERT INTO usage_days (outlet_key, day, account, energy_wh) \
             SELECT key, {day}, {account}, {energy_wh} FROM outlets WHERE id = '{outlet}'"
        ));
    }
    let controller = panel.controller["id"].as_str().unwrap();
    for (at, register_wh) in [("2026-10-02T00:00:00Z", 10_000), ("2026-10-02T00:15:00Z", 18_000)] {
        world.sql(&format!(
            "INSERT INTO readings (controller_id, at, register_wh) VALUES ('{controller}', {}, {register_wh})",
            us(at)
        ));
    }
    // A day's row says that the controller reads its main circuit.
    world.sql(&format!(
        "INSERT INTO reading_days (outlet_key, controller_id, day, folded_id, samples, first_at, last_at, energy_wh, doubted, packed) \
         VALUES (0, '{controller}', 1, 0, 0, 0, 0, 0, FALSE, '')"
    ));
}

pub(crate) fn path(panel: &Panel, rest: &str) -> String {
    format!("/v1/sites/{}/{rest}", panel.site_id)
}

#[tokio::test]
async fn a_month_is_what_ended_in_it_by_the_sites_clocks_beside_its_meters() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    let told = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let [own, nobodys] = [&rows[0], &rows[1]];
    assert_eq!(
        (
            &own["unit"],
            &own["energy_label"],
            &nobodys["unit"],
            &nobodys["energy_label"]
        ),
        (
            &json!("301"),
            &json!("kwh"),
            &Value::Null,
            &json!("kwh_equivalent")
        )
    );
    // 2000 Wh at 31 yen are 62, 3500 Wh 108.5, rounded down; 10 for each session.
    assert_eq!(
        own["amounts"],
        json!({ "sessions": 2, "energy_wh": 5_500, "energy_yen": 170, "fixed_yen": 20, "minimum_yen": 0, "idle_yen": 0,
            "corrections_wh": 0, "corrections_yen": 0, "total_yen": 190 })
    );
    let registers = &own["outlets"][0];
    assert_eq!(
        (
            &registers["opening_register_wh"],
            &registers["closing_register_wh"],
            &registers["energy_wh"]
        ),
        (&json!(1_000), &json!(8_500), &json!(5_500))
    );
    assert_eq!(
        (&told["total"]["total_yen"], &told["hash"]),
        (&json!(231), &Value::Null)
    );
    assert_eq!(
        told["reconciliation"],
        json!({ "main_circuit_wh": 8_000, "outlets_wh": 6_412, "difference_wh": 1_588, "difference_per_mille": 199,
            "attributed_wh": 6_400, "unattributed_wh": 12, "rebased_wh": 0, "earlier_wh": 500, "later_wh": 400 })
    );
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_folded_yet_is_in_the_outlets_figures_as_it_is_in_the_main_circuits() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    let outlet = &panel.outlets[0];
    for (at, register_wh, moved_wh) in [
        ("2026-10-31T14:30:00Z", 8_500, 0),
        ("2026-10-31T14:45:00Z", 8_800, 300),
        // Of the next month.
        ("2026-10-31T15:15:00Z", 8_900, 100),
    ] {
        world.sql(&format!(
            "INSERT INTO readings (outlet_key, at, register_wh, moved_wh, account) \
             SELECT outlet_key, {}, {register_wh}, {moved_wh}, number FROM sessions WHERE id = 'ses_2'",
            us(at)
        ));
    }
    let told = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    let beside = &told["reconciliation"];
    assert_eq!(
        (&beside["outlets_wh"], &beside["attributed_wh"]),
        (&json!(6_712), &json!(6_700))
    );
    let meters = told["outlets"].as_array().unwrap();
    let meter = meters
        .iter()
        .find(|meter| meter["outlet_id"] == outlet.as_str())
        .unwrap();
    assert_eq!(meter["closing_register_wh"], 8_800);
    world.stop().await;
}

#[tokio::test]
async fn every_figure_leads_to_the_sessions_under_it() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    for (query, ids) in [
        ("", vec!["ses_1", "ses_3", "ses_2"]),
        ("?unit=301", vec!["ses_1", "ses_2"]),
        ("?unit=", vec!["ses_3"]),
        ("?unit=999", vec![]),
    ] {
        let page = owner
            .get(&path(&panel, &format!("statements/2026-10/sessions{query}")))
            .await;
        let page = page.expect(200);
        let found: Vec<&str> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["session_id"].as_str().unwrap())
            .collect();
        assert_eq!(found, ids, "{query}");
    }
    let months = owner.get(&path(&panel, "statements?limit=60")).await.expect(200);
    let months = months["data"].as_array().unwrap();
    let october = months.iter().find(|month| month["month"] == "2026-10").unwrap();
    assert_eq!(
        (&october["total_yen"], &october["sessions"]),
        (&json!(231), &json!(3))
    );
    assert_eq!(months.last().unwrap()["month"], "2026-09");
    for missing in ["2026-08", "2099-01", "2026-1", "x"] {
        owner
            .get(&path(&panel, &format!("statements/{missing}")))
            .await
            .is_problem(404, "not-found");
    }
    world.stop().await;
}

#[tokio::test]
async fn months_are_closed_in_turn_and_corrected_by_the_next() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    let months = path(&panel, "statements");
    let close = async |month: &str| owner.post(&months, &json!({ "month": month })).await;
    let running = owner.get(&months).await.expect(200)["data"][0]["month"].clone();
    close(running.as_str().unwrap())
        .await
        .is_problem(409, "month-not-over");
    let early = close("2026-10").await;
    early.is_problem(409, "month-out-of-turn");
    assert_eq!(
        early.body["detail"],
        "months are closed in their order; close 2026-09 next"
    );
    close("October").await.is_problem(422, "invalid-request");
    let corrections = path(&panel, "statement-corrections");
    let correction = json!({ "month": "2026-09", "unit": "301", "amount_yen": -50, "note": "=1+1" });
    close("2026-09").await.expect(201);
    owner.post(&corrections, &correction).await.expect(201);
    for (member, wrong) in [
        ("amount_yen", json!(0)),
        ("month", json!("2099-01")),
        ("note", json!(" ")),
    ] {
        let mut body = correction.clone();
        body[member] = wrong;
        let refused = owner.post(&corrections, &body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{member}"));
    }
    let open = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    assert_eq!(
        (
            &open["rows"][0]["amounts"]["total_yen"],
            &open["total"]["corrections_yen"]
        ),
        (&json!(140), &json!(-50))
    );
    world.stop().await;
}

#[tokio::test]
async fn a_closed_month_stays_as_it_is() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    let months = path(&panel, "statements");
    let close = async |month: &str| owner.post(&months, &json!({ "month": month })).await;
    let first = close("2026-09").await.expect(201);
    let mut open = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    let summary = close("2026-10").await.expect(201);
    assert_eq!(summary["total_yen"], 231);
    close("2026-10").await.is_problem(409, "month-closed");
    let closed = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    for member in ["state", "closed_at", "previous", "hash", "sessions_hash"] {
        open[member] = closed[member].clone();
    }
    assert_eq!(closed, open);
    assert_eq!(
        (&closed["previous"], &closed["hash"]),
        (&first["hash"], &summary["hash"])
    );
    let lines = owner
        .get(&path(&panel, "statements/2026-10/sessions?limit=2"))
        .await
        .expect(200);
    // What happens to the rows afterwards is none of the closed month's.
    world.sql("UPDATE sessions SET energy_wh = 1, unit = '999' WHERE id = 'ses_2'");
    assert_eq!(
        owner.get(&path(&panel, "statements/2026-10")).await.expect(200),
        closed
    );
    assert_eq!(
        owner
            .get(&path(&panel, "statements/2026-10/sessions?limit=2"))
            .await
            .expect(200),
        lines
    );
    let next = format!(
        "statements/2026-10/sessions?limit=2&cursor={}",
        lines["next_cursor"].as_str().unwrap()
    );
    let rest = owner.get(&path(&panel, &next)).await.expect(200);
    assert_eq!(
        (rest["data"].as_array().unwrap().len(), &rest["next_cursor"]),
        (1, &Value::Null)
    );
    let next = owner.get(&path(&panel, "statements/2026-11")).await.expect(200);
    assert_eq!(
        (&next["corrections"], &next["begins_at"]),
        (&json!([]), &closed["ends_at"])
    );
    world.stop().await;
}

#[tokio::test]
async fn whoever_alters_a_closed_month_is_found_out() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    for month in ["2026-09", "2026-10"] {
        owner
            .post(&path(&panel, "statements"), &json!({ "month": month }))
            .await
            .expect(201);
    }
    let check = async || owner.get(&path(&panel, "statement-check")).await.expect(200);
    let whole = check().await;
    assert_eq!(
        (&whole["statements"], &whole["broken"]),
        (&json!(2), &Value::Null)
    );
    // Anybody can reckon the hash from what is shown.
    let mut shown = owner.get(&path(&panel, "statements/2026-10")).await.expect(200);
    let hash = std::mem::replace(&mut shown["hash"], Value::Null);
    assert_eq!(hash, foundation_hash(&shown.to_string()));
    assert_eq!(whole["head"], hash);
    for (change, undo, told) in [
        (
            "UPDATE statements SET content = replace(content, '\"total_yen\":190', '\"total_yen\":90')",
            "UPDATE statements SET content = replace(content, '\"total_yen\":90', '\"total_yen\":190')",
            "2026-10: the text was changed",
        ),
        (
            "UPDATE statements SET total_yen = total_yen - 100 WHERE month = '2026-10'",
            "UPDATE statements SET total_yen = total_yen + 100 WHERE month = '2026-10'",
            "2026-10: the list says something else than its text",
        ),
        (
            "UPDATE statement_lines SET line = replace(line, '\"energy_wh\":1000', '\"energy_wh\":1001')",
            "UPDATE statement_lines SET line = replace(line, '\"energy_wh\":1001', '\"energy_wh\":1000')",
            "2026-10: its sessions were changed",
        ),
        (
            "DELETE FROM statements WHERE month = '2026-09'",
            "SELECT 1",
            "2026-10: it does not follow the statement before it",
        ),
    ] {
        world.sql(change);
        assert_eq!(check().await["broken"], told);
        world.sql(undo);
    }
    world.stop().await;
}

fn foundation_hash(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(foundation::secrets::sha256(text.as_bytes()))
}
