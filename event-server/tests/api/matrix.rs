//! Who may do what: every operation of the document with every scope, and of one tenant by another.

use std::collections::{BTreeMap, BTreeSet};

use api_spec::token::Scope;
use reqwest::Method;

use crate::world::{ALL_SCOPES, Operation, World, answer};

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

#[tokio::test]
async fn each_scope_opens_the_operations_that_name_it_and_no_other() {
    let world = World::start_with(|config| {
        config.limits.acting_burst = std::num::NonZeroU32::new(10_000).unwrap();
        config.limits.scanning_burst = std::num::NonZeroU32::new(10_000).unwrap();
    })
    .await;
    let (mut opened, mut closed) = (0, 0);
    for scope in Scope::all() {
        let caller = world.caller("t1", scope.name());
        for operation in Operation::all() {
            let Some(scopes) = &operation.scopes else { continue };
            if operation.id == "stream_events" && scopes.iter().any(|name| name == scope.name()) {
                continue;
            }
            let path = operation.path.replace("{id}", "x").replace("{code}", "x");
            let answer = answer(caller.request(operation.method.clone(), &path)).await;
            let what = format!("{} {path} with {}", operation.method, scope.name());
            if scopes.is_empty() || scopes.iter().any(|name| name == scope.name()) {
                let status = answer.status.as_u16();
                assert!(![401, 403, 405, 429].contains(&status), "{what}: {}", answer.body);
                opened += 1;
            } else {
                assert_eq!(answer.status, 403, "{what}: {}", answer.body);
                answer.is_problem(403, "insufficient-scope");
                let challenge = answer.challenge();
                assert!(
                    challenge.ends_with(&format!("scope=\"{}\"", scopes[0])),
                    "{what}: {challenge}"
                );
                closed += 1;
            }
        }
    }
    assert!(opened > 80 && closed > 600, "{opened} opened, {closed} closed");
    world.stop().await;
}

#[tokio::test]
async fn whatever_names_one_of_another_tenants_things_is_not_found() {
    let world = World::start_in_sandbox().await;
    let (owner, stranger) = (world.caller("owner", ALL_SCOPES), world.caller("t2", ALL_SCOPES));
    let things = owner.things().await;
    let mut asked = 0;
    for operation in Operation::all() {
        let is_put = operation.id == "put_driver";
        if !operation.names_one() || is_put || operation.is_of_all_tenants() {
            continue;
        }
        let answer = operation.ask(&stranger, &things).await;
        assert_eq!(answer.status, 404, "{}: {}", operation.id, answer.body);
        answer.is_problem(404, "not-found");
        asked += 1;
    }
    assert!(asked > 40, "{asked}");
    // An id that an app backend makes up says nothing of anybody else's.
    let put = Operation::all()
        .into_iter()
        .find(|all| all.id == "put_driver")
        .unwrap();
    put.ask(&stranger, &things).await.expect(201);
    let kept = owner.get(&format!("/v1/drivers/{}", things.driver)).await;
    assert_eq!(kept.expect(200)["unit"], "301");
    world.stop().await;
}

#[tokio::test]
async fn nothing_that_is_listed_or_named_in_a_body_is_another_tenants() {
    let world = World::start_in_sandbox().await;
    let (owner, stranger) = (world.caller("owner", ALL_SCOPES), world.caller("t2", ALL_SCOPES));
    let things = owner.things().await;
    let (mut listed, mut refused) = (0, 0);
    for operation in Operation::all() {
        let open = operation.scopes.as_ref().is_none_or(Vec::is_empty);
        if operation.names_one() || open || operation.is_of_all_tenants() || operation.id == "stream_events" {
            continue;
        }
        let answer = operation.ask(&stranger, &things).await;
        let text = answer.body.to_string();
        if operation.method == Method::GET {
            for id in things.ids() {
                assert!(!text.contains(id), "{} shows {id}: {text}", operation.id);
            }
            listed += 1;
        } else if ![201].contains(&answer.status.as_u16()) {
            let status = answer.status.as_u16();
            assert!([404, 422].contains(&status), "{}: {text}", operation.id);
            refused += 1;
        }
    }
    assert!(listed > 12 && refused >= 4, "{listed} listed, {refused} refused");
    world.stop().await;
}

#[tokio::test]
async fn every_good_request_of_the_owner_is_answered_as_the_document_says() {
    let world = World::start_in_sandbox().await;
    let document = event_server::openapi_document();
    for (number, operation) in Operation::all().into_iter().enumerate() {
        if operation.id == "stream_events"
            || operation.is_of_all_tenants()
            || operation.id == "get_own_tenant"
        {
            continue;
        }
        let owner = world.caller(&format!("owner-{number}"), ALL_SCOPES);
        let things = owner.things().await;
        let answer = operation.ask(&owner, &things).await;
        let method = operation.method.as_str().to_lowercase();
        let status = answer.status.as_u16();
        assert!(
            (200..300).contains(&status),
            "{}: {status} {}",
            operation.id,
            answer.body
        );
        let told = &document["paths"][&operation.path][method]["responses"];
        assert!(
            told.get(status.to_string()).is_some(),
            "{}: {status}",
            operation.id
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn no_path_takes_a_method_that_the_document_does_not_tell_of() {
    let world = World::start().await;
    let owner = world.owner();
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in Operation::all() {
        let methods = paths.entry(operation.path).or_default();
        methods.insert(operation.method.to_string());
    }
    for (path, told) in paths {
        let concrete = path.replace("{id}", "x").replace("{code}", "x");
        for method in METHODS {
            if told.contains(method.as_str()) {
                continue;
            }
            let answer = answer(owner.request(method.clone(), &concrete)).await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.body);
            let allowed = answer.header("allow").split(", ").map(str::to_owned);
            assert_eq!(allowed.collect::<BTreeSet<_>>(), told, "{path}");
        }
    }
    world.stop().await;
}

/// What is served and no part of the API: the document itself, and where its issuer is told.
const BESIDE: [&str; 1] = ["/openapi.json"];

#[test]
fn no_path_is_served_that_the_document_does_not_have() {
    let table = concat!(
        include_str!("../../src/http/routes.rs"),
        include_str!("../../src/http/routes/stated.rs"),
        include_str!("../../src/http/routes/telling.rs")
    );
    let document = event_server::openapi_document();
    let texts = table.split('"').skip(1).step_by(2);
    let mut found = 0;
    for text in texts {
        let path = match text {
            path if path.starts_with('/') => path.replace("{{", "{").replace("}}", "}"),
            // Below one controller.
            _ if table.contains(&format!("asked(\"{text}\"")) || is_certificates(text) => {
                format!("/v1/controllers/{{id}}/{text}")
            }
            _ => continue,
        };
        if path.ends_with("{what}") || BESIDE.contains(&path.as_str()) {
            continue;
        }
        assert!(
            document["paths"].get(&path).is_some(),
            "{path} is not in the document"
        );
        found += 1;
    }
    assert!(found >= document["paths"].as_object().unwrap().len(), "{found}");
}

fn is_certificates(text: &str) -> bool {
    text.starts_with("certificate-")
}
