//! Endpoints that are changed: address, types, secret, rate, and how we show who we are.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use crate::webhooks::{deliveries, failed, is_signed, send_test, subscribe};
use crate::world::{Answer, Caller, Receiver, World, eventually};

async fn patch(owner: &Caller<'_>, endpoint: &Value, body: &Value) -> Answer {
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    owner.patch(&path, body).await
}

#[tokio::test]
async fn an_endpoint_is_changed_and_what_waits_goes_to_the_new_address_at_once() {
    let world = World::start().await;
    let (owner, wrong, right) = (world.owner(), Receiver::start().await, Receiver::start().await);
    let endpoint = subscribe(&owner, &wrong, &["session.ended"]).await;
    wrong.answer_next([500; 5]);
    let waiting = send_test(&owner, &endpoint).await;
    failed(&owner, &endpoint, 1).await;
    let change = json!({ "url": right.url(), "description": "本番", "types": [], "rate_per_s": 100 });
    let changed = patch(&owner, &endpoint, &change).await.expect(200);
    for key in ["url", "description", "types", "rate_per_s"] {
        assert_eq!(changed[key], change[key]);
    }
    assert_eq!(right.first(1).await[0].id, waiting);
    let plain = json!({ "description": null, "rate_per_s": null });
    let changed = patch(&owner, &endpoint, &plain).await.expect(200);
    assert_eq!(
        (&changed["description"], &changed["rate_per_s"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(changed["url"], right.url());
    for (bad, pointer) in [
        (json!({ "url": "nonsense" }), "/url"),
        (json!({ "rate_per_s": 0 }), "/rate_per_s"),
        (json!({ "description": " " }), "/description"),
        (
            json!({ "oauth2": { "token_url": "nonsense", "client_id": "a", "client_secret": "b" } }),
            "/oauth2/token_url",
        ),
    ] {
        let refused = patch(&owner, &endpoint, &bad).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    }
    world.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_switched_off_is_sent_nothing_and_keeps_nothing_waiting() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    receiver.answer_next([500]);
    send_test(&owner, &endpoint).await;
    failed(&owner, &endpoint, 1).await;
    let off = patch(&owner, &endpoint, &json!({ "enabled": false }))
        .await
        .expect(200);
    assert_eq!(
        (&off["enabled"], &off["disabled_reason"]),
        (&json!(false), &json!("disabled by request"))
    );
    assert_eq!(deliveries(&owner, &endpoint).await[0]["state"], "failed");
    patch(&owner, &endpoint, &json!({ "enabled": true }))
        .await
        .expect(200);
    let next = send_test(&owner, &endpoint).await;
    let received = receiver.first(2).await;
    assert_eq!(
        (received[1].id.as_str(), &received[1].event["gap"]),
        (next.as_str(), &json!(true))
    );
    world.stop().await;
}

#[tokio::test]
async fn a_new_secret_signs_at_once_and_the_one_before_it_for_another_day() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    let old = endpoint["secret"].as_str().unwrap();
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    let rotated = owner
        .post(&format!("{path}/secret-rotations"), &json!({}))
        .await
        .expect(201);
    let new = rotated["secret"].as_str().unwrap();
    send_test(&owner, &endpoint).await;
    let both = receiver.first(1).await.remove(0);
    assert!(is_signed(&both, old) && is_signed(&both, new));
    assert_eq!(both.signature.split(' ').count(), 2);
    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown["previous_secret_until"], rotated["previous_secret_until"]);
    assert!(!shown.to_string().contains("whsec_"));
    world.clock.advance(Duration::from_secs(24 * 3600));
    send_test(&owner, &endpoint).await;
    let one = receiver.first(2).await.remove(1);
    assert!(is_signed(&one, new) && !is_signed(&one, old));
    eventually(|| async {
        let shown = owner.get(&path).await.expect(200);
        shown["previous_secret_until"].is_null().then_some(())
    })
    .await;
    world.stop().await;
}

/// A token endpoint that counts what it gives.
async fn token_server() -> (String, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let (given, asked) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::<Mutex<Vec<String>>>::default(),
    );
    let (count, log) = (given.clone(), asked.clone());
    let server = HttpServer::new(move || {
        let (count, log) = (count.clone(), log.clone());
        App::new().default_service(web::to(move |request: actix_web::HttpRequest, body: String| {
            let authorization = request.headers().get("authorization").unwrap();
            let text = format!("{} {body}", authorization.to_str().unwrap());
            log.lock().unwrap().push(text);
            let number = count.fetch_add(1, SeqCst) + 1;
            let answer = json!({
                "access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": 600,
            });
            async move { HttpResponse::Ok().json(answer) }
        }))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token", server.addrs()[0]);
    tokio::spawn(server.run());
    (url, given, asked)
}

#[tokio::test]
async fn a_receiver_that_wants_an_access_token_gets_one_until_it_expires_or_is_refused() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let (token_url, given, asked) = token_server().await;
    let client = json!({
        "token_url": token_url, "client_id": "denro", "client_secret": "s3cret-of-theirs", "scope": "hooks write",
    });
    let body = json!({ "url": receiver.url(), "oauth2": client });
    let endpoint = owner.post("/v1/webhook-endpoints", &body).await.expect(201);
    assert_eq!(
        endpoint["oauth2"],
        json!({ "token_url": token_url, "client_id": "denro", "scope": "hooks write" })
    );
    let sent = async |count: usize| {
        send_test(&owner, &endpoint).await;
        let received = receiver.first(count).await;
        received[count - 1].authorization.clone().unwrap()
    };
    assert_eq!(sent(1).await, "Bearer token-1");
    assert_eq!(sent(2).await, "Bearer token-1");
    assert_eq!(given.load(SeqCst), 1);
    assert!(asked.lock().unwrap()[0].contains("scope=hooks+write"));
    world.clock.advance(Duration::from_secs(571));
    assert_eq!(sent(3).await, "Bearer token-2");
    receiver.answer_next([401]);
    assert_eq!(sent(4).await, "Bearer token-2");
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(
        receiver.first(5).await[4].authorization.as_deref(),
        Some("Bearer token-3")
    );
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    let delivery = deliveries(&owner, &endpoint).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in [path.clone(), format!("/v1/deliveries/{delivery}/attempts")] {
        let shown = owner.get(&path).await.expect(200).to_string();
        assert!(!shown.contains("s3cret") && !shown.contains("token-3"), "{shown}");
    }
    let none = owner.patch(&path, &json!({ "oauth2": null })).await;
    assert_eq!(none.expect(200)["oauth2"], Value::Null);
    send_test(&owner, &endpoint).await;
    assert_eq!(receiver.first(6).await[5].authorization, None);
    world.stop().await;
}

#[tokio::test]
async fn a_token_endpoint_inside_is_not_asked() {
    let world = World::start_with(|config| {
        config.webhooks.allow_private_addresses = false;
        config.webhooks.allow_http = false;
    })
    .await;
    let owner = world.owner();
    let (url, given, _) = token_server().await;
    let client = json!({ "token_url": url, "client_id": "a", "client_secret": "b" });
    let body = json!({ "url": "https://app.example.com/", "oauth2": client });
    let refused = owner.post("/v1/webhook-endpoints", &body).await;
    refused.is_problem(422, "invalid-request");
    // By a name that leads inside.
    let client = json!({ "token_url": "https://localhost/token", "client_id": "a", "client_secret": "b" });
    let body = json!({ "url": "https://app.example.com/", "oauth2": client });
    let endpoint = owner.post("/v1/webhook-endpoints", &body).await.expect(201);
    send_test(&owner, &endpoint).await;
    let failed = failed(&owner, &endpoint, 1).await;
    assert!(
        failed["last_error"]
            .as_str()
            .unwrap()
            .starts_with("no access token")
    );
    assert_eq!(given.load(SeqCst), 0);
    world.stop().await;
}
