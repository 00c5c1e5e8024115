//! Labels that are printed first: bound once, by their tenant, at their site, and to nobody's surprise.

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, World};

fn without_request_id(answer: Answer) -> (u16, Value) {
    let mut body = answer.body;
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status.as_u16(), body)
}

#[tokio::test]
async fn a_label_of_a_batch_leads_nowhere_until_it_is_bound_and_to_one_outlet_then() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let asked = json!({ "site_id": panel.site_id, "count": 3 });
    let made = owner.post("/v1/label-batches", &asked).await;
    let location = made.header("location").to_owned();
    let batch = made.expect(201);
    assert_eq!(owner.get(&location).await.expect(200), batch);
    let labels = batch["labels"].as_array().unwrap();
    assert_eq!((labels.len(), &labels[0]["outlet_id"]), (3, &Value::Null));
    let csv = owner.get(&format!("{location}.csv")).await.expect(200);
    let lines: Vec<&str> = csv.as_str().unwrap().lines().collect();
    assert_eq!((lines.len(), lines[0]), (4, "public_code,shown,url"));
    for (line, label) in lines[1..].iter().zip(labels) {
        let expected = ["public_code", "shown", "url"].map(|name| label[name].as_str().unwrap());
        assert_eq!(*line, expected.join(","));
    }
    let code = labels[1]["public_code"].as_str().unwrap();
    let unbound = owner.get(&format!("/v1/outlet-codes/{code}")).await;
    unbound.is_problem(404, "not-found");
    let outlet = &panel.outlets[0];
    let old = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let path = format!("/v1/outlets/{outlet}/code-bindings");
    let typed = json!({ "code": labels[1]["shown"] });
    let bound = owner.act(&path, "k1", &typed).await.expect(201);
    assert_eq!(
        (&bound["public_code"], &bound["url"]),
        (&labels[1]["public_code"], &labels[1]["url"])
    );
    let again = owner.act(&path, "k1", &typed).await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.body),
        ("true", &bound)
    );
    let scanned = owner.get(&format!("/v1/outlet-codes/{code}")).await.expect(200);
    assert_eq!(scanned["id"], json!(outlet));
    let gone = owner.get(&format!("/v1/outlet-codes/{old}")).await;
    assert_eq!(without_request_id(gone), without_request_id(unbound));
    let shown = owner.get(&location).await.expect(200);
    assert_eq!(shown["labels"][1]["outlet_id"], json!(outlet));
    let events = owner
        .get("/v1/events?types=outlet.code_rotated")
        .await
        .expect(200);
    assert_eq!(events["data"][0]["data"]["public_code"], json!(code));
    let log = owner.get("/v1/audit-entries?limit=200").await.expect(200);
    let told = log.to_string();
    assert!(told.contains("POST /v1/outlets/{id}/code-bindings"));
    assert!(
        !told.contains(labels[2]["public_code"].as_str().unwrap()),
        "{told}"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_code_that_cannot_be_bound_is_answered_alike_whatever_it_is() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let (panel, theirs) = (owner.panel(2).await, stranger.panel(1).await);
    let code_of = |batch: &Value, label: usize| batch["labels"][label]["public_code"].clone();
    let any = owner
        .post("/v1/label-batches", &json!({ "count": 2 }))
        .await
        .expect(201);
    let others = stranger
        .post("/v1/label-batches", &json!({ "count": 1 }))
        .await
        .expect(201);
    let bind = |outlet: usize| format!("/v1/outlets/{}/code-bindings", panel.outlets[outlet]);
    let used = json!({ "code": code_of(&any, 0) });
    owner.post(&bind(0), &used).await.expect(201);
    // Its outlet has a new code since, and it is still nobody's else.
    let rotate = format!("/v1/outlets/{}/code-rotations", panel.outlets[0]);
    owner.post(&rotate, &Value::Null).await.expect(201);
    let unknown = without_request_id(owner.post(&bind(1), &json!({ "code": "222222222" })).await);
    assert_eq!(unknown.0, 404);
    let of_outlet = panel.controller["outlets"][1]["public_code"].clone();
    for code in [
        code_of(&any, 0),
        code_of(&others, 0),
        of_outlet,
        json!("22222222f"),
        json!("盤"),
    ] {
        let refused = owner.post(&bind(1), &json!({ "code": code })).await;
        assert_eq!(without_request_id(refused), unknown, "{code}");
    }
    // The one that nobody has had is still free; for another site it is not.
    let elsewhere = owner.panel(1).await;
    let made = json!({ "site_id": elsewhere.site_id, "count": 1 });
    let made = owner.post("/v1/label-batches", &made).await.expect(201);
    let refused = owner.post(&bind(1), &json!({ "code": code_of(&made, 0) })).await;
    refused.is_problem(422, "invalid-request");
    assert_eq!(refused.body["errors"][0]["pointer"], "/code");
    owner
        .post(&bind(1), &json!({ "code": code_of(&any, 1) }))
        .await
        .expect(201);
    for (wrong, pointer) in [
        (json!({ "count": 0 }), "/count"),
        (json!({ "count": 501 }), "/count"),
        (json!({ "count": 1, "site_id": theirs.site_id }), "/site_id"),
    ] {
        let refused = owner.post("/v1/label-batches", &wrong).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    }
    world.stop().await;
}
