//! Signing in by a link: good once, for whoever holds it, and telling nobody who has an account.

use std::time::Duration;

use auth_server::admin::sign_in_link;
use auth_server::config::{Mail, MailSecurity};
use reqwest::StatusCode;

use crate::browser::{Browser, Page};
use crate::flow::{EMAIL, PASSWORD, operator};
use crate::race::one_wins;
use crate::world::World;

const NEW_PASSWORD: &str = "seven lanterns over the harbour";

async fn link_code(world: &World) -> String {
    let link = sign_in_link(&world.config, EMAIL).await.unwrap();
    link.url.split_once("/login/link?code=").unwrap().1.to_owned()
}

async fn open(browser: &mut Browser, code: &str) -> Page {
    browser.get(&format!("/login/link?code={code}")).await;
    browser.submit("/login/by-link", &[("code", code)]).await
}

/// A world whose mail server is not there.
async fn world_with_mail() -> World {
    World::start_configured(|config| {
        config.mail = Some(Mail {
            server: "127.0.0.1".into(),
            port: Some(9),
            security: MailSecurity::None,
            user: None,
            password_file: None,
            ca_file: None,
            from: "Denro <denro@example.jp>".into(),
        });
    })
    .await
}

#[tokio::test]
async fn a_link_lets_its_person_in_once_and_is_not_used_up_by_who_only_looks() {
    let world = World::start().await;
    operator(&world).await;
    let code = link_code(&world).await;
    for _ in 0..3 {
        let page = Browser::new(&world)
            .get(&format!("/login/link?code={code}"))
            .await;
        assert!(page.html.contains("/login/by-link"), "{}", page.html);
    }
    let page = open(&mut Browser::new(&world), &code).await;
    assert!(page.html.contains("Your account"), "{}", page.html);
    let again = open(&mut Browser::new(&world), &code).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let late = link_code(&world).await;
    world.clock.advance(Duration::from_secs(901));
    assert_eq!(
        open(&mut Browser::new(&world), &late).await.status,
        StatusCode::NOT_FOUND
    );
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_who_open_one_link_at_once_one_gets_in() {
    let world = World::start().await;
    operator(&world).await;
    let code = link_code(&world).await;
    let opened = |_| {
        let (mut browser, code) = (Browser::new(&world), code.clone());
        async move { open(&mut browser, &code).await.status }
    };
    one_wins(StatusCode::OK, StatusCode::NOT_FOUND, opened).await;
    world.stop().await;
}

#[tokio::test]
async fn who_came_by_a_link_sets_a_password_without_the_present_one_for_a_while() {
    let world = World::start().await;
    operator(&world).await;
    let mut browser = Browser::new(&world);
    let code = link_code(&world).await;
    open(&mut browser, &code).await;
    let mut late = browser.clone();
    let page = browser.get("/account/password").await;
    assert!(!page.html.contains("name=\"current\""), "{}", page.html);
    let page = browser
        .submit("/account/password", &[("password", "short")])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser
        .submit("/account/password", &[("password", NEW_PASSWORD)])
        .await;
    assert!(page.html.contains("Your account"), "{}", page.html);
    let page = Browser::new(&world).sign_in(EMAIL, NEW_PASSWORD).await;
    assert!(page.html.contains("Your account"), "{}", page.html);

    world.clock.advance(Duration::from_secs(901));
    let page = late.get("/account/password").await;
    assert!(page.html.contains("name=\"current\""), "{}", page.html);
    let page = late.submit("/account/password", &[("password", PASSWORD)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.stop().await;
}

#[tokio::test]
async fn asking_for_a_link_looks_the_same_for_known_and_unknown_addresses() {
    let world = world_with_mail().await;
    operator(&world).await;
    let mut seen = Vec::new();
    for email in [EMAIL, "nobody@example.jp"] {
        let mut browser = Browser::new(&world);
        let page = browser.get("/login").await;
        assert!(page.html.contains("formaction=\"/login/link\""), "{}", page.html);
        let page = browser.post("/login/link", &[("email", email)]).await;
        seen.push((page.status, page.html));
    }
    assert_eq!(seen[0].0, StatusCode::OK);
    assert_eq!(seen[0], seen[1]);
    let page = Browser::new(&world);
    let mut browser = page;
    browser.get("/login").await;
    let page = browser.post("/login/link", &[("email", "nonsense")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.stop().await;
}

#[tokio::test]
async fn asking_for_links_and_guessing_passwords_use_up_the_same_attempts() {
    let world = world_with_mail().await;
    operator(&world).await;
    let mut browser = Browser::new(&world);
    browser.get("/login").await;
    for _ in 0..5 {
        let page = browser.post("/login/link", &[("email", EMAIL)]).await;
        assert_eq!(page.status, StatusCode::OK);
        browser.get("/login").await;
    }
    let page = browser.post("/login/link", &[("email", EMAIL)]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.header("retry-after").parse::<u64>().unwrap() >= 1);
    browser.get("/login").await;
    let page = browser
        .post("/login", &[("email", EMAIL), ("password", PASSWORD)])
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    world.stop().await;
}

#[tokio::test]
async fn without_a_mail_server_no_link_is_offered_or_taken_for_asked() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    let page = browser.get("/login").await;
    assert!(!page.html.contains("/login/link"), "{}", page.html);
    let page = browser.post("/login/link", &[("email", EMAIL)]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let nobody = sign_in_link(&world.config, "nobody@example.jp").await;
    assert_eq!(
        nobody.err().unwrap().to_string(),
        "nobody has the address nobody@example.jp"
    );
    world.stop().await;
}
