//! Receipts: what a session was, in the words and the clocks of whoever pays.

use serde_json::json;

use crate::papers::{Paper, can_be_read};
use crate::world::{ALL_SCOPES, World};

#[tokio::test]
async fn a_receipt_tells_registers_energy_price_and_total_by_the_site_s_clocks() {
    if !can_be_read() {
        return;
    }
    let world = World::start().await;
    let owner = world.caller("t1", &format!("{ALL_SCOPES} tenants:write"));
    let named = json!({ "id": "t1", "name": "みどり管理株式会社", "contact": "03-1234-5678" });
    owner.post("/v1/tenants", &named).await.expect(201);
    let panel = owner.panel(1).await;
    let terms = json!({ "energy_milliyen_per_kwh": 31_500, "fixed_yen": 50, "minimum_yen": 100 });
    let tariff = json!({ "name": "昼", "terms": terms });
    let tariff = owner.post("/v1/tariffs", &tariff).await.expect(201);
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    let change = json!({ "tariff_id": tariff["id"] });
    owner.patch(&outlet, &change).await.expect(200);
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let session = started["session"]["id"].as_str().unwrap();
    let path = format!("/v1/sessions/{session}/receipt.pdf");
    owner.get(&path).await.is_problem(409, "session-running");
    world.end(session);
    let text = async |query: &str| {
        let answer = owner.request(reqwest::Method::GET, &format!("{path}{query}"));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        Paper::keep(&answer.bytes().await.unwrap()).text()
    };
    let japanese = text("?lang=ja").await;
    for words in [
        "充電ご利用明細",
        "みどり管理株式会社",
        session,
        "区画 1",
        "2026年10月31日 22:58",
        "2026年10月31日 23:59",
        "設定した時間に到達",
        "1.000 kWh相当",
        "1.070 kWh相当",
        "0.070 kWh相当 × 31.5 円/kWh相当",
        "最低料金との差額",
        "100",
    ] {
        assert!(japanese.contains(words), "{words} is not in {japanese}");
    }
    let verified = json!({ "meter_class": "verified" });
    owner.patch(&outlet, &verified).await.expect(200);
    let english = text("?lang=en").await;
    assert!(
        english.contains("0.070 kWh × 31.5 yen/kWh") && english.contains("The time was up"),
        "{english}"
    );
    assert!(!english.contains("equiv"), "{english}");
    let stranger = world.caller("t2", ALL_SCOPES);
    stranger.get(&path).await.is_problem(404, "not-found");
    world.stop().await;
}
