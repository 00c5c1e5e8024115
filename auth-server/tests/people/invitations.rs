//! Invitations: to a lower role, at one's own sites, once.

use std::time::Duration;

use auth_server::admin::{first_operator, recover_operator};
use reqwest::StatusCode;

use crate::account::ids;
use crate::browser::Browser;
use crate::flow::{EMAIL, PASSWORD, accept, as_new, client, operator, operator_code, request, tokens};
use crate::race::one_wins;
use crate::world::World;

/// The code of an invitation that was just made.
async fn invite(browser: &mut Browser, role: &str, site: &str, unit: &str) -> String {
    browser.get("/account/invite").await;
    let page = browser
        .submit(
            "/account/invite",
            &[("role", role), ("site", site), ("unit", unit)],
        )
        .await;
    assert!(page.html.contains("<svg"), "{}", page.html);
    assert!(page.html.contains("(Asia/Tokyo)"), "{}", page.html);
    let (_, rest) = page.html.split_once("/invitation?code=").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_first_operator_comes_by_a_link_that_is_good_once_for_a_quarter_of_an_hour() {
    let world = World::start().await;
    let first = first_operator(&world.config, &world.issuer())
        .await
        .unwrap()
        .unwrap();
    assert!(
        first
            .url
            .starts_with(&format!("{}/invitation?code=dnr_in_", world.issuer()))
    );
    let old = first.url.split_once("code=").unwrap().1;
    let code = operator_code(&world).await;
    let page = Browser::new(&world).get(&format!("/invitation?code={old}")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND, "the newer one ends it");

    let (mut browser, mut late) = (Browser::new(&world), Browser::new(&world));
    late.get(&format!("/invitation?code={code}")).await;
    let page = accept(&mut browser, &code, EMAIL).await;
    assert!(
        page.html.contains("Your account") && page.html.contains("operator"),
        "{}",
        page.html
    );
    let fields = as_new(&code, "b@example.jp");
    assert_eq!(
        late.post("/invitation", &fields).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        late.get(&format!("/invitation?code={code}")).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        first_operator(&world.config, &world.issuer())
            .await
            .unwrap()
            .is_none(),
        "there is one"
    );

    recover_operator(&world.config).await.unwrap();
    let late = operator_code(&world).await;
    world.clock.advance(Duration::from_secs(901));
    let page = Browser::new(&world)
        .get(&format!("/invitation?code={late}"))
        .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test]
async fn whoever_is_invited_reads_the_building_s_name_and_whoever_invites_finds_it_filled_in() {
    let world = World::start().await;
    let mut operator = operator(&world).await;
    let page = operator
        .get("/account/invite?site=site_a&site_name=%E3%81%95%E3%81%8F%E3%82%89")
        .await;
    assert!(
        page.html.contains("value=\"site_a\"") && page.html.contains("value=\"さくら\""),
        "{}",
        page.html
    );
    let to = [
        ("role", "resident"),
        ("site", "site_a"),
        ("site_name", "さくら"),
        ("unit", " ５０１－Ａ"),
    ];
    let page = operator.submit("/account/invite", &to).await;
    let (_, rest) = page.html.split_once("/invitation?code=").unwrap();
    let code = rest.split_once('"').unwrap().0.to_owned();
    let mut resident = Browser::new(&world);
    let page = resident.get(&format!("/invitation?code={code}")).await;
    assert!(
        page.html.contains("さくら 501-A") && !page.html.contains("site_a"),
        "{}",
        page.html
    );
    let page = accept(&mut resident, &code, "resident@example.jp").await;
    assert!(page.html.contains("さくら – 501-A"), "{}", page.html);
    // A role that was given without the name.
    let code = invite(&mut operator, "manager", "site_a", "").await;
    let page = accept(&mut Browser::new(&world), &code, "manager@example.jp").await;
    assert!(
        page.html.contains("building manager – さくら") && !page.html.contains("site_a"),
        "{}",
        page.html
    );
    world.stop().await;
}

#[tokio::test]
async fn a_unit_that_was_forgotten_is_asked_for_in_the_form_as_it_was() {
    let world = World::start().await;
    let mut operator = operator(&world).await;
    let page = operator.get("/account/invite?site=sit_a&site_name=Sakura").await;
    assert!(!page.html.contains("value=\"operator\""), "{}", page.html);
    let to = [
        ("role", "resident"),
        ("site", "sit_a"),
        ("site_name", "Sakura"),
        ("unit", " "),
    ];
    let page = operator.submit("/account/invite", &to).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "Say in which unit",
        "aria-describedby=\"unit-problem\"",
        "<strong>Sakura</strong>",
        "type=\"hidden\" name=\"site\" value=\"sit_a\"",
        "<option value=\"resident\" selected>",
    ] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    let page = operator
        .submit("/account/invite", &[to[0], to[1], to[2], ("unit", "203")])
        .await;
    assert!(page.html.contains("/invitation?code="), "{}", page.html);
    world.stop().await;
}

#[tokio::test]
async fn a_manager_invites_residents_of_their_site_and_nobody_else() {
    let world = World::start().await;
    let mut operator = operator(&world).await;
    let code = invite(&mut operator, "manager", "site_a", "").await;
    let mut manager = Browser::new(&world);
    let page = accept(&mut manager, &code, "manager@example.jp").await;
    assert!(
        page.html.contains("building manager") && page.html.contains("site_a"),
        "{}",
        page.html
    );
    let code = invite(&mut manager, "resident", "site_a", "203").await;
    let not_below = "roles below yours, at your own sites";
    for (role, site, unit, problem) in [
        ("resident", "site_b", "203", not_below),
        ("resident", "", "203", "Say at which site"),
        ("resident", "Home", "203", "no site&#39;s id"),
        ("resident", "site_a", "", "in which unit"),
        ("manager", "site_a", "", not_below),
        ("operator", "", "", not_below),
        ("operator", "site_a", "", "one at every site"),
        ("root", "site_a", "", not_below),
    ] {
        manager.get("/account/invite").await;
        let page = manager
            .submit(
                "/account/invite",
                &[("role", role), ("site", site), ("unit", unit)],
            )
            .await;
        let expected = match problem == not_below {
            true => StatusCode::FORBIDDEN,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        assert_eq!(page.status, expected, "{role} {site}");
        assert!(page.html.contains(problem), "{role} {site}: {}", page.html);
        assert!(!page.html.contains("code="), "{role} {site}");
    }
    let mut resident = Browser::new(&world);
    let page = accept(&mut resident, &code, "resident@example.jp").await;
    assert!(
        page.html.contains("203") && !page.html.contains("/account/invite"),
        "{}",
        page.html
    );
    assert_eq!(
        resident.get("/account/invite").await.status,
        StatusCode::FORBIDDEN
    );

    let client = client(&world, true).await;
    let answer = tokens(&world, &mut resident, &client).await;
    let scope = answer["scope"].as_str().unwrap();
    assert!(
        scope.contains("outlets:read") && !scope.contains("sites:read"),
        "{scope}"
    );
    let told = auth_server::admin::inspect_token(&world.config, answer["access_token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(told.claims["sites"], serde_json::json!(["site_a"]));
    world.stop().await;
}

const WITHDRAW: &str = "/account/withdraw-invitation";

#[tokio::test]
async fn an_invitation_is_open_until_it_is_accepted_or_withdrawn() {
    let world = World::start().await;
    let mut operator = operator(&world).await;
    let manager_code = invite(&mut operator, "manager", "site_a", "").await;
    let elsewhere = invite(&mut operator, "resident", "site_b", "101").await;
    let page = operator.get("/account/invite").await;
    let all = ids(&page.html, WITHDRAW);
    assert_eq!(all.len(), 2, "{}", page.html);
    assert!(!page.html.contains("dnr_in_"), "no code is told again");

    let mut manager = Browser::new(&world);
    accept(&mut manager, &manager_code, "manager@example.jp").await;
    let accepted = invite(&mut manager, "resident", "site_a", "203").await;
    let unwanted = invite(&mut manager, "resident", "site_a", "204").await;
    accept(&mut Browser::new(&world), &accepted, "resident@example.jp").await;
    let page = manager.get("/account/invite").await;
    let own = ids(&page.html, WITHDRAW);
    assert_eq!(own.len(), 1, "{}", page.html);
    assert!(page.html.contains("site_a – 204"), "{}", page.html);

    // One of these is of another site, the other was accepted.
    for id in &all {
        let page = manager.submit(WITHDRAW, &[("id", id)]).await;
        assert!(page.html.contains("not open any more"), "{}", page.html);
    }
    let page = manager.submit(WITHDRAW, &[("id", &own[0])]).await;
    assert!(
        page.html.contains("is withdrawn") && ids(&page.html, WITHDRAW).is_empty(),
        "{}",
        page.html
    );
    let page = manager.submit(WITHDRAW, &[("id", &own[0])]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "there is none any more");
    for (code, status) in [(unwanted, StatusCode::NOT_FOUND), (elsewhere, StatusCode::OK)] {
        let page = Browser::new(&world)
            .get(&format!("/invitation?code={code}"))
            .await;
        assert_eq!(page.status, status);
    }
    world.stop().await;
}

#[tokio::test]
async fn who_has_an_account_takes_the_role_on_it() {
    let world = World::start().await;
    let mut operator = operator(&world).await;
    let code = invite(&mut operator, "resident", "site_a", "203").await;
    let page = operator.get(&format!("/invitation?code={code}")).await;
    assert!(
        page.html.contains("山田 愛子") && !page.html.contains("type=\"password\""),
        "{}",
        page.html
    );
    let page = operator
        .submit("/invitation", &[("code", &code), ("as", "known")])
        .await;
    assert!(
        page.html.contains("203") && page.html.contains("operator"),
        "{}",
        page.html
    );
    world.stop().await;
}

#[tokio::test]
async fn a_form_that_is_not_good_says_why_and_uses_nothing_up() {
    let world = World::start().await;
    operator(&world).await;
    let code = operator_code(&world).await;
    let mut browser = Browser::new(&world);
    browser.get(&format!("/invitation?code={code}")).await;
    let cases = [
        ("", "a@b.co", PASSWORD, "Enter your name"),
        ("A", "nonsense", PASSWORD, "This is no e-mail address"),
        ("A", "a@b.co", "short", "at least 10 characters"),
        ("A", "a@b.co", "password123", "guessed too soon"),
        ("A", EMAIL, PASSWORD, "Somebody has an account with this address"),
    ];
    for (name, email, password, expected) in cases {
        let fields = [
            ("code", code.as_str()),
            ("as", "new"),
            ("name", name),
            ("email", email),
            ("password", password),
        ];
        let page = browser.submit("/invitation", &fields).await;
        assert!(
            page.html.contains(expected) && !page.html.contains(password),
            "{expected}: {}",
            page.html
        );
    }
    let page = accept(&mut browser, &code, "other@example.jp").await;
    assert!(page.html.contains("Your account"), "{}", page.html);
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_acceptances_on_two_servers_one_wins() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    let code = operator_code(&world).await;
    let mut browsers: Vec<Browser> = Vec::new();
    for n in 0..16 {
        let mut browser = Browser::new(&world);
        browser.get(&format!("/invitation?code={code}")).await;
        if n % 2 == 1 {
            browser.go_to(other.address);
        }
        browsers.push(browser);
    }
    let tries = |n: usize| {
        let (mut browser, code) = (browsers[n].clone(), code.clone());
        async move {
            let email = format!("somebody{n}@example.jp");
            let fields = as_new(&code, &email);
            browser.post("/invitation", &fields).await.status
        }
    };
    one_wins(StatusCode::SEE_OTHER, StatusCode::NOT_FOUND, tries).await;
    other.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn a_person_without_a_role_at_the_client_s_tenant_is_refused() {
    let world = World::start().await;
    let mut browser = operator(&world).await;
    let elsewhere = auth_server::admin::NewClient {
        tenant_id: "ten_other".into(),
        sign_in: Some(auth_server::admin::SignIn {
            redirect_uris: vec![crate::flow::BACK.into()],
            post_logout_uris: vec![],
            is_ours: true,
        }),
        ..crate::world::new_client()
    };
    let client = auth_server::admin::create_client(&world.config, elsewhere)
        .await
        .unwrap();
    let page = browser.follow(&request(&client, &[("scope", "openid")])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    world.stop().await;
}
