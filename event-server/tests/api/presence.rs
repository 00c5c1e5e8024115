//! Starts that must show that somebody stands at the outlet.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::residents::{label, resident, world};
use crate::world::World;

/// What a display shows at a moment of the world, written anew by the words of OCPP 2.1 C25.
fn display(world: &World, secret: &str, letters: &str, length: usize) -> String {
    let slot = world.clock.now_us() / 30_000_000;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let hash = hmac::sign(&key, &u64::try_from(slot).unwrap().to_be_bytes());
    let hash = hash.as_ref();
    let offset = usize::from(hash[31] % 16);
    let letters = letters.as_bytes();
    (offset..offset + length)
        .map(|at| char::from(letters[usize::from(hash[at % 32]) % letters.len()]))
        .collect()
}

fn link_code(world: &World, secret: &str) -> String {
    let letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    display(world, secret, letters, 12)
}

fn digits(world: &World, secret: &str) -> String {
    display(world, secret, "0123456789", 6)
}

async fn secret(world: &World, outlet: &str) -> String {
    let path = format!("/v1/outlets/{outlet}/presence-secrets");
    let made = world.owner().post(&path, &json!({})).await.expect(201);
    assert!(
        made["url_template"]
            .as_str()
            .unwrap()
            .ends_with("?presence={totp}")
    );
    made["secret"].as_str().unwrap().to_owned()
}

/// As if whoever charges had gone.
fn free(world: &World) {
    world.sql("UPDATE outlet_current SET session_id = NULL");
    world.sql("UPDATE sessions SET state = 'ended', ended_at = updated_at");
}

async fn ask_for(world: &World, site: &str, presence: &str) {
    let path = format!("/v1/sites/{site}");
    let site = world.owner().patch(&path, &json!({ "presence": presence })).await;
    assert_eq!(site.expect(200)["presence"], presence);
}

#[tokio::test]
async fn a_page_starts_with_the_displays_link_or_digits_and_with_nothing_else() {
    let (world, panel) = world(|_| {}).await;
    let (path, secret) = (label(&panel, 0), secret(&world, &panel.outlets[0]).await);
    ask_for(&world, &panel.site_id, "pages").await;
    let person = Browser::person(&world, "per_1", &json!([resident(&panel.site_id, "203")]));
    let start = format!("{path}/start");
    let refused = person.post(&start, "limit=2h").await;
    refused.tells(409, "Type the six digits");
    refused.tells(409, "Nothing was started");
    let page = person.get(&format!("{path}/confirm?limit=2h")).await;
    page.tells(200, "name=\"presence_code\"");
    let wrong = person.post(&start, "limit=2h&presence_code=000000").await;
    wrong.tells(409, "does not show this code now");
    wrong.tells(409, "value=\"000000\"");

    // A link of a minute and more ago proves nothing; the one of now is kept for the way to the start, once and here.
    let old = link_code(&world, &secret);
    world.clock.advance(Duration::from_secs(61));
    let page = person.get(&format!("{path}?presence={old}")).await;
    page.tells(200, "The code of this link is over");
    let link = format!("{path}?presence={}", link_code(&world, &secret));
    let nobody = Browser::nobody(&world).get(&link).await;
    nobody.tells(200, "You have shown that you are at the outlet");
    let proven = person.keeps(&nobody.cookie);
    world.clock.advance(Duration::from_secs(300));
    let page = proven.get(&format!("{path}/confirm?limit=2h")).await;
    assert!(!page.text.contains("name=\"presence_code\""));
    let elsewhere = proven
        .post(&format!("{}/start", label(&panel, 1)), "limit=2h")
        .await;
    elsewhere.tells(409, "Type the six digits");
    assert_eq!(proven.post(&start, "limit=2h").await.status, 303);
    free(&world);
    proven
        .post(&start, "limit=2h")
        .await
        .tells(409, "Type the six digits");

    let typed = format!("limit=2h&presence_code={}", digits(&world, &secret));
    assert_eq!(person.post(&start, &typed).await.status, 303);
    // Another secret: what the display shows is wrong.
    self::secret(&world, &panel.outlets[0]).await;
    free(&world);
    person
        .post(&start, &typed)
        .await
        .tells(409, "does not show this code now");
    world.stop().await;
}

#[tokio::test]
async fn whoever_guesses_codes_is_soon_refused_even_with_the_right_one() {
    let (world, panel) = world(|_| {}).await;
    let (path, secret) = (label(&panel, 0), secret(&world, &panel.outlets[0]).await);
    ask_for(&world, &panel.site_id, "pages").await;
    let roles = json!([resident(&panel.site_id, "203")]);
    let (guesser, other) = (
        Browser::person(&world, "per_1", &roles),
        Browser::person(&world, "per_2", &roles),
    );
    let start = format!("{path}/start");
    for _ in 0..10 {
        assert_eq!(guesser.post(&start, "limit=2h&presence_code=0").await.status, 409);
    }
    let right = || format!("limit=2h&presence_code={}", digits(&world, &secret));
    guesser
        .post(&start, &right())
        .await
        .tells(409, "Wait ten minutes");
    assert_eq!(other.post(&start, &right()).await.status, 303);
    free(&world);
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(guesser.post(&start, &right()).await.status, 303);
    world.stop().await;
}

#[tokio::test]
async fn app_backends_show_a_code_only_where_the_site_asks_all() {
    let (world, panel) = world(|_| {}).await;
    let (owner, secret) = (world.owner(), secret(&world, &panel.outlets[0]).await);
    let body = |code: Option<String>| -> Value {
        json!({ "outlet_id": panel.outlets[0], "driver_id": "d", "presence_code": code })
    };
    ask_for(&world, &panel.site_id, "pages").await;
    owner.post("/v1/sessions", &body(None)).await.expect(202);
    free(&world);
    // What is shown must be right all the same.
    owner
        .post("/v1/sessions", &body(Some("000000".into())))
        .await
        .is_problem(409, "presence-code-wrong");
    ask_for(&world, &panel.site_id, "all").await;
    owner
        .post("/v1/sessions", &body(None))
        .await
        .is_problem(409, "presence-code-needed");
    let right = body(Some(link_code(&world, &secret)));
    let key = foundation::ids::random_text();
    let started = owner.act("/v1/sessions", &key, &right).await.expect(202);
    // The same request later is the same start, though its code is over.
    world.clock.advance(Duration::from_secs(120));
    let again = owner.act("/v1/sessions", &key, &right).await.expect(202);
    assert_eq!(again["session"]["id"], started["session"]["id"]);
    free(&world);
    for _ in 0..11 {
        owner.post("/v1/sessions", &body(Some("1".into()))).await;
    }
    let refused = owner.post("/v1/sessions", &body(Some("1".into()))).await;
    assert_eq!(refused.header("retry-after"), "600");
    refused.is_problem(429, "too-many-requests");
    world.stop().await;
}
