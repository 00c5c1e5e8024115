//! Managers clear the fault of an outlet on the pages, and hear what its controller says to that.

use futures_util::future::join;
use serde_json::{Value, json};

use crate::browser::{Browser, sign_in_client};
use crate::certificates::Certified;
use crate::world::TlsStation;

/// What the station is told; it answers so.
async fn answers(station: &mut TlsStation, status: &str) -> Value {
    loop {
        let told = station.frame().await;
        if told[2] != "SetVariables" {
            continue;
        }
        let asked = told[3]["setVariableData"][0].clone();
        let result = json!({ "attributeStatus": status, "component": asked["component"], "variable": asked["variable"] });
        station
            .send(&json!([3, told[1], { "setVariableResult": [result] }]))
            .await;
        return asked;
    }
}

#[tokio::test]
async fn managers_clear_a_fault_and_are_told_what_the_controller_says() {
    let certified = Certified::start_with(|config| config.console.sign_in = Some(sign_in_client())).await;
    let mut station = certified.booted().await;
    let (world, site) = (&certified.world, format!("/sites/{}", certified.site_id));
    let outlets = world.owner().get("/v1/outlets").await.expect(200);
    let fault = format!(
        "{site}/outlets/{}/fault",
        outlets["data"][0]["id"].as_str().unwrap()
    );
    let (manager, member) = (
        Browser::of(world, "manager", &certified.site_id),
        Browser::of(world, "board_member", &certified.site_id),
    );
    let stranger = Browser::of(world, "manager", "sit_other");
    // Nothing to clear.
    assert_eq!(manager.get(&fault).await.location, format!("{site}/outlets"));
    world.sql("UPDATE outlet_current SET tripped = TRUE, fault = 'tripped'");
    let link = format!("href=\"{fault}\"");
    manager
        .get(&format!("{site}/outlets"))
        .await
        .says(&["ブレーカ異常: トリップ", &link]);
    let seen = member.get(&format!("{site}/outlets")).await;
    seen.says(&["ブレーカ異常: トリップ"]);
    assert!(!seen.text.contains(&link));
    manager.get(&fault).await.says(&["電気工事士", "トリップ"]);
    manager
        .get(&format!("{fault}?lang=en"))
        .await
        .says(&["set it back by hand"]);

    let looked = [("looked", "yes")];
    assert_eq!(member.get(&fault).await.status, 403);
    assert_eq!(member.post(&fault, &looked).await.status, 403);
    assert_eq!(stranger.post(&fault, &looked).await.status, 404);
    assert_eq!(manager.post_from_elsewhere(&fault).await.status, 403);
    let unsure = manager.post(&fault, "").await;
    assert_eq!(unsure.status, 409);
    assert!(unsure.text.contains("まだ解除していません"), "{}", unsure.text);

    let (refused, asked) = join(manager.post(&fault, &looked), answers(&mut station, "Rejected")).await;
    assert_eq!(
        (&asked["component"]["evse"]["id"], &asked["variable"]["name"]),
        (&json!(1), &json!("Tripped"))
    );
    assert_eq!(refused.status, 409);
    assert!(
        refused.text.contains("制御装置が解除を受け付けませんでした"),
        "{}",
        refused.text
    );
    let (done, _) = join(manager.post(&fault, &looked), answers(&mut station, "Accepted")).await;
    assert_eq!(
        (done.status, &done.location),
        (303, &format!("{site}?cleared=true"))
    );
    manager.get(&done.location).await.says(&["異常を解除しました"]);
    let log = world.owner().get("/v1/audit-entries?limit=1").await.expect(200);
    assert_eq!(log["data"][0]["actor"]["id"], "per_manager");
    world.sql("UPDATE controllers SET online = FALSE");
    let away = manager.post(&fault, &looked).await;
    assert_eq!(away.status, 409);
    assert!(away.text.contains("盤と通信できない"), "{}", away.text);
}
