//! What a person may ask the API for: every operation of the document by every role, at one's own site and elsewhere.

use serde_json::json;

use crate::world::{ALL_SCOPES, Answer, Caller, Operation, World};

/// What a board member looks at, below one thing of a site.
const LOOKS: [&str; 21] = [
    "check_statements",
    "export_statement",
    "get_alarm",
    "get_circuit",
    "get_command",
    "get_controller",
    "get_outlet",
    "get_receipt",
    "get_reservation",
    "get_session",
    "get_site",
    "get_statement",
    "get_statement_layout",
    "list_outlet_values",
    "list_site_values",
    "list_statement_sessions",
    "list_statements",
    "png",
    "print_statement",
    "site_labels",
    "svg",
];

/// What a manager does there.
const DOES: [&str; 9] = [
    "acknowledge_alarm",
    "bind_code",
    "change_outlet_availability",
    "clear_fault",
    "close_month",
    "create_statement_correction",
    "request_status",
    "rotate_code",
    "stop_session",
];

/// Lists that `site_id` narrows.
const NARROWED: [&str; 5] = [
    "/v1/alarms",
    "/v1/circuits",
    "/v1/outlets",
    "/v1/exports/sessions.csv?from=2026-10-31T15:00:00Z&to=2026-11-01T15:00:00Z",
    "/v1/usage?group_by=outlet&from=2026-11-01&to=2026-12-01",
];

const ROLES: [&str; 3] = ["manager", "board_member", "resident"];

/// What is to come of it, whatever the operation says then.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Let,
    RoleTooLow,
    NotThere,
}

fn fate_of(answer: &Answer) -> Fate {
    match answer.status.as_u16() {
        403 => {
            answer.is_problem(403, "insufficient-role");
            Fate::RoleTooLow
        }
        404 => Fate::NotThere,
        status => {
            assert!(![401, 429].contains(&status) && status < 500, "{}", answer.body);
            Fate::Let
        }
    }
}

fn expected(operation: &Operation, role: &str, at_home: bool) -> Fate {
    let id = operation.id.as_str();
    let (looks, does) = (LOOKS.contains(&id), DOES.contains(&id));
    match (id, looks || does, at_home) {
        ("get_meta", _, _) => Fate::Let,
        (_, false, _) => Fate::RoleTooLow,
        (_, true, false) => Fate::NotThere,
        (_, true, true) if role == "manager" || (role == "board_member" && looks) => Fate::Let,
        (_, true, true) => Fate::RoleTooLow,
    }
}

/// Somebody of `t1` with a role at a site.
fn person<'a>(world: &'a World, role: &str, site_id: &str) -> Caller<'a> {
    world.person(
        "t1",
        ALL_SCOPES,
        &json!([{ "role": role, "site_id": site_id, "unit": "203" }]),
    )
}

#[tokio::test]
async fn each_role_reaches_what_is_at_its_site_and_nothing_else() {
    let world = World::start_with(|config| {
        config.sandbox.enabled = true;
        config.public_url = Some("https://events.example.com".into());
        config.limits.acting_burst = std::num::NonZeroU32::new(10_000).unwrap();
        config.limits.scanning_burst = std::num::NonZeroU32::new(10_000).unwrap();
    })
    .await;
    let owner = world.owner();
    let things = owner.things().await;
    let elsewhere = owner.panel(1).await.site_id;
    let (mut reached, mut refused) = (0, 0);
    for operation in Operation::all() {
        let of_nobody = operation.scopes.is_none() || operation.is_of_all_tenants();
        // A stream would not end if it were let through, and is asked for below.
        if of_nobody || operation.id == "stream_events" {
            continue;
        }
        for role in ROLES.into_iter().rev() {
            for (site_id, at_home) in [(&elsewhere, false), (&things.site, true)] {
                let answer = operation.ask(&person(&world, role, site_id), &things).await;
                let fate = fate_of(&answer);
                let what = format!(
                    "{} by a {role}, at home: {at_home}: {}",
                    operation.id, answer.body
                );
                assert_eq!(fate, expected(&operation, role, at_home), "{what}");
                match fate {
                    Fate::Let => reached += 1,
                    Fate::RoleTooLow | Fate::NotThere => refused += 1,
                }
            }
        }
    }
    // Each look by two roles, each deed by one, and `get_meta` by three at two sites.
    assert_eq!(reached, 2 * LOOKS.len() + DOES.len() + 6);
    assert!(refused > 450, "{refused}");
    let stream = person(&world, "manager", &things.site)
        .get("/v1/events/stream")
        .await;
    stream.is_problem(403, "insufficient-role");
    world.stop().await;
}

#[tokio::test]
async fn a_list_is_shown_to_whom_its_site_is_and_names_nothing_of_another() {
    let world = World::start().await;
    let owner = world.owner();
    let things = owner.things().await;
    let elsewhere = owner.panel(1).await;
    let manager = person(&world, "manager", &things.site);
    for path in NARROWED {
        let whole = manager.get(path).await;
        whole.is_problem(403, "insufficient-role");
        let and = if path.contains('?') { '&' } else { '?' };
        let own = manager.get(&format!("{path}{and}site_id={}", things.site)).await;
        assert_eq!(own.status, 200, "{path}: {}", own.body);
        assert!(!own.body.to_string().contains(&elsewhere.outlets[0]), "{path}");
        let other = format!("{path}{and}site_id={}", elsewhere.site_id);
        manager.get(&other).await.is_problem(404, "not-found");
        let both = manager
            .get(&format!(
                "{path}{and}site_id={}&site_id={}",
                things.site, elsewhere.site_id
            ))
            .await;
        assert_eq!(both.status, 400, "{path}: {}", both.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn two_people_of_one_client_do_not_meet_each_others_keys() {
    let world = World::start().await;
    let owner = world.owner();
    let things = owner.things().await;
    let stop = format!("/v1/sessions/{}/stop", things.session);
    let first = person(&world, "manager", &things.site);
    let second = person(&world, "manager", &owner.panel(1).await.site_id);
    let accepted = first.act(&stop, "one-key", &json!({})).await.expect(202);
    let again = first.act(&stop, "one-key", &json!({})).await.expect(202);
    assert_eq!(accepted["command"]["id"], again["command"]["id"]);
    second
        .act(&stop, "one-key", &json!({}))
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}
