//! One outlet's figures, on the page behind its tile.

use serde_json::json;

use crate::browser::{Browser, world};

const MINUTE_US: i64 = 60_000_000;

#[tokio::test]
async fn what_an_outlet_s_meter_says_and_how_its_day_went_is_behind_its_tile() {
    let world = world().await;
    let panel = world.owner().panel(1).await;
    let site = format!("/sites/{}", panel.site_id);
    let page = format!("{site}/outlets/{}", panel.outlets[0]);
    let member = Browser::of(&world, "board_member", &panel.site_id);
    let tile = format!("href=\"{page}\"");
    member.get(&site).await.says(&[&tile]);
    let bare = member.get(&format!("{page}?lang=en")).await;
    bare.says(&["<dt>Breaker</dt>"]);
    assert!(
        !bare.text.contains("<dt>Power</dt>") && !bare.text.contains("<svg"),
        "{}",
        bare.text
    );

    let now_us = world.clock.now_us();
    world.sql("UPDATE controllers SET online = TRUE");
    world.sql(&format!(
        "UPDATE outlet_current SET breaker = 'closed', register_wh = 1234567, voltage_mv = 201390, current_ma = 14690, \
         power_w = 2958, seen_at = {now_us}"
    ));
    for minute in 0..120 {
        let at = now_us - (120 - minute) * MINUTE_US;
        world.sql(&format!(
            "INSERT INTO readings (outlet_key, at, register_wh, breaker, moved_wh, account) \
             VALUES ((SELECT MIN(key) FROM outlets), {at}, {}, 'closed', 50, 0)",
            1_228_567 + 50 * minute
        ));
    }
    member.get(&format!("{page}?lang=en")).await.says(&[
        "<dd class=\"figures\">201.3 V</dd>",
        "14.6 A",
        "3.0 kW",
        "1,234.567 kWh",
        "The last 24 hours",
        "<rect class=\"bar",
    ]);
    member
        .get(&format!("{page}?lang=ja"))
        .await
        .says(&["指示値", "直近24時間"]);
    world.sql("UPDATE controllers SET online = FALSE");
    let offline = member.get(&format!("{page}?lang=en")).await;
    offline.says(&["1,234.567 kWh", "As of"]);
    assert!(!offline.text.contains("<dt>Power</dt>"), "{}", offline.text);
    let tiles = member.get(&site).await;
    assert!(!tiles.text.contains("3.0 kW"), "{}", tiles.text);

    let elsewhere = world.owner().panel(1).await;
    let strangers = format!("{site}/outlets/{}", elsewhere.outlets[0]);
    assert_eq!(member.get(&strangers).await.status, 404);
    let resident = json!([{ "role": "resident", "site_id": panel.site_id, "unit": "203" }]);
    let resident = Browser::person(&world, "per_1", &resident);
    assert_eq!(resident.get(&page).await.status, 404);
    assert_eq!(resident.get(&format!("{page}/stream")).await.status, 404);
    world.stop().await;
}
