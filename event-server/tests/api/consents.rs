//! What drivers have agreed to, and the meters that it is about.

use serde_json::json;

use crate::world::{ALL_SCOPES, World};

#[tokio::test]
async fn consents_are_kept_and_meters_whose_time_ends_are_found() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let verified = json!({ "meter_class": "verified", "meter_valid_until": "2033-03-31" });
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    owner.patch(&outlet, &verified).await.expect(200);
    let consents = "/v1/drivers/driver-1/consents";
    owner.get(consents).await.is_problem(404, "not-found");
    let asked = json!({ "site_id": panel.site_id, "text_version": "2026-04", "consented_at": "2026-10-01T00:00:00Z" });
    let made = owner.post(consents, &asked).await.expect(201);
    assert_eq!(made["consented_at"], "2026-10-01T00:00:00.000Z");
    assert_eq!(owner.get(consents).await.expect(200)["data"], json!([made]));
    let mut later = asked.clone();
    later["consented_at"] = json!("2999-01-01T00:00:00Z");
    owner
        .post(consents, &later)
        .await
        .is_problem(422, "invalid-request");
    let stranger = world.caller("t2", ALL_SCOPES);
    stranger.get(consents).await.is_problem(404, "not-found");
    stranger.post(consents, &asked).await.is_problem(404, "not-found");
    for (day, found) in [("2033-03-31", 0), ("2033-04-01", 1)] {
        let path = format!("/v1/outlets?meter_expires_before={day}");
        let page = owner.get(&path).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), found, "{day}");
    }
    owner
        .get("/v1/outlets?meter_expires_before=soon")
        .await
        .is_problem(400, "invalid-query");
    world.stop().await;
}
