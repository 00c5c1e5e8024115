//! Months and prices on the pages of managers: seen by whoever may see the site, changed by whoever looks after it.

use serde_json::{Value, json};

use crate::browser::{Browser, world};
use crate::world::{Ended, Panel, World, ended_session};

pub(crate) async fn october(world: &World) -> Panel {
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
    assert_eq!(member.post(&format!("{month}/close"), "").await.status, 403);
    assert_eq!(manager.post_from_elsewhere(&corrections).await.status, 403);
    for (amount, note) in [("0", "x"), ("1.5", "x"), ("10000001", "x"), ("5", " ")] {
        let bad = manager
            .post(&corrections, &[("amount_yen", amount), ("note", note)])
            .await;
        assert_eq!(bad.status, 422, "{amount} {note}");
    }
    let asked = manager.post(&corrections, &good).await;
    assert_eq!(asked.status, 200);
    asked.says(&["301", "1,050", "おわび", "name=\"sure\" value=\"true\""]);
    let month_page = manager.get(&month).await;
    assert!(
        !month_page.text.contains("おわび"),
        "nothing is booked before the second answer"
    );
    let sure: Vec<_> = good.into_iter().chain([("sure", "true")]).collect();
    let written = manager.post(&corrections, &sure).await;
    assert_eq!((written.status, &written.location), (303, &month));
    manager.get(&month).await.says(&["おわび", "−1,050"]);
    manager
        .get(&format!("{month}/close?lang=ja"))
        .await
        .says(&["確定する", "あとから変更できません"]);
    let closed = manager.post(&format!("{month}/close"), "").await;
    assert_eq!((closed.status, &closed.location), (303, &month));
    assert_eq!(manager.post(&format!("{month}/close"), "").await.status, 409);
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
    tried.says(&["¥293", "¥190", "value=\"31.5\"", "From now", "Not in force yet"]);
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

#[tokio::test]
async fn an_invitation_is_printed_as_a_letter_and_no_other_address_is() {
    let world = world().await;
    let panel = world.owner().panel(1).await;
    let site = format!("/sites/{}", panel.site_id);
    let [manager, member] = ["manager", "board_member"].map(|role| Browser::of(&world, role, &panel.site_id));
    let people = manager.get(&format!("{site}/people?lang=ja")).await;
    people.says(&["招待状を印刷する"]);
    let link = format!(
        "{}/invitation?code=dnr_in_7Kq8W4nd2fv6h9tr5ce",
        world.issuer.url()
    );
    let path = format!("{site}/letter.pdf");
    let form = |link: &str| {
        [
            ("link", link.to_owned()),
            ("unit", "301".into()),
            ("until", "2026-12-07".into()),
        ]
    };
    let send = async |browser: &Browser<'_>, link: &str| {
        let form = form(link);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&path, &form).await
    };
    assert_eq!(send(&member, &link).await.status, 403);
    for wrong in [
        "https://evil.example/invitation?code=dnr_in_7Kq8",
        &format!("{link} x"),
        "dnr_in_7Kq8",
    ] {
        assert_eq!(send(&manager, wrong).await.status, 422, "{wrong}");
    }
    if crate::papers::can_be_read() {
        let letter = send(&manager, &link).await;
        assert_eq!(letter.status, 200, "{}", letter.text);
        let paper = crate::papers::Paper::keep(&letter.bytes);
        assert_eq!(paper.pages(200)[0].read_by_zbar(), [link]);
        let text = paper.text();
        for words in [
            "招待状",
            "How to begin",
            "Unit 301",
            "2026-12-07",
            "dnr_in_7Kq8W4nd2fv6h9tr5ce",
        ] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn the_audit_log_of_a_site_is_shown_to_its_beginning_and_tells_nothing_of_others() {
    let world = world().await;
    let owner = world.owner();
    let (panel, other) = (owner.panel(1).await, owner.panel(1).await);
    let site = format!("/v1/sites/{}", panel.site_id);
    for yen in 1..=101 {
        owner
            .patch(&site, &json!({ "energy_yen_per_kwh": yen }))
            .await
            .expect(200);
    }
    let manager = Browser::of(&world, "manager", &panel.site_id);
    let path = format!("/sites/{}/audit", panel.site_id);
    let newest = manager.get(&path).await;
    newest.says(&["1 kWhあたりの単価: 100 円 → 101 円", "?before="]);
    // In words, and as programs name it.
    newest.says(&["を変更しました", "<code>PATCH /v1/sites/{id}</code>"]);
    let english = manager.get(&format!("{path}?lang=en")).await;
    english.says(&["<span>changed the building "]);
    assert!(!newest.text.contains("– → 1 円<"), "{}", newest.text);
    let (_, rest) = newest.text.split_once("?before=").unwrap();
    let older = manager
        .get(&format!("{path}?before={}", rest.split_once('"').unwrap().0))
        .await;
    older.says(&[
        "1 kWhあたりの単価: – → 1 円<",
        "POST /v1/sites",
        "POST /v1/controllers",
    ]);
    assert!(!older.text.contains("?before="));
    let csv = manager.get(&format!("{path}.csv")).await;
    // The site, its panel, and all prices.
    assert_eq!(csv.text.lines().count(), 1 + 2 + 101, "{}", csv.text);
    let name = panel.controller["outlets"][0]["name"].as_str().unwrap();
    world
        .owner()
        .start_session(&panel.outlets[0], "k")
        .await
        .expect(202);
    let started = format!("{name} で充電を開始しました");
    manager.get(&path).await.says(&[&started, "POST /v1/sessions"]);
    assert!(csv.text.contains(&panel.site_id) && !csv.text.contains(&other.site_id));
    let elsewhere = Browser::of(&world, "manager", "sit_other");
    assert_eq!(elsewhere.get(&format!("{path}.csv")).await.status, 404);
    world.stop().await;
}
