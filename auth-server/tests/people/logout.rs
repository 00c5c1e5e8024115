//! Signing out, also at a client's wish (OpenID Connect RP-Initiated Logout 1.0). ASVS V10.6.2.

use reqwest::StatusCode;

use crate::browser::encode;
use crate::flow::{SIGNED_OUT, client, is_active, operator, str_of, tokens};
use crate::world::World;

#[tokio::test]
async fn a_client_that_shows_whose_it_is_signs_them_out_and_gets_them_back() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    let query = encode(&[
        ("id_token_hint", str_of(&answer, "id_token")),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "a&b"),
    ]);
    let page = browser.get(&format!("/oauth2/logout?{query}")).await;
    assert_eq!(page.location(), format!("{SIGNED_OUT}?state=a%26b"));
    assert!(!browser.cookies.contains_key("denro-session"));
    assert_eq!(browser.get("/account").await.location(), "/login");
    assert!(!is_active(&world, &client, str_of(&answer, "access_token")).await);
    let again = browser.get(&format!("/oauth2/logout?{query}")).await;
    assert_eq!(
        again.location(),
        format!("{SIGNED_OUT}?state=a%26b"),
        "twice is the same"
    );
    world.stop().await;
}

#[tokio::test]
async fn whatever_is_in_doubt_is_a_question_and_leads_nowhere() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let other = crate::flow::client(&world, true).await;
    let answer = tokens(&world, &mut browser, &client).await;
    let hint = str_of(&answer, "id_token");
    let (head, _) = hint.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "A".repeat(86));
    let cases: [&[(&str, &str)]; 8] = [
        &[],
        &[("post_logout_redirect_uri", SIGNED_OUT)],
        &[("id_token_hint", hint)],
        &[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", "https://console.example/bye/x"),
        ],
        &[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", "https://console.example/by"),
        ],
        &[
            ("id_token_hint", &forged),
            ("post_logout_redirect_uri", SIGNED_OUT),
        ],
        &[
            ("id_token_hint", str_of(&answer, "access_token")),
            ("post_logout_redirect_uri", SIGNED_OUT),
        ],
        &[
            ("id_token_hint", hint),
            ("client_id", &other.client_id),
            ("post_logout_redirect_uri", SIGNED_OUT),
        ],
    ];
    for fields in cases {
        let page = browser.get(&format!("/oauth2/logout?{}", encode(fields))).await;
        assert_eq!(
            (page.status, page.location()),
            (StatusCode::OK, String::new()),
            "{fields:?}"
        );
        assert!(page.html.contains("Do you want to sign out?"), "{fields:?}");
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    browser.get("/oauth2/logout").await;
    let page = browser.post("/logout", &[]).await;
    assert!(page.html.contains("You are signed out"), "{}", page.html);
    assert_eq!(browser.get("/account").await.location(), "/login");
    world.stop().await;
}
