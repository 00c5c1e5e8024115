//! Consent: another company's client is asked about once, and not at all behind the person's back.

use std::time::Duration;

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{BACK, client, operator, request};
use crate::world::World;

#[tokio::test]
async fn a_client_of_others_is_asked_about_once_and_again_for_more() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, false).await, operator(&world).await);
    let little = request(&client, &[("scope", "openid")]);
    let page = browser.follow(&little).await;
    assert!(
        page.html.contains("Console") && page.html.contains("Know who you are"),
        "{}",
        page.html
    );
    assert!(page.html.contains("console.example") && !page.html.contains("See outlets"));
    let kept = page.field("request");
    let back = browser
        .submit("/consent", &[("request", &kept), ("answer", "allow")])
        .await;
    assert!(back.parameter("code").is_some(), "{}", back.location());

    assert!(
        browser.follow(&little).await.parameter("code").is_some(),
        "remembered"
    );
    let silent = browser.follow(&request(&client, &[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
    let more = browser.follow(&request(&client, &[])).await;
    assert!(more.html.contains("See outlets"), "{}", more.html);
    world.clock.advance(Duration::from_secs(1));
    let anew = browser
        .follow(&request(&client, &[("scope", "openid"), ("prompt", "consent")]))
        .await;
    assert!(anew.html.contains("Know who you are"), "{}", anew.location());
    let kept = anew.field("request");
    world.clock.advance(Duration::from_secs(1));
    let back = browser
        .submit("/consent", &[("request", &kept), ("answer", "allow")])
        .await;
    assert!(
        back.parameter("code").is_some(),
        "{} {}",
        back.location(),
        back.html
    );
    world.stop().await;
}

#[tokio::test]
async fn who_refuses_goes_back_without_a_code_and_is_asked_the_next_time() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, false).await, operator(&world).await);
    let kept = browser.follow(&request(&client, &[])).await.field("request");
    let back = browser
        .submit("/consent", &[("request", &kept), ("answer", "refuse")])
        .await;
    assert!(back.location().starts_with(BACK));
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
    let late = browser
        .submit("/consent", &[("request", &kept), ("answer", "allow")])
        .await;
    assert_eq!(
        late.status,
        StatusCode::BAD_REQUEST,
        "it was answered: {}",
        late.location()
    );
    let again = browser.follow(&request(&client, &[])).await;
    assert!(again.html.contains("name=\"answer\""), "{}", again.location());
    world.stop().await;
}

#[tokio::test]
async fn nobody_consents_for_somebody_else() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, false).await, operator(&world).await);
    let kept = browser.follow(&request(&client, &[])).await.field("request");
    let mut stranger = Browser::new(&world);
    stranger.get("/login").await;
    let page = stranger
        .submit("/consent", &[("request", &kept), ("answer", "allow")])
        .await;
    assert!(page.html.contains("type=\"password\""), "{}", page.html);
    let forged = browser
        .post_with("/consent", "x", &[("request", &kept), ("answer", "allow")])
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    world.stop().await;
}
