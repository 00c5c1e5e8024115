//! What residents are told before they charge: what it can come to at most, by which prices, and whether they may at all.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::residents::{label, resident, world};
use crate::world::{Panel, World};

/// Prices by day and night, a fixed part, a minimum, and what a full car costs that stays.
async fn tariff(world: &World, panel: &Panel) {
    let day = json!({ "name": "昼", "from": "07:00", "to": "23:00", "energy_milliyen_per_kwh": 36_000 });
    let terms = json!({
        "energy_milliyen_per_kwh": 25_500, "bands": [day], "fixed_yen": 20, "minimum_yen": 50,
        "idle": { "yen_per_minute": 10, "free_minutes": 15 },
    });
    let owner = world.owner();
    let tariff = json!({ "name": "昼夜", "terms": terms });
    let tariff = owner.post("/v1/tariffs", &tariff).await.expect(201);
    for outlet in &panel.outlets {
        let change = json!({ "tariff_id": tariff["id"] });
        owner
            .patch(&format!("/v1/outlets/{outlet}"), &change)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn what_a_charge_can_come_to_is_reckoned_by_the_dearest_price_and_the_minimum() {
    let (world, panel) = world(|_| {}).await;
    tariff(&world, &panel).await;
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let confirm = async |form: &str| {
        let path = format!("{}/confirm?{form}", label(&panel, 0));
        person.get(&path).await
    };
    // 36 yen and 20 for the charge, whatever the hour.
    for (form, told) in [
        ("limit=kwh&amount=1", "about 1.00 kWh equivalent · ¥56 "),
        ("limit=yen&amount=200", "about 5.00 kWh equivalent · ¥200 "),
        ("limit=yen&amount=50", "about 0.83 kWh equivalent · ¥50 "),
    ] {
        confirm(form).await.tells(200, told);
    }
    // 200 V and 15 A for 24 hours, of which 16 are dear; a turn falls between two watt-hours.
    for form in ["limit=full", "limit=kwh&amount=72", "limit=yen&amount=9999"] {
        let page = confirm(form).await;
        page.tells(200, "about 72.00 kWh equivalent · ¥2,3");
        assert!(page.text.contains("¥2,360 ") || page.text.contains("¥2,359 "));
    }
    for (form, wrong) in [
        ("limit=kwh&amount=73", "1 to 72 kWh"),
        ("limit=yen&amount=49", "a charge costs ¥50 or more here"),
    ] {
        confirm(form).await.tells(400, wrong);
        let start = format!("{}/start", label(&panel, 0));
        person.post(&start, form).await.tells(400, wrong);
    }
    world.stop().await;
}

#[tokio::test]
async fn the_whole_tariff_is_told_and_in_equivalents_where_the_meter_is_not_verified() {
    let (world, panel) = world(|_| {}).await;
    tariff(&world, &panel).await;
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let path = label(&panel, 0);
    let pages = [path.clone(), format!("{path}/confirm?limit=2h")];
    for page in &pages {
        person.get(page).await.says(&[
            "¥25.5 to ¥36/kWh equivalent by the time of day + ¥20 for each charge, ¥50 at least",
            "<dt>昼 07:00–23:00 every day</dt><dd>¥36/kWh equivalent</dd>",
            "<dt>At other times</dt><dd>¥25.5/kWh equivalent</dd>",
            "<dt>For each charge</dt><dd>¥20</dd>",
            "<dt>A charge costs at least</dt><dd>¥50</dd>",
            "<dt>Staying when full</dt><dd>¥10 for each minute after 15 minutes</dd>",
            "not measured by a meter that is verified",
        ]);
    }
    let japanese = person.get(&format!("{path}?lang=ja")).await;
    japanese.says(&["時間帯により 25.5〜36 円/kWh相当 + 1回 20 円(最低 50 円)"]);
    let begun = person.post(&format!("{path}/start"), "limit=kwh&amount=5").await;
    let charge = person.get(&begun.location).await;
    charge.says(&["0.000 kWh equivalent", "<dd>up to 5 kWh equivalent</dd>"]);
    world.sql("UPDATE outlets SET meter_class = 'verified'");
    let charge = person.get(&begun.location).await;
    charge.says(&["0.000 kWh", "<dd>up to 5 kWh</dd>"]);
    for page in pages.iter().chain([&begun.location]) {
        let page = person.get(page).await;
        assert!(!page.text.contains("equivalent"), "{}", page.text);
    }
    world.stop().await;
}

#[tokio::test]
async fn what_was_chosen_is_told_while_it_charges_and_afterwards() {
    let (world, panel) = world(|_| {}).await;
    tariff(&world, &panel).await;
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let start = format!("{}/start", label(&panel, 0));
    for (form, told) in [
        ("limit=yen&amount=200", "up to ¥200"),
        ("limit=2h", "2 hours"),
        ("limit=full", "until the car is full"),
    ] {
        let begun = person.post(&start, form).await;
        let told = format!("<dt>Chosen limit</dt><dd>{told}</dd>");
        person.get(&begun.location).await.tells(200, &told);
        world.end(begun.location.strip_prefix("/charges/").unwrap());
        world.sql("UPDATE outlet_current SET session_id = NULL");
        person.get(&begun.location).await.tells(200, &told);
    }
    world.stop().await;
}

#[tokio::test]
async fn whoever_may_not_charge_reads_so_instead_of_the_form() {
    let (world, panel) = world(|_| {}).await;
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let path = label(&panel, 0);
    person.get(&path).await.tells(200, "How much?");
    let pages = [path.clone(), format!("{path}/confirm?limit=2h")];
    for bar in [
        json!({ "blocked": true }),
        json!({ "valid_until": "2026-01-01T00:00:00Z" }),
    ] {
        let request = world
            .owner()
            .request(reqwest::Method::PUT, "/v1/drivers/per_1")
            .header("if-match", "*")
            .json(&bar);
        let written = request.send().await.unwrap();
        if written.status() == 412 {
            let request = world.owner().request(reqwest::Method::PUT, "/v1/drivers/per_1");
            assert_eq!(request.json(&bar).send().await.unwrap().status(), 201);
        }
        for (page, status) in pages.iter().zip([200, 403]) {
            let page = person.get(page).await;
            page.tells(status, "You may not charge here at present");
            assert!(!page.text.contains("How much?") && !page.text.contains("<button class=\"big\">"));
        }
        let sent = person.post(&format!("{path}/start"), "limit=2h").await;
        sent.tells(403, "You may not charge here at present");
        sent.tells(403, &format!("href=\"{path}\""));
    }
    world.stop().await;
}

#[tokio::test]
async fn from_an_outlet_that_is_taken_there_is_a_way_to_free_ones_and_to_ones_own() {
    let (world, panel) = world(|_| {}).await;
    let owner = world.owner();
    let (first, second) = (label(&panel, 0), label(&panel, 1));
    let unit = async |unit: Value| {
        let path = format!("/v1/outlets/{}", panel.outlets[1]);
        owner.patch(&path, &json!({ "unit": unit })).await.expect(200);
    };
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let way = format!("href=\"{second}\">駐車場 区画 2</a>");
    owner.start_session(&panel.outlets[0], "k").await.expect(202);
    person.get(&first).await.says(&["Free outlets here", &way]);
    // Nothing of the sort for those who may not charge there, and no outlet of another home.
    assert!(!Browser::nobody(&world).get(&first).await.text.contains(&way));
    unit(json!("204")).await;
    assert!(!person.get(&first).await.text.contains("Free outlets here"));
    assert!(!person.get("/my").await.text.contains("Your outlets"));
    unit(json!("203")).await;
    person.get(&first).await.says(&["Free outlets here", &way]);
    person.get("/my").await.says(&["Your outlets", &way, "Available"]);
    world.sql("UPDATE outlet_current SET tripped = TRUE WHERE session_id IS NULL");
    assert!(!person.get(&first).await.text.contains("Free outlets here"));
    person.get("/my").await.says(&[&way, "out of order"]);
    // Before the start there is a way back, and one to other outlets.
    world.sql("UPDATE outlet_current SET tripped = FALSE");
    let confirm = person.get(&format!("{second}/confirm?limit=2h")).await;
    confirm.says(&["<a href=\"/my\">No, another outlet</a>"]);
    confirm.says(&[&format!("<a href=\"{second}\">Change how much</a>")]);
    world.stop().await;
}

#[tokio::test]
async fn nobody_signs_in_at_an_outlet_that_is_taken_and_only_the_building_reads_whose_it_is() {
    let (world, panel) = world(|_| {}).await;
    let owner = world.owner();
    let path = label(&panel, 0);
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    owner.patch(&outlet, &json!({ "unit": "402" })).await.expect(200);
    let stranger = Browser::person(&world, "per_2", &json!([resident("sit_other", "101")]));
    let nobody = Browser::nobody(&world);
    nobody.get(&path).await.tells(200, "Sign in to charge");
    for browser in [&nobody, &stranger] {
        assert!(!browser.get(&path).await.text.contains("402"));
    }
    let neighbour = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    neighbour.get(&path).await.tells(200, "<dd>402</dd>");
    world.sql("UPDATE outlet_current SET tripped = TRUE");
    let tripped = nobody.get(&path).await;
    tripped.tells(200, "out of order");
    assert!(!tripped.text.contains("Sign in to charge"));
    world.sql("UPDATE outlet_current SET tripped = FALSE");
    owner.start_session(&panel.outlets[0], "k").await.expect(202);
    let taken = nobody.get(&path).await;
    taken.tells(200, "In use");
    assert!(!taken.text.contains("Sign in to charge"));
    world.stop().await;
}

#[tokio::test]
async fn a_code_is_understood_as_it_is_typed_and_kept_where_it_is_unknown() {
    let (world, panel) = world(|_| {}).await;
    let path = label(&panel, 0);
    let code = path.strip_prefix("/o/").unwrap();
    let nobody = Browser::nobody(&world);
    let look_up = async |typed: &str| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let query = form.append_pair("code", typed).finish();
        nobody.get(&format!("/code?{query}")).await
    };
    for typed in [
        code.to_ascii_uppercase(),
        format!(" {}", code.replace('2', "２")),
        world.url(&path),
    ] {
        let page = look_up(&typed).await;
        assert_eq!((page.status, &page.location), (303, &path), "{typed}");
    }
    for typed in ["22222222", "7k3-m9q", "https://elsewhere.example/?a=\"b"] {
        let page = look_up(typed).await;
        page.tells(404, "No outlet has this code");
        let kept = typed.replace('"', "&#34;");
        page.tells(404, &format!("value=\"{kept}\""));
    }
    world.stop().await;
}
