//! Somebody deletes what is kept of them, and what bills need stays.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::residents::{label, resident, world};
use crate::world::{Panel, World};

const SURE: &str = "sure=yes";

/// As if they had signed in before: a driver with a name, and an address for mails.
fn known(world: &World, panel: &Panel, blocked: bool) {
    world.sql(&format!(
        "INSERT INTO drivers (tenant_id, id, name, unit, sites, outlets, blocked, created_at, updated_at) \
         VALUES ('t1', 'per_1', '井上 藍', '203', '[\"{}\"]', '[]', {blocked}, 1, 1)",
        panel.site_id
    ));
    world.sql(
        "INSERT INTO charge_notices (tenant_id, person_id, email, language, agreed_at) \
         VALUES ('t1', 'per_1', 'aiko@example.jp', 'ja', 1)",
    );
    world.sql(&format!(
        "INSERT INTO alarm_notices (site_id, person_id, name, email, language, level, changed_at) \
         VALUES ('{}', 'per_1', '井上 藍', 'aiko@example.jp', 'ja', 'all', 1)",
        panel.site_id
    ));
}

async fn drivers(world: &World) -> Vec<Value> {
    let page = world.owner().get("/v1/drivers").await.expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn whoever_deletes_their_data_is_nowhere_but_in_what_bills_need() {
    let (world, panel) = world(|_| {}).await;
    known(&world, &panel, false);
    let roles = json!([resident(&panel.site_id, "203")]);
    let (here, elsewhere) = (
        Browser::person(&world, "per_1", &roles),
        Browser::person(&world, "per_1", &roles),
    );
    let neighbour = Browser::person(&world, "per_2", &roles);
    here.get("/my").await.says(&["href=\"/my/data\""]);
    here.get("/my/data")
        .await
        .says(&["your name, your unit", "Delete my data"]);
    here.post("/my/data", "").await.tells(400, "Tick the box");

    let begun = here
        .post(&format!("{}/start", label(&panel, 0)), "limit=2h")
        .await;
    here.post("/my/data", SURE).await.tells(409, "Stop it first");
    assert_eq!(drivers(&world).await.len(), 1);
    let session_id = begun.location.rsplit('/').next().unwrap();
    world.end(session_id);

    let left = here.post("/my/data", SURE).await;
    assert_eq!(left.status, 303, "{}", left.text);
    for browser in [&here, &elsewhere] {
        assert_eq!(browser.get("/my").await.status, 303, "signed out");
    }
    assert_eq!(neighbour.get("/my").await.status, 200);
    assert!(drivers(&world).await.is_empty());
    let session = world
        .owner()
        .get(&format!("/v1/sessions/{session_id}"))
        .await
        .expect(200);
    assert_eq!(
        (&session["unit"], &session["energy_wh"]),
        (&json!("203"), &json!(70))
    );
    let manager = Browser::of(&world, "manager", &panel.site_id);
    for page in ["people", "charges", "audit", "settings"] {
        let shown = manager.get(&format!("/sites/{}/{page}", panel.site_id)).await;
        shown.says(&["<h1>"]);
        assert!(!shown.text.contains("aiko@example.jp"), "{page}");
    }
    let people = manager.get(&format!("/sites/{}/people", panel.site_id)).await;
    assert!(!people.text.contains("井上"), "{}", people.text);
    let back = Browser::person(&world, "per_1", &roles);
    assert!(!back.get("/my").await.text.contains("aiko@example.jp"));
    world.stop().await;
}

#[tokio::test]
async fn whoever_is_blocked_stays_so_without_a_name() {
    let (world, panel) = world(|_| {}).await;
    known(&world, &panel, true);
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    assert_eq!(person.post("/my/data", SURE).await.status, 303);
    let drivers = drivers(&world).await;
    assert_eq!(
        (&drivers[0]["name"], &drivers[0]["blocked"]),
        (&Value::Null, &json!(true))
    );
    world.stop().await;
}
