//! Mails that people wish, as a mail server that others wrote takes them.

use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::mailbox::Mailbox;
use crate::residents::{label, resident, world};
use crate::world::{Panel, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn residents_hear_of_the_end_and_managers_of_alarms_as_they_wish() {
    let Some(mut mailbox) = Mailbox::start("1") else {
        return;
    };
    let (world, panel) = world(|config| config.mail = Some(mailbox.config())).await;
    hear_of_the_end(&world, &panel, &mut mailbox).await;
    hear_of_alarms(&world, &panel, &mut mailbox).await;
    world.stop().await;
}

async fn hear_of_the_end(world: &World, panel: &Panel, mailbox: &mut Mailbox) {
    let person = Browser::person(world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let bad = person.post("/my/notices", "what=save&email=nobody").await;
    bad.tells(400, "Enter an e-mail address");
    let wish = "what=save&email=+aiko%40example.jp+";
    assert_eq!(person.post("/my/notices", wish).await.status, 303);
    person.get("/my").await.tells(200, "We write to aiko@example.jp");
    let begun = person
        .post(&format!("{}/start", label(panel, 0)), "limit=2h")
        .await;
    assert_eq!(begun.status, 303);
    // The panel never answers, so that the start fails.
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(mailbox.next()["refused"], true);
    world.clock.advance(Duration::from_secs(61));
    let mail = mailbox.next()["mail"].clone();
    assert_eq!(mail["to"], json!(["aiko@example.jp"]));
    assert_eq!(mail["subject"], "Your charge at 区画 1 did not start");
    let text = mail["text"].as_str().unwrap();
    assert!(
        text.contains(&world.url(&begun.location)) && text.contains("/my"),
        "{text}"
    );
    person.post("/my/notices", "what=stop").await;
    assert!(!person.get("/my").await.text.contains("aiko@example.jp"));
}

/// A report is no critical alarm: who wishes those alone hears of it on the pages.
async fn hear_of_alarms(world: &World, panel: &Panel, mailbox: &mut Mailbox) {
    let notices = format!("/sites/{}/notices", panel.site_id);
    let person = Browser::person(world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let roles = json!([{ "role": "manager", "site_id": panel.site_id }]);
    let manager = Browser::person(world, "per_3", &roles);
    manager
        .post(&notices, "email=hanako%40example.jp&level=critical")
        .await;
    let report = |index| format!("{}/report", label(panel, index));
    person
        .post(&report(0), "kind=damaged")
        .await
        .tells(200, "has been told");
    let wish = "email=hanako%40example.jp&level=all";
    manager.post(&format!("{notices}?lang=ja"), wish).await;
    person
        .post(&report(1), "kind=label")
        .await
        .tells(200, "has been told");
    let mail = mailbox.next()["mail"].clone();
    assert_eq!(mail["to"], json!(["hanako@example.jp"]));
    assert_eq!(mail["subject"], "駐車場: 利用者から不具合の報告があります");
    assert!(mail["text"].as_str().unwrap().contains("区画 2"), "{mail}");
    let other = Browser::person(world, "per_4", &roles);
    other.get(&notices).await.tells(200, "hanako@example.jp");
    other.post(&format!("{notices}/per_3/remove"), "").await;
    assert!(!other.get(&notices).await.text.contains("hanako"));
}
