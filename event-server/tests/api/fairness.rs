//! What one tenant takes leaves room for the others.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::webhooks::send_test;
use crate::world::{ALL_SCOPES, Answer, Caller, World, claims, eventually};

async fn stream(caller: &Caller<'_>) -> Response {
    let request = caller.request(Method::GET, "/v1/events/stream");
    request.send().await.unwrap()
}

async fn ask_for_panel(caller: &Caller<'_>, site_id: &Value) -> Answer {
    let new = json!({ "site_id": site_id, "name": "simulated", "outlets": 1 });
    caller.post("/v1/sandbox/panels", &new).await
}

#[tokio::test]
async fn all_who_ask_for_one_tenant_share_its_requests_and_other_tenants_have_their_own() {
    let world = World::start_with(|config| {
        config.limits.tenant_per_second = NonZeroU32::MIN;
        config.limits.tenant_burst = NonZeroU32::new(4).unwrap();
    })
    .await;
    let client = world.owner();
    let person = world.person("t1", ALL_SCOPES, &json!([]));
    let first = client.act("/v1/sessions/ses_x/stop", "k", &Value::Null).await;
    first.is_problem(404, "not-found");
    let policies = "\"tenant\";q=4;w=4, \"acting\";q=100;w=2";
    assert_eq!(first.header("ratelimit-policy"), policies);
    let left = "\"tenant\";r=3;t=1, \"acting\";r=99;t=1";
    assert_eq!(first.header("ratelimit"), left);
    let refused = loop {
        let answer = client.get("/v1/meta").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"tenant\";q=4;w=4");
        if answer.status != 200 {
            break answer;
        }
    };
    refused.is_problem(429, "too-many-requests");
    assert_eq!(refused.header("ratelimit"), "\"tenant\";r=0;t=4");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let untouched = "\"tenant\";r=3;t=1";
    let person = person.get("/v1/meta").await;
    assert_ne!(person.header("ratelimit"), untouched, "it has its own");
    let other = world.caller("t2", "sites:read").get("/v1/meta").await;
    assert_eq!(other.header("ratelimit"), untouched);
    other.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_has_so_many_streams_at_once_and_another_one_when_one_has_ended() {
    let world = World::start_with(|config| config.limits.tenant_streams = 2).await;
    let owner = world.owner();
    let mut short = claims(&world.issuer, "t1", ALL_SCOPES);
    short["exp"] = (short["iat"].as_i64().unwrap() + 20).into();
    let request = world.http.get(world.url("/v1/events/stream"));
    let ends = request.bearer_auth(world.issuer.token(&short)).send();
    let (ends, lasts) = (ends.await.unwrap(), stream(&owner).await);
    assert_eq!([ends.status(), lasts.status()], [200, 200]);
    // A stream that is not refused has no end to be waited for.
    assert_eq!(stream(&owner).await.status(), 429);
    let refused = owner.get("/v1/events/stream").await;
    refused.is_problem(429, "too-many-streams");
    assert_eq!(refused.header("retry-after"), "15");
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("at most 2 streams"), "{detail}");
    let other = stream(&world.caller("t2", ALL_SCOPES)).await;
    assert_eq!(other.status(), 200);
    owner.get("/v1/events").await.expect(200);

    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    world.clock.advance(Duration::from_secs(31));
    send_test(&owner, &endpoint).await;
    ends.text().await.unwrap();
    let again = eventually(|| async {
        let again = stream(&owner).await;
        (again.status() == 200).then_some(again)
    });
    let again = again.await;
    assert_eq!(stream(&owner).await.status(), 429);
    drop((lasts, other, again));
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_has_so_many_outlets_and_no_more() {
    let world = World::start_with(|config| config.limits.tenant_outlets = 3).await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let body = |outlets: &[Value]| json!({ "site_id": panel.site_id, "name": "P", "outlets": outlets });
    let outlet = json!({ "name": "A" });
    let two = body(&[outlet.clone(), outlet.clone()]);
    let refused = owner.post("/v1/controllers", &two).await;
    refused.is_problem(409, "too-many-outlets");
    let controllers = owner.get("/v1/controllers").await.expect(200);
    assert_eq!(controllers["data"].as_array().unwrap().len(), 1, "{controllers}");
    let one = body(&[outlet]);
    owner.post("/v1/controllers", &one).await.expect(201);
    let refused = owner.post("/v1/controllers", &one).await;
    refused.is_problem(409, "too-many-outlets");
    world.caller("t2", ALL_SCOPES).panel(3).await;
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_has_so_many_simulated_panels_and_only_those_that_were_made_count() {
    let world = World::start_with(|config| {
        config.sandbox.enabled = true;
        config.limits.tenant_panels = 1;
    })
    .await;
    let owner = world.owner();
    let nowhere = ask_for_panel(&owner, &json!("sit_x")).await;
    nowhere.is_problem(422, "invalid-request");
    let site_of = async |caller: &Caller<'_>| {
        let site = caller.post("/v1/sites", &json!({ "name": "A" })).await;
        site.expect(201)["id"].clone()
    };
    let site_id = site_of(&owner).await;
    ask_for_panel(&owner, &site_id).await.expect(201);
    let refused = ask_for_panel(&owner, &site_id).await;
    refused.is_problem(409, "too-many-panels");
    let outlets = owner.get("/v1/outlets").await.expect(200);
    assert_eq!(outlets["data"].as_array().unwrap().len(), 1, "{outlets}");
    let other = world.caller("t2", ALL_SCOPES);
    let site_id = site_of(&other).await;
    ask_for_panel(&other, &site_id).await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn meta_tells_how_much_a_tenant_may_have() {
    let world = World::start_with(|config| {
        config.limits.tenant_streams = 7;
        config.limits.tenant_outlets = 70;
    })
    .await;
    let meta = world.caller("t1", "sites:read").get("/v1/meta").await.expect(200);
    let tenant = json!({ "policy": "tenant", "requests": 1000, "window_s": 2 });
    assert_eq!(meta["quotas"][2], tenant);
    let limits = &meta["limits"];
    assert_eq!(
        (&limits["streams_most"], &limits["outlets_most"]),
        (&json!(7), &json!(70))
    );
    assert_eq!(limits["webhook_endpoints_most"], 20);
    world.stop().await;
}
