//! What managers change on the pages: read as it was typed, asked twice where it cannot be undone, and told in the audit log.

use serde_json::json;

use crate::browser::{Browser, Page, world};
use crate::manager_pages::october;
use crate::world::World;

const NIGHT: [(&str, &str); 5] = [
    ("yen", "31"),
    ("name_1", "夜間"),
    ("from_1", "23:00"),
    ("to_1", "07:00"),
    ("yen_1", "20"),
];

async fn manager(world: &World) -> (Browser<'_>, String) {
    let panel = october(world).await;
    let site = format!("/sites/{}", panel.site_id);
    (Browser::of(world, "manager", &panel.site_id), site)
}

/// Not done, and told why.
#[track_caller]
fn refuses(page: &Page, status: u16, texts: &[&str]) {
    for text in texts {
        page.tells(status, text);
    }
}

#[tokio::test]
async fn prices_that_are_typed_wrong_are_told_field_by_field_and_stay_as_they_were_typed() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let preview = format!("{site}/tariff/preview?lang=en");
    let mut nameless = NIGHT;
    nameless[1].1 = "";
    let refused = manager.post(&preview, &nameless).await;
    refuses(
        &refused,
        422,
        &["Give this time of day a name", "value=\"23:00\"", "value=\"20\""],
    );
    let mut both = NIGHT.to_vec();
    both.extend([
        ("name_2", "昼"),
        ("from_2", "6:00"),
        ("to_2", "18:00"),
        ("yen_2", "25"),
    ]);
    let refused = manager.post(&preview, &both).await;
    refuses(
        &refused,
        422,
        &["“夜間 23:00–07:00” and “昼 06:00–18:00” overlap"],
    );
    let past = [("yen", "7.5"), ("valid_from", "2020-01-01T00:00")];
    let refused = manager.post(&preview, &past).await;
    refuses(
        &refused,
        422,
        &[
            "This lies in the past",
            "value=\"7.5\"",
            "value=\"2020-01-01T00:00\"",
        ],
    );
    // Back from the preview, everything is there.
    manager
        .post(&preview, &NIGHT)
        .await
        .says(&["夜間 23:00–07:00", "name=\"again\""]);
    let mut again = NIGHT.to_vec();
    again.push(("again", "true"));
    let form = manager.post(&preview, &again).await;
    assert_eq!(form.status, 200);
    form.says(&["value=\"夜間\"", "value=\"23:00\"", "value=\"31\""]);
    world.stop().await;
}

#[tokio::test]
async fn prices_that_have_not_begun_are_withdrawn_and_earlier_ones_can_be_registered_then() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let tariff = format!("{site}/tariff");
    let later = [("yen", "40"), ("valid_from", "2098-12-15T00:00")];
    assert_eq!(manager.post(&tariff, &later).await.status, 303);
    let now = [("yen", "33"), ("valid_from", "")];
    let refused = manager.post(&format!("{tariff}?lang=en"), &now).await;
    refuses(
        &refused,
        422,
        &["Prices from 15 Dec 2098, 00:00 are registered already"],
    );
    let shown = manager.get(&format!("{tariff}?lang=ja")).await;
    shown.says(&["この予定を取り消す", "下の料金表が始まるまでは"]);
    let (_, rest) = shown.text.split_once(&format!("href=\"{tariff}/")).unwrap();
    let withdraw = format!("{tariff}/{}", rest.split_once('"').unwrap().0);
    let sure = manager.get(&format!("{withdraw}?lang=en")).await;
    sure.says(&[
        "Withdraw the prices from 15 Dec 2098, 00:00",
        "No, leave it as it is",
    ]);
    let id = site.rsplit('/').next().unwrap();
    let member = Browser::of(&world, "board_member", id);
    assert_eq!(member.get(&withdraw).await.status, 403);
    assert_eq!(member.post(&withdraw, "").await.status, 403);
    assert_eq!(manager.post(&withdraw, "").await.status, 303);
    assert_eq!(manager.post(&withdraw, "").await.status, 404);
    assert_eq!(manager.post(&tariff, &now).await.status, 303);
    let shown = manager.get(&format!("{tariff}?lang=ja&saved=true")).await;
    shown.says(&["保存しました", "33 円/kWh", "適用中"]);
    assert!(!shown.text.contains("40 円/kWh"), "{}", shown.text);
    manager.get(&format!("{site}/audit")).await.says(&[
        "適用前の料金を取り消しました",
        "料金: 電力量料金 40 円/kWh → –",
        "料金: – → 電力量料金 33 円/kWh",
    ]);
    // What holds is never taken back.
    let versions = world.owner().get("/v1/tariffs").await.expect(200);
    let version = versions["data"][0]["versions"][0]["id"].as_str().unwrap();
    let begun = format!("{tariff}/{version}/withdraw");
    assert_eq!(manager.get(&begun).await.status, 409);
    assert_eq!(manager.post(&begun, "").await.status, 409);
    world.stop().await;
}

#[tokio::test]
async fn a_correction_is_asked_for_twice_in_words_that_say_whose_it_is() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let corrections = format!("{site}/statements/2026-10/corrections?lang=en");
    let asked = async |unit: &str, yen: &str| {
        let form = [
            ("unit", unit),
            ("amount_yen", yen),
            ("note", "sorry"),
            ("month", "2026-10"),
        ];
        manager.post(&corrections, &form).await
    };
    refuses(&asked("", "-100").await, 422, &["Choose a unit."]);
    asked("301", "-1,000").await.says(&[
        "Take ¥1,000 off the bill of unit 301 for October 2026?",
        "For the month: October 2026",
    ]);
    asked("*", "200").await.says(&[
        "Add ¥200 to the bill without a unit for October 2026?",
        "name=\"unit\" value=\"*\"",
    ]);
    world.stop().await;
}

#[tokio::test]
async fn a_correction_is_of_a_unit_and_a_month_that_there_are() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let month = format!("{site}/statements/2026-10");
    let shown = manager.get(&format!("{month}?lang=ja")).await;
    shown.says(&[
        "<option value=\"301\">301",
        "<option value=\"2026-10\" selected>2026年10月",
    ]);
    let corrections = format!("{month}/corrections?lang=en");
    let unknown = [
        ("unit", "999"),
        ("amount_yen", "-100"),
        ("note", "sorry"),
        ("month", "2026-10"),
    ];
    let refused = manager.post(&corrections, &unknown).await;
    refuses(
        &refused,
        422,
        &[
            "Nobody here has this unit",
            "value=\"-100\"",
            "value=\"sorry\"",
            "<details open>",
        ],
    );
    let elsewhen = [
        ("unit", "301"),
        ("amount_yen", "-100"),
        ("note", "sorry"),
        ("month", "2020-01"),
    ];
    let refused = manager.post(&corrections, &elsewhen).await;
    refuses(&refused, 422, &["Choose a month from the list"]);
    let good = [
        ("unit", "301"),
        ("amount_yen", "-1,000"),
        ("note", "sorry"),
        ("month", "2026-10"),
        ("sure", "true"),
    ];
    assert_eq!(manager.post(&corrections, &good).await.status, 303);
    let shown = manager.get(&format!("{month}?lang=en")).await;
    shown.says(&[
        "<td>October 2026</td><td>301</td>",
        "−¥1,000",
        "is to be paid back to the unit",
    ]);
    // The log keeps nothing personal for ever; what was written is read where it stands.
    let log = manager.get(&format!("{site}/audit?lang=en")).await;
    log.says(&[
        "Note: sorry",
        "Unit: 301",
        "Amount: – → −¥1,000",
        "Month: – → 2026-10",
        "<code>per_manager</code>",
    ]);
    world.stop().await;
}

#[tokio::test]
async fn who_may_charge_is_changed_after_a_second_question_and_told_with_old_and_new_values() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let id = site.rsplit('/').next().unwrap();
    let driver =
        json!({ "name": "田中", "unit": "301", "sites": [id], "valid_from": "2026-11-01T00:00:00Z" });
    let put = world.owner().request(reqwest::Method::PUT, "/v1/drivers/per_1");
    crate::world::answer(put.json(&driver)).await.expect(201);
    let person = format!("{site}/people/per_1");
    manager
        .get(&format!("{person}/block?lang=en"))
        .await
        .says(&["Block: 田中", "name=\"what\" value=\"block\""]);
    let elsewhere = Browser::of(&world, "manager", "sit_other");
    assert_eq!(elsewhere.get(&format!("{person}/block")).await.status, 404);
    let early = manager
        .post(&person, &[("what", "leave"), ("last_day", "2026-10-31")])
        .await;
    refuses(&early, 400, &["転出日が入居より前です", "role=\"alert\""]);
    let left = manager
        .post(&person, &[("what", "leave"), ("last_day", "2098-12-31")])
        .await;
    assert_eq!(
        (left.status, left.location),
        (303, format!("{site}/people?saved=true"))
    );
    for what in ["block", "unblock"] {
        assert_eq!(manager.post(&person, &[("what", what)]).await.status, 303);
    }
    manager
        .get(&format!("{site}/people?saved=true"))
        .await
        .says(&["保存しました"]);
    manager.get(&format!("{site}/audit")).await.says(&[
        "田中 の利用の可否を変更しました",
        "利用停止: いいえ → はい",
        "利用停止: はい → いいえ",
        "期限: – → 2099年1月1日 00:00",
    ]);
    world.stop().await;
}

#[tokio::test]
async fn outlets_and_alarms_are_changed_after_a_second_question_and_in_the_log() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let outlets = world.owner().get("/v1/outlets").await.expect(200);
    let outlet = outlets["data"][0]["id"].as_str().unwrap();
    let path = format!("{site}/outlets/{outlet}");
    manager.get(&format!("{path}/code?lang=en")).await.says(&[
        "The label on the wall leads nowhere",
        &format!("action=\"{path}/code\""),
    ]);
    let sure = manager.get(&format!("{path}/disable?reason=wet&lang=en")).await;
    sure.says(&["Residents read the reason: wet", "name=\"reason\" value=\"wet\""]);
    assert_eq!(manager.get(&format!("{path}/disable?reason=")).await.status, 400);
    let saved = manager.post(&path, &[("what", "unit"), ("unit", "301")]).await;
    assert_eq!(
        (saved.status, saved.location),
        (303, format!("{site}/outlets?saved=true"))
    );
    world.alarm("alm_00000000000000000000000001", outlet);
    let alarm = format!("{site}/alarms/alm_00000000000000000000000001");
    assert_eq!(manager.post(&alarm, &[("note", "on my way")]).await.status, 303);
    let log = manager.get(&format!("{site}/audit")).await;
    log.says(&[
        "のアラームへの対応を始めました",
        "備考: – → on my way",
        "住戸: – → 301",
    ]);
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_in_the_settings_is_said_beside_its_field_with_all_that_was_typed() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let settings = format!("{site}/settings?lang=en");
    let typed = [
        ("name", "Sakura"),
        ("address", "1-2-3"),
        ("price_yen", "36.5"),
        ("demand_kw", "50"),
        ("drivers", "listed"),
        ("presence", "pages"),
    ];
    let refused = manager.post(&settings, &typed).await;
    refuses(
        &refused,
        422,
        &[
            "aria-describedby=\"price-problem\"",
            "Enter whole yen from 1",
            "value=\"36.5\"",
            "value=\"Sakura\"",
            "value=\"listed\" selected",
            "value=\"pages\" selected",
        ],
    );
    assert!(!refused.text.contains("demand-problem"), "{}", refused.text);
    let good: Vec<_> = typed
        .into_iter()
        .map(|(name, value)| (name, if name == "price_yen" { "36" } else { value }))
        .collect();
    assert_eq!(manager.post(&settings, &good).await.status, 303);
    manager
        .get(&settings)
        .await
        .says(&["value=\"36\"", "value=\"Sakura\"", "Whom to call"]);
    world.stop().await;
}

#[tokio::test]
async fn a_board_member_reads_the_settings_and_has_no_fields() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let id = site.rsplit('/').next().unwrap();
    let member = Browser::of(&world, "board_member", id);
    let settings = format!("{site}/settings?lang=en");
    let read = member.get(&settings).await;
    read.says(&["Read only", "Asia/Tokyo"]);
    assert!(!read.text.contains("<input"), "{}", read.text);
    manager.get(&settings).await.says(&["<input"]);
    world.stop().await;
}

#[tokio::test]
async fn demand_is_the_energy_of_each_half_hour_and_no_more_where_registers_are_rare() {
    let world = world().await;
    let (manager, site) = manager(&world).await;
    let controllers = world.owner().get("/v1/controllers").await.expect(200);
    let controller = controllers["data"][0]["id"].as_str().unwrap();
    // 8 kW all the time, read once in an hour; then none, read each half hour.
    let begin_us = "2026-10-19T15:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_microsecond();
    let minute_us = 60_000_000;
    let reads = [(0, 0), (60, 8_000), (120, 16_000), (150, 16_000), (180, 16_000)];
    for (minute, register_wh) in reads {
        let at = begin_us + minute * minute_us;
        world.sql(&format!(
            "INSERT INTO readings (controller_id, at, register_wh) VALUES ('{controller}', {at}, {register_wh})"
        ));
    }
    world.sql(&format!(
        "INSERT INTO reading_days (outlet_key, controller_id, day, folded_id, samples, first_at, last_at, energy_wh, doubted, packed) \
         VALUES (0, '{controller}', 1, 0, 0, 0, 0, 0, FALSE, '')"
    ));
    // A quarter of it goes through one outlet.
    for quarter in 0..5 {
        let at = begin_us + quarter * 15 * minute_us;
        world.sql(&format!(
            "INSERT INTO readings (outlet_key, at, register_wh, breaker, moved_wh, account) \
             VALUES ((SELECT MIN(key) FROM outlets), {at}, {}, 'closed', 500, 0)",
            500 * quarter
        ));
    }
    let shown = manager.get(&format!("{site}/load?day=2026-10-20&lang=en")).await;
    shown.says(&[
        "Highest 8.0 kW",
        "<td>1:00–1:30</td><td class=\"number\">≈ 8.0 kW</td>",
        "<td>1:30–2:00</td><td class=\"number\"><strong>Highest ≈ 8.0 kW</strong></td>",
        "<td>2:00–2:30</td><td class=\"number\">0.0 kW</td>",
        ">12:00</text>",
        ">24:00</text>",
        "Pale bars",
        "Where it went in the highest half hour",
        "Not through an outlet",
    ]);
    assert!(!shown.text.contains("<td>3:00"), "{}", shown.text);
    world.stop().await;
}
