//! Signing in: forms of ours alone, cookies that nobody else gets, and answers that tell nothing.

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{EMAIL, PASSWORD, operator};
use crate::world::World;

#[tokio::test]
async fn an_unknown_address_looks_like_a_wrong_password() {
    let world = World::start().await;
    operator(&world).await;
    let mut seen = Vec::new();
    for email in [EMAIL, "nobody@example.jp", "nonsense"] {
        let page = Browser::new(&world).sign_in(email, "wrong password").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let html = page
            .html
            .replace(email, "")
            .replace(&page.field("form_token"), "");
        seen.push((
            html,
            page.header("content-security-policy"),
            page.header("cache-control"),
        ));
    }
    assert!(seen.iter().all(|page| *page == seen[0]), "{seen:#?}");
    world.stop().await;
}

#[tokio::test]
async fn an_address_is_the_same_in_capitals_and_the_password_is_not() {
    let world = World::start().await;
    operator(&world).await;
    let page = Browser::new(&world).sign_in(" AIKO@Example.JP ", PASSWORD).await;
    assert!(page.html.contains("Your account"), "{}", page.html);
    let page = Browser::new(&world)
        .sign_in(EMAIL, &PASSWORD.to_uppercase())
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    world.stop().await;
}

/// Session fixation: Hydra #770.
#[tokio::test]
async fn a_session_begins_with_the_sign_in_and_with_no_cookie_of_before() {
    let world = World::start().await;
    operator(&world).await;
    let mut browser = Browser::new(&world);
    browser
        .cookies
        .insert("denro-session".into(), "dnr_ss_chosen-by-somebody-else".into());
    browser.get("/login").await;
    let form = browser.cookies["denro-form"].clone();
    let page = browser
        .post("/login", &[("email", EMAIL), ("password", PASSWORD)])
        .await;
    assert_eq!(page.location(), "/account");
    let first = browser.cookies["denro-session"].clone();
    assert_ne!(first, "dnr_ss_chosen-by-somebody-else");
    assert_ne!(browser.cookies["denro-form"], form, "forms of before are over");
    let set: Vec<_> = page
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    for cookie in &set {
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let mut again = browser.clone();
    again.get("/account").await;
    again
        .post("/login", &[("email", EMAIL), ("password", PASSWORD)])
        .await;
    assert_ne!(again.cookies["denro-session"], first);
    world.stop().await;
}

#[tokio::test]
async fn a_form_of_another_site_or_browser_does_nothing() {
    let world = World::start().await;
    operator(&world).await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let mut browser = Browser::new(&world);
    browser.get("/login").await;
    let mut other = Browser::new(&world);
    other.get("/login").await;
    let token = other.get("/login").await.field("form_token");
    for token in ["", "x", &token] {
        let page = browser.post_with("/login", token, &fields).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token}");
        assert!(page.html.contains("cookies are off") && !browser.cookies.contains_key("denro-session"));
    }
    browser.get("/login").await;
    for origin in ["https://evil.example", "null"] {
        browser.origin = Some(origin.into());
        assert_eq!(
            browser.post("/login", &fields).await.status,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    browser.origin = None;
    assert_eq!(
        browser.post("/login", &fields).await.status,
        StatusCode::SEE_OTHER,
        "an old browser"
    );
    world.stop().await;
}

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need() {
    let world = World::start().await;
    let mut browser = operator(&world).await;
    for path in [
        "/login",
        "/account",
        "/account/invite",
        "/invitation?code=x",
        "/oauth2/logout",
        "/oauth2/authorize",
    ] {
        let page = browser.follow(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self';"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(
            (
                page.header("referrer-policy"),
                page.header("x-content-type-options")
            ),
            ("same-origin".into(), "nosniff".into())
        );
        assert!(
            !page.html.contains("<script>")
                && !page.html.contains("style=\"")
                && !page.html.contains("http://www"),
            "{path}"
        );
    }
    for (asset, media_type) in [
        ("auth.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ] {
        let asset = browser.get(&format!("/auth-assets/{asset}")).await;
        assert_eq!(
            (asset.status, asset.header("content-type")),
            (StatusCode::OK, media_type.into())
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn nobody_is_led_elsewhere_after_signing_in() {
    let world = World::start().await;
    operator(&world).await;
    for request in [
        "//evil.example",
        "https://evil.example",
        "x?y=z",
        "../x",
        "x%0d%0aSet-Cookie:a=b",
    ] {
        let mut browser = Browser::new(&world);
        browser.get("/login").await;
        let page = browser
            .post(
                "/login",
                &[("request", request), ("email", EMAIL), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(page.location(), "/account", "{request}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_pages_speak_japanese_to_who_asks_for_it() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    browser.language = "ja-JP,ja;q=0.9";
    let page = browser.get("/login").await;
    assert!(
        page.html.contains("<html lang=\"ja\">") && page.html.contains("パスワード"),
        "{}",
        page.html
    );
    assert_eq!(page.header("content-language"), "ja");
    let wrong = browser
        .submit("/login", &[("email", "a@b.c"), ("password", "x")])
        .await;
    assert!(
        wrong.html.contains("メールアドレスまたはパスワードが違います。"),
        "{}",
        wrong.html
    );
    world.stop().await;
}

#[tokio::test]
async fn what_people_type_is_shown_as_text() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    browser.get("/login").await;
    let page = browser
        .submit(
            "/login",
            &[("email", "\"><script>alert(1)</script>"), ("password", "x")],
        )
        .await;
    assert!(!page.html.contains("<script>"), "{}", page.html);
    world.stop().await;
}
