//! The audit log: every change over the API, by whom, in the transaction of the change, in one chain.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Caller, Operation, World, answer};

async fn entries(caller: &Caller<'_>, query: &str) -> Vec<Value> {
    let page = caller
        .get(&format!("/v1/audit-entries?{query}"))
        .await
        .expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_operation_that_changes_something_is_in_the_log_once() {
    let world = World::start_in_sandbox().await;
    let mut changed = 0;
    for (number, operation) in Operation::all().into_iter().enumerate() {
        let of_tenants = operation
            .scopes
            .iter()
            .flatten()
            .any(|scope| scope.starts_with("tenants:"));
        if !operation.changes() || of_tenants {
            continue;
        }
        let tenant = format!("tenant-{number}");
        let owner = world.caller(&tenant, ALL_SCOPES);
        let things = owner.things().await;
        let before = entries(&owner, "limit=200").await.len();
        let answer = operation.ask(&owner, &things).await;
        assert!(answer.status.is_success(), "{}: {}", operation.id, answer.body);
        let after = entries(&owner, "limit=200").await;
        assert_eq!(
            after.len(),
            before + 1,
            "{} is not in the audit log",
            operation.id
        );
        let entry = &after[0];
        let action = format!("{} {}", operation.method, operation.path);
        assert_eq!(entry["action"], action);
        assert_eq!(entry["request_id"], answer.header("x-request-id"));
        assert_eq!(entry["scope"], operation.scopes.as_ref().unwrap()[0]);
        let client = format!("client-{tenant}");
        assert_eq!(
            entry["actor"],
            json!({ "kind": "client", "id": client, "client_id": client })
        );
        let resource = entry["resource"].as_str().unwrap();
        let id = answer.body["id"].as_str().unwrap_or_default();
        let named = operation.path_to(&things);
        assert!(
            resource.split('/').count() >= 4 && (named.starts_with(resource) || resource.contains(id)),
            "{action}: {resource}"
        );
        if answer.status == 202 {
            assert_eq!(entry["command_id"], answer.body["command"]["id"], "{action}");
        }
        changed += 1;
    }
    assert!(changed > 30, "{changed}");
    world.stop().await;
}

#[tokio::test]
async fn an_edit_is_told_with_what_was_before_and_with_nobodys_secret_or_name() {
    let world = World::start_in_sandbox().await;
    let owner = world.caller("t1", ALL_SCOPES);
    let things = owner.things().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let site = format!("/v1/sites/{}", things.site);
    let edit = owner.request(Method::PATCH, &site).header("if-match", "*");
    let edit = edit.header("traceparent", trace);
    answer(edit.json(&json!({ "energy_yen_per_kwh": 31 })))
        .await
        .expect(200);
    let told = entries(&owner, &format!("resource={site}")).await;
    assert_eq!(
        told[0]["changes"],
        json!([{ "member": "energy_yen_per_kwh", "before": null, "after": 31 }])
    );
    assert_eq!(told[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    let made = told.last().unwrap();
    assert_eq!(made["action"], "POST /v1/sites");
    let named = json!({ "member": "name", "before": null, "after": "駐車場" });
    assert!(made["changes"].as_array().unwrap().contains(&named), "{made}");
    for operation in Operation::all() {
        let writes_secrets = [
            "create_webhook_endpoint",
            "update_webhook_endpoint",
            "rotate_webhook_secret",
            "change_variables",
            "put_driver",
        ];
        if writes_secrets.contains(&operation.id.as_str()) {
            let answer = operation.ask(&owner, &things).await;
            assert!(answer.status.is_success(), "{}", answer.body);
        }
    }
    let driver = format!("/v1/drivers/{}", things.driver);
    owner.delete(&driver).await;
    let told = entries(&owner, &format!("resource={driver}")).await;
    assert_eq!(told.len(), 3);
    let gone = told[0]["changes"].as_array().unwrap();
    assert!(gone.contains(&json!({ "member": "unit" })), "{gone:?}");
    let all = json!(entries(&owner, "limit=200").await).to_string();
    for secret in ["s3cr3t", "whsec_", "鈴木"] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_refused_and_what_is_only_repeated_changes_nothing_and_is_not_told() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let before = entries(&owner, "limit=200").await;
    assert_eq!(
        before.iter().map(|entry| &entry["action"]).collect::<Vec<_>>(),
        ["POST /v1/sessions", "POST /v1/controllers", "POST /v1/sites"]
    );
    let again = owner.start_session(&panel.outlets[0], "k1").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    owner
        .start_session(&panel.outlets[0], "k2")
        .await
        .is_problem(409, "outlet-busy");
    let reader = world.caller("t1", "sites:read");
    let refused = reader.post("/v1/sites", &json!({ "name": "x" })).await;
    refused.is_problem(403, "insufficient-scope");
    assert_eq!(entries(&owner, "limit=200").await, before);
    world.stop().await;
}

#[tokio::test]
async fn entries_are_found_by_resource_actor_and_time_page_by_page_and_as_csv() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let site = format!("/v1/sites/{}", panel.site_id);
    for yen in 30..34 {
        owner
            .patch(&site, &json!({ "energy_yen_per_kwh": yen }))
            .await
            .expect(200);
    }
    let of_site = entries(&owner, &format!("resource={site}")).await;
    assert_eq!(of_site.len(), 5);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/audit-entries?resource={site}&limit=2{cursor}");
        let page = owner.get(&path).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, of_site);
    assert_eq!(entries(&owner, "actor_id=client-t1&limit=200").await.len(), 6);
    assert!(entries(&owner, "actor_id=client-t2").await.is_empty());
    let third = of_site[2]["at"].as_str().unwrap();
    let (from, to) = (
        entries(&owner, &format!("resource={site}&from={third}"))
            .await
            .len(),
        entries(&owner, &format!("resource={site}&to={third}"))
            .await
            .len(),
    );
    // Told to the millisecond, kept to the microsecond.
    assert!(from + to == 5 && from >= 3, "{from} and {to}");
    let span = "from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    let path = format!("/v1/exports/audit-entries.csv?{span}&resource={site}");
    let csv = owner.get(&path).await.expect(200);
    let lines: Vec<&str> = csv.as_str().unwrap().split("\r\n").collect();
    assert_eq!(lines.len(), 7, "{csv}");
    assert!(lines[0].starts_with("id,at,actor_kind,actor_id,"), "{csv}");
    assert!(
        lines[1].contains(",sites:write,PATCH /v1/sites/{id},") && lines[1].contains(&site),
        "{csv}"
    );
    let stranger = world.caller("t2", ALL_SCOPES);
    assert!(entries(&stranger, &format!("resource={site}")).await.is_empty());
    let theirs = stranger
        .get(&format!("/v1/exports/audit-entries.csv?{span}"))
        .await;
    assert_eq!(theirs.expect(200).as_str().unwrap().split("\r\n").count(), 2);
    world.stop().await;
}

/// Whether the host's command finds the chain whole, and what it says.
fn verify(world: &World, head: &[&str]) -> (bool, String) {
    let config = world.config_file();
    let output = Command::new(env!("CARGO_BIN_EXE_event-server"))
        .args(["audit", "verify", "--config"])
        .arg(&config)
        .args(head)
        .output()
        .unwrap();
    std::fs::remove_file(config).unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn the_hosts_command_follows_the_chain_and_finds_what_was_changed_in_it() {
    let world = World::start().await;
    let owner = world.owner();
    owner.panel(1).await;
    let (whole, said) = verify(&world, &[]);
    assert!(whole && said.starts_with("Whole: 2 entries."), "{said}");
    let last = entries(&owner, "limit=1").await.remove(0);
    let head = format!("--head={}", last["hash"].as_str().unwrap());
    owner.post("/v1/sites", &json!({ "name": "x" })).await.expect(201);
    assert!(verify(&world, &[&head]).0);
    world.sql("UPDATE audit SET entry = replace(entry, 'client-t1', 'client-t9') WHERE sequence = 2");
    let (whole, said) = verify(&world, &[]);
    assert!(!whole && said.contains("entry 2: the text was changed"), "{said}");
    world.stop().await;
}
