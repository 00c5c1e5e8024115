//! One's own account: sessions and services are seen and ended, data taken out, and all of it forgotten.

use reqwest::StatusCode;
use serde_json::Value;

use crate::browser::Browser;
use crate::flow::{
    EMAIL, PASSWORD, accept, client, is_active, operator, operator_code, str_of, token_request, tokens,
};
use crate::world::{World, assert_refused};

/// The ids that forms to `action` hold.
pub(crate) fn ids(html: &str, action: &str) -> Vec<String> {
    let start = format!("action=\"{action}\"");
    let forms = html.split(&start).skip(1);
    let id = |form: &str| {
        form.split_once("name=\"id\" value=\"")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0
            .to_owned()
    };
    forms.map(id).collect()
}

#[tokio::test]
async fn a_session_is_ended_from_another_one_and_takes_its_tokens_along() {
    let world = World::start().await;
    let (client, mut first) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut first, &client).await;
    let mut second = Browser::new(&world);
    second.sign_in(EMAIL, PASSWORD).await;
    let page = second.get("/account").await;
    assert_eq!(page.html.matches("(this browser)").count(), 1);
    // Since when each session is there, and the service that was allowed.
    assert_eq!(page.html.matches("(Asia/Tokyo)").count(), 3);
    let sessions = ids(&page.html, "/account/end-session");
    assert_eq!(sessions.len(), 2);
    let own = page
        .html
        .split("<li>")
        .find(|item| item.contains("(this browser)"))
        .unwrap();
    let other = sessions.iter().find(|id| !own.contains(id.as_str())).unwrap();
    second.submit("/account/end-session", &[("id", other)]).await;
    assert_eq!(first.get("/account").await.location(), "/login");
    assert_eq!(second.get("/account").await.status, StatusCode::OK);
    assert!(!is_active(&world, &client, str_of(&answer, "access_token")).await);
    world.stop().await;
}

#[tokio::test]
async fn nobody_ends_what_is_somebody_else_s() {
    let world = World::start().await;
    let (client, mut victim) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut victim, &client).await;
    let page = victim.get("/account").await;
    let mut other = Browser::new(&world);
    accept(&mut other, &operator_code(&world).await, "other@example.jp").await;
    for action in ["/account/end-session", "/account/end-access"] {
        other.get("/account").await;
        other.submit(action, &[("id", &ids(&page.html, action)[0])]).await;
    }
    assert_eq!(victim.get("/account").await.status, StatusCode::OK);
    assert!(is_active(&world, &client, str_of(&answer, "access_token")).await);
    world.stop().await;
}

#[tokio::test]
async fn a_service_is_ended_with_its_tokens() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    let page = browser.get("/account").await;
    let services = ids(&page.html, "/account/end-access");
    assert_eq!(services.len(), 1, "{}", page.html);
    assert!(
        page.html.contains("Know who you are") && !page.html.contains("openid"),
        "{}",
        page.html
    );
    let page = browser
        .submit("/account/end-access", &[("id", &services[0])])
        .await;
    assert!(ids(&page.html, "/account/end-access").is_empty());
    assert!(!is_active(&world, &client, str_of(&answer, "access_token")).await);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", str_of(&answer, "refresh_token")),
    ];
    let refreshed = token_request(&world, &client, &fields).send().await.unwrap();
    assert_refused(refreshed, 400, "invalid_grant", "ended").await;
    world.stop().await;
}

#[tokio::test]
async fn all_that_is_kept_is_told_and_no_secret_is_in_it() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    tokens(&world, &mut browser, &client).await;
    browser.get("/account").await;
    let page = browser.post("/account/export", &[]).await;
    assert!(page.header("content-disposition").contains("denro-account.json"));
    let told: Value = serde_json::from_str(&page.html).unwrap();
    assert_eq!(
        (str_of(&told, "email"), str_of(&told, "name")),
        (EMAIL, "山田 愛子")
    );
    assert_eq!(
        (
            told["roles"][0]["role"].as_str(),
            told["allowed"][0]["client"].as_str()
        ),
        (Some("operator"), Some("Console"))
    );
    assert!(
        !page.html.contains("argon2") && !page.html.contains("dnr_"),
        "{}",
        page.html
    );
    world.stop().await;
}

#[tokio::test]
async fn who_goes_is_forgotten_with_every_token() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    browser.get("/account").await;
    let page = browser.post("/account/delete", &[]).await;
    assert_eq!(page.location(), "/account", "not without being sure");
    browser.get("/account").await;
    let page = browser.post("/account/delete", &[("sure", "yes")]).await;
    assert!(page.html.contains("Your account is deleted"), "{}", page.html);
    assert!(!is_active(&world, &client, str_of(&answer, "access_token")).await);
    let page = Browser::new(&world).sign_in(EMAIL, PASSWORD).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let mut again = Browser::new(&world);
    let page = accept(&mut again, &operator_code(&world).await, EMAIL).await;
    assert!(
        page.html.contains("Your account"),
        "the address is free: {}",
        page.html
    );
    world.stop().await;
}

#[tokio::test]
async fn every_act_needs_a_session_and_a_form_of_ours() {
    let world = World::start().await;
    let mut browser = operator(&world).await;
    let mut stranger = Browser::new(&world);
    for action in [
        "/account/end-session",
        "/account/end-access",
        "/account/export",
        "/account/delete",
        "/account/invite",
        "/account/withdraw-invitation",
        "/logout",
    ] {
        assert_eq!(
            browser.post_with(action, "x", &[("sure", "yes")]).await.status,
            StatusCode::FORBIDDEN,
            "{action}"
        );
        stranger.get("/login").await;
        assert_eq!(
            stranger.post(action, &[("sure", "yes")]).await.location(),
            "/login",
            "{action}"
        );
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_others_are_signed_out() {
    let world = World::start().await;
    let mut own = operator(&world).await;
    let mut other = Browser::new(&world);
    other.sign_in(EMAIL, PASSWORD).await;
    let new = "vier fremde worte hier";
    own.get("/account/password").await;
    for (current, password, expected) in [
        ("wrong password", new, "That is not the present password"),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, EMAIL, "guessed too soon"),
    ] {
        let fields = [("current", current), ("password", password)];
        let page = own.post("/account/password", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{expected}");
        assert!(page.html.contains(expected), "{}", page.html);
    }
    let page = own
        .post("/account/password", &[("current", PASSWORD), ("password", new)])
        .await;
    assert_eq!(page.location(), "/account", "{}", page.html);
    assert_eq!(own.get("/account").await.status, StatusCode::OK);
    assert_eq!(other.get("/account").await.location(), "/login");
    assert_eq!(
        Browser::new(&world).sign_in(EMAIL, PASSWORD).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(
        Browser::new(&world)
            .sign_in(EMAIL, new)
            .await
            .html
            .contains("Your account")
    );
    world.stop().await;
}
