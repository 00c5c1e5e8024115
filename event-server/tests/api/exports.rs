//! Tables as CSV: whole, bounded, and harmless in a spreadsheet.

use std::time::Duration;

use crate::world::{ALL_SCOPES, Answer, Caller, World, eventually};

const ENDED: &str = "from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z";

fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// The text of an export.
async fn export(caller: &Caller<'_>, path: &str) -> (Answer, String) {
    let answer = caller.get(&format!("/v1/exports/{path}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = answer.body.as_str().unwrap().to_owned();
    (answer, text)
}

/// Three that ended a minute before midnight in Tokyo.
fn insert_ended(world: &World) {
    let ended_us = us("2026-10-31T14:59:00Z");
    for (n, driver) in ["room-301", "=HYPERLINK(\"http://x\")", "a,\"b\""]
        .iter()
        .enumerate()
    {
        let ended_us = ended_us + i64::try_from(n).unwrap();
        world.sql(&format!(
            "INSERT INTO sessions (id, tenant_id, outlet_key, driver_id, state, ends_at, energy_wh, requested_at, \
             energized_at, ended_at, ended_reason, updated_at, start_register_wh, stop_register_wh) \
             SELECT 'ses_{n}', 't1', key, '{driver}', 'ended', 0, 70, 0, {ended_us} - 60000000, {ended_us}, 'remote', 0, \
             1000, 1070 FROM outlets"
        ));
    }
}

#[tokio::test]
async fn sessions_of_days_are_those_of_the_site_s_days() {
    let world = World::start().await;
    let owner = world.owner();
    owner.panel(1).await;
    insert_ended(&world);
    for (days, lines) in [
        ("from=2026-10-31&to=2026-11-01", 5),
        ("from=2026-10-01&to=2026-10-31", 2),
        ("from=2026-11-01&to=2026-12-01", 2),
    ] {
        let (_, text) = export(&owner, &format!("sessions.csv?{days}")).await;
        assert_eq!(
            text.split("\r\n").count(),
            lines,
            "days are those of Tokyo: {days}"
        );
    }
    let refused = owner
        .get("/v1/exports/sessions.csv?from=2026-10&to=2026-11-01")
        .await;
    refused.is_problem(400, "invalid-query");
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .starts_with("from: expected a day")
    );
    world.stop().await;
}

#[tokio::test]
async fn sessions_are_exported_whole_and_a_formula_is_a_text() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    insert_ended(&world);
    let (answer, text) = export(&owner, &format!("sessions.csv?{ENDED}")).await;
    assert_eq!(
        answer.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"sessions.csv\""
    );
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!((lines.len(), lines[4]), (5, ""));
    assert!(
        lines[0].starts_with("id,site_id,site,outlet_id,outlet,driver_id,state,"),
        "{}",
        lines[0]
    );
    let outlet = &panel.outlets[0];
    let site = &panel.site_id;
    assert_eq!(
        lines[1],
        format!(
            "ses_0,{site},駐車場,{outlet},区画 1,room-301,ended,remote,2026-10-31T23:58:00+09:00,2026-10-31T23:59:00+09:00,\
             1000,1070,70,,,,,"
        )
    );
    assert!(
        lines[2].contains(",\"'=HYPERLINK(\"\"http://x\"\")\",ended"),
        "{}",
        lines[2]
    );
    assert!(lines[3].contains(",\"a,\"\"b\"\"\",ended"), "{}", lines[3]);
    let (_, marked) = export(
        &owner,
        &format!("sessions.csv?{ENDED}&bom=true&driver_id=room-301"),
    )
    .await;
    assert!(
        marked.trim_start_matches('\u{feff}').starts_with("id,"),
        "{marked}"
    );
    assert_eq!(marked.split("\r\n").count(), 3);
    world.stop().await;
}

#[tokio::test]
async fn many_sessions_come_page_by_page_each_once() {
    let world = World::start().await;
    let owner = world.owner();
    owner.panel(1).await;
    let ended_us = us("2026-10-31T14:59:00Z");
    world.sql(&format!(
        "INSERT INTO sessions (id, tenant_id, outlet_key, driver_id, state, ends_at, requested_at, ended_at, updated_at) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2501) \
         SELECT 'ses_' || i, 't1', key, 'd', 'ended', 0, 0, {ended_us}, 0 FROM n, outlets"
    ));
    let (_, text) = export(&owner, &format!("sessions.csv?{ENDED}")).await;
    let ids: std::collections::BTreeSet<&str> = text
        .split("\r\n")
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(ids.len(), 2501 + 1);
    world.stop().await;
}

#[tokio::test]
async fn usage_and_meter_values_are_exported_in_the_characters_of_windows() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let at_us = us("2026-10-31T15:01:00Z");
    world.sql(&format!(
        "INSERT INTO readings (outlet_key, at, register_wh, breaker, moved_wh, account) \
         SELECT key, {at_us}, 1000, 'closed', 7, 0 FROM outlets WHERE id = '{outlet}'"
    ));
    let usage = "usage.csv?group_by=outlet&from=2026-11-01&to=2026-12-01&charset=shift_jis";
    eventually(|| async {
        world.clock.advance(Duration::from_secs(901));
        let (answer, text) = export(&owner, usage).await;
        assert_eq!(
            answer.header("content-type"),
            "text/csv; charset=shift_jis; header=present"
        );
        (text == format!("key,energy_wh,unattributed_wh,sessions,cost_yen\r\n{outlet},0,7,0,0\r\n"))
            .then_some(())
    })
    .await;
    let values = format!(
        "meter-values.csv?outlet_id={outlet}&resolution=1m&from=2026-10-31T15:00:00Z&to=2026-10-31T15:02:00Z"
    );
    let (_, text) = export(&owner, &values).await;
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines[1..],
        [
            "2026-11-01T00:00:00+09:00,2026-11-01T00:01:00+09:00,7,1000,,,closed,measured",
            "2026-11-01T00:01:00+09:00,2026-11-01T00:02:00+09:00,,,,,,gap",
            ""
        ]
    );
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_exported_is_a_problem_and_others_rows_are_not_there() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let ended_us = us("2026-10-31T14:59:00Z");
    world.sql(&format!(
        "INSERT INTO sessions (id, tenant_id, outlet_key, driver_id, state, ends_at, requested_at, ended_at, updated_at) \
         SELECT 'ses_1', 't1', key, 'd', 'ended', 0, 0, {ended_us}, 0 FROM outlets"
    ));
    let (_, text) = export(
        &stranger,
        &format!("sessions.csv?{ENDED}&site_id={}", panel.site_id),
    )
    .await;
    assert_eq!(text.split("\r\n").count(), 2);
    let range = "resolution=1d&from=2026-10-31T15:00:00Z&to=2026-11-01T15:00:00Z";
    let values = format!("/v1/exports/meter-values.csv?outlet_id={outlet}&{range}");
    owner.get(&values).await.expect(200);
    stranger.get(&values).await.is_problem(404, "not-found");
    for path in [
        "sessions.csv?from=2026-10-01T00:00:00Z",
        "sessions.csv?from=x&to=2026-10-01T00:00:00Z",
        "usage.csv?group_by=outlet&from=2026-11-01&to=2026-10-01",
        "usage.csv?group_by=outlet&from=2026-10-01&to=2026-11-01&charset=utf-16",
        "sessions.csv?from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z&limit=5",
    ] {
        owner
            .get(&format!("/v1/exports/{path}"))
            .await
            .is_problem(400, "invalid-query");
    }
    world.stop().await;
}
