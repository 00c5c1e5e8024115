//! Months and prices on the pages of managers: seen by whoever may see the site, changed by whoever looks after it.

use foundation::secrets::SecretHash;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Ended, Panel, World, ended_session};

/// A browser that somebody has signed in with.
struct Browser<'a> {
    world: &'a World,
    cookie: String,
}

/// What a page says, and how.
struct Page {
    status: StatusCode,
    location: String,
    text: String,
}

impl Browser<'_> {
    fn of<'a>(world: &'a World, role: &str, site_id: &str) -> Browser<'a> {
        let cookie = foundation::ids::random_text();
        let hash = SecretHash::of(&cookie).to_text();
        let roles = json!([{ "role": role, "site_id": site_id }]);
        world.sql(&format!(
            "INSERT INTO browser_sessions (hash, person_id, tenant_id, name, roles, sealed, ask_at_us, good_until_us, expires_at_us) \
             VALUES ('{hash}', 'per_{role}', 't1', '愛子', '{roles}', '', {0}, {0}, {0})",
            i64::MAX
        ));
        Browser { world, cookie }
    }

    async fn ask(&self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Page {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let mut request = client.build().unwrap().request(method, self.world.url(path));
        request = request.header("cookie", format!("denro-pages={}", self.cookie));
        if let Some(form) = form {
            let mut body = form_urlencoded::Serializer::new(String::new());
            let body = body.extend_pairs(form).finish();
            request = request
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
        }
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        Page {
            status: response.status(),
            location: location.map_or(String::new(), |to| to.to_str().unwrap().to_owned()),
            text: response.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.ask(Method::POST, path, Some(form)).await
    }
}

impl Page {
    #[track_caller]
    fn says(&self, texts: &[&str]) {
        assert_eq!(self.status, 200, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "{text} is not in {}", self.text);
        }
        assert!(!self.text.contains("style=") && !self.text.contains("<script>"));
    }
}

async fn world() -> World {
    let file = std::env::temp_dir().join(foundation::ids::id("denro-secret"));
    std::fs::write(&file, "s3cr3t").unwrap();
    World::start_with(|config| {
        config.console.sign_in = Some(event_server::config::SecretClient {
            client_id: "cli_pages".into(),
            client_secret_file: file,
        });
    })
    .await
}

async fn october(world: &World) -> Panel {
    let panel = world.owner().panel(1).await;
    let us = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let made_us = us("2026-10-05T00:00:00Z");
    world.sql(&format!("UPDATE sites SET created_at = {made_us}"));
    for (id, unit, registers_wh) in [
        ("ses_1", Some("301"), (1_000, 3_500)),
        ("ses_2", Some("<b>&2"), (3_500, 4_000)),
        ("ses_3", None, (4_000, 4_001)),
    ] {
        world.sql(&ended_session(&Ended {
            id,
            outlet: &panel.outlets[0],
            unit,
            ended_us: us("2026-10-20T00:00:00Z"),
            registers_wh,
        }));
    }
    panel
}

#[tokio::test]
async fn managers_see_a_month_with_what_is_under_each_figure() {
    let world = world().await;
    let panel = october(&world).await;
    let site = format!("/sites/{}", panel.site_id);
    let (manager, member) = (
        Browser::of(&world, "manager", &panel.site_id),
        Browser::of(&world, "board_member", &panel.site_id),
    );
    let stranger = Browser::of(&world, "manager", "sit_other");
    let months = format!("{site}/statements");
    let month = format!("{months}/2026-10");
    let list = member.get(&format!("{months}?lang=ja")).await;
    list.says(&["月次精算", "2026年10月", "未確定", &format!("href=\"{month}\"")]);
    member
        .get(&format!("{months}?lang=en"))
        .await
        .says(&["October 2026", "open"]);
    for path in [
        &months,
        &month,
        &format!("{month}.csv"),
        &format!("{month}/sessions"),
    ] {
        assert_eq!(stranger.get(path).await.status, 404, "{path}");
    }
    assert_eq!(manager.get(&format!("{months}/2026-09")).await.status, 404);
    let shown = manager.get(&format!("{month}?lang=en")).await;
    shown.says(&[
        &format!("{month}/sessions?unit=301"),
        "2.500",
        "kWh equivalent",
        "1.000 → 3.500",
        &format!("href=\"{month}/close\""),
        "Write a correction",
        "&#60;b&#62;&#38;2",
    ]);
    let seen = member.get(&format!("{month}?lang=en")).await;
    seen.says(&["2.500"]);
    assert!(!seen.text.contains("/close") && !seen.text.contains("Write a correction"));
    let charges = manager.get(&format!("{month}/sessions?unit=301")).await;
    charges.says(&["/charges/ses_1", "driver-1"]);
    assert!(!charges.text.contains("ses_2"));
    manager
        .get(&format!("{month}/sessions?unit="))
        .await
        .says(&["/charges/ses_3"]);
    let file = manager.get(&format!("{month}.csv?lang=en")).await;
    assert!(file.text.starts_with("\u{feff}kind,unit,"), "{}", file.text);
    world.stop().await;
}

#[tokio::test]
async fn managers_correct_and_close_a_month_and_nobody_else_does() {
    let world = world().await;
    let panel = october(&world).await;
    let month = format!("/sites/{}/statements/2026-10", panel.site_id);
    let (manager, member) = (
        Browser::of(&world, "manager", &panel.site_id),
        Browser::of(&world, "board_member", &panel.site_id),
    );
    // Only from a page of ours.
    let corrections = format!("{month}/corrections");
    let good = [("unit", "301"), ("amount_yen", "-1,050"), ("note", "おわび")];
    assert_eq!(member.post(&corrections, &good).await.status, 403);
    assert_eq!(member.post(&format!("{month}/close"), &[]).await.status, 403);
    assert_eq!(manager.ask(Method::POST, &corrections, None).await.status, 403);
    for (amount, note) in [("0", "x"), ("1.5", "x"), ("10000001", "x"), ("5", " ")] {
        let bad = manager
            .post(&corrections, &[("amount_yen", amount), ("note", note)])
            .await;
        assert_eq!(bad.status, 422, "{amount} {note}");
    }
    let written = manager.post(&corrections, &good).await;
    assert_eq!((written.status.as_u16(), &written.location), (303, &month));
    manager.get(&month).await.says(&["おわび", "-1,050"]);
    manager
        .get(&format!("{month}/close?lang=ja"))
        .await
        .says(&["確定する", "あとから変更できません"]);
    let closed = manager.post(&format!("{month}/close"), &[]).await;
    assert_eq!((closed.status.as_u16(), &closed.location), (303, &month));
    assert_eq!(manager.post(&format!("{month}/close"), &[]).await.status, 409);
    assert_eq!(manager.get(&format!("{month}/close")).await.status, 409);
    let frozen = manager.get(&format!("{month}?lang=ja")).await;
    frozen.says(&["確定", "照合値"]);
    assert!(!frozen.text.contains("訂正を入力"));
    let log = world.owner().get("/v1/audit-entries?limit=2").await.expect(200);
    assert_eq!(
        (&log["data"][0]["actor"]["id"], &log["data"][0]["actor"]["kind"]),
        (&json!("per_manager"), &json!("person"))
    );
    world.stop().await;
}

#[tokio::test]
async fn managers_see_every_version_of_the_prices_and_try_a_new_one_first() {
    let world = world().await;
    let panel = october(&world).await;
    let tariff = format!("/sites/{}/tariff", panel.site_id);
    let (manager, member) = (
        Browser::of(&world, "manager", &panel.site_id),
        Browser::of(&world, "board_member", &panel.site_id),
    );
    member
        .get(&format!("{tariff}?lang=ja"))
        .await
        .says(&["料金表がまだありません"]);
    let form = [
        ("yen", "31.5"),
        ("fixed", "10"),
        ("name_1", "夜間"),
        ("from_1", "23:00"),
        ("to_1", "07:00"),
        ("days_1", "mon,tue,wed,thu,fri,sat,sun,holiday"),
        ("yen_1", "20"),
        ("holidays", ""),
        ("valid_from", ""),
    ];
    let preview = format!("{tariff}/preview");
    assert_eq!(member.post(&preview, &form).await.status, 403);
    assert_eq!(member.post(&tariff, &form).await.status, 403);
    assert_eq!(manager.post(&preview, &[("yen", "a lot")]).await.status, 422);
    // 9 kWh by day at 31.5 yen, by night at 20; and 10 for the charge.
    let tried = manager.post(&format!("{preview}?lang=en"), &form).await;
    tried.says(&["¥293", "¥190", "value=\"31.5\"", "at once"]);
    let sites = format!("/v1/sites/{}", panel.site_id);
    let owner = world.owner();
    assert_eq!(owner.get(&sites).await.expect(200)["tariff_id"], Value::Null);
    assert_eq!(manager.post(&tariff, &form).await.status, 303);
    let made = owner.get(&sites).await.expect(200)["tariff_id"].clone();
    assert_ne!(made, Value::Null);
    manager
        .get(&format!("{tariff}?lang=en"))
        .await
        .says(&["¥31.5/kWh", "in force", "夜間 23:00–07:00"]);
    let mut later = form;
    (later[0].1, later[8].1) = ("40", "2098-01-01T00:00");
    assert_eq!(manager.post(&tariff, &later).await.status, 303);
    let both = manager.get(&format!("{tariff}?lang=ja")).await;
    both.says(&["適用予定", "適用中", "40 円/kWh", "2098年1月1日 00:00"]);
    let past = [("yen", "1"), ("valid_from", "2020-01-01T00:00")];
    assert_eq!(manager.post(&tariff, &past).await.status, 422);
    world.stop().await;
}
