//! Guesses: counted before they are looked at, for every door, without locking anybody out.
//! CVE-2023-47111, CVE-2025-24806, CVE-2026-7820, GHSA-cq42-vhv7-xr7p.

use std::time::Duration;

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{EMAIL, PASSWORD, operator};
use crate::world::World;

const HERE: Option<&str> = Some("198.51.100.7");

impl World {
    async fn start_behind_proxy() -> Self {
        Self::start_with(true).await
    }
}

async fn at(world: &World, address: &'static str) -> Browser {
    let mut browser = Browser::new(world);
    browser.forwarded_for = Some(address);
    browser.get("/login").await;
    browser
}

#[tokio::test]
async fn of_sixteen_parallel_guesses_five_are_looked_at() {
    let world = World::start_behind_proxy().await;
    operator(&world).await;
    let guesses = (0..16).map(|n| {
        let world_browser = Browser::new(&world);
        tokio::spawn(async move {
            let mut browser = world_browser;
            browser.forwarded_for = HERE;
            browser.sign_in(EMAIL, &format!("guess number {n}")).await.status
        })
    });
    let guesses: Vec<_> = guesses.collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            StatusCode::FORBIDDEN => looked_at += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(looked_at, 5);
    let mut browser = at(&world, "198.51.100.7").await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let refused = browser.post("/login", &fields).await;
    assert_eq!(
        refused.status,
        StatusCode::TOO_MANY_REQUESTS,
        "the right one is not looked at either"
    );
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    world.clock.advance(Duration::from_secs(wait));
    assert_eq!(
        browser.post("/login", &fields).await.status,
        StatusCode::SEE_OTHER,
        "delayed, not locked"
    );
    world.stop().await;
}

#[tokio::test]
async fn other_spellings_of_an_address_are_the_same_account() {
    let world = World::start_behind_proxy().await;
    operator(&world).await;
    let mut browser = at(&world, "198.51.100.7").await;
    for email in [
        EMAIL,
        "AIKO@example.jp",
        " aiko@example.jp",
        "Aiko@Example.Jp",
        "aiko@EXAMPLE.jp",
    ] {
        let page = browser
            .post("/login", &[("email", email), ("password", "wrong password")])
            .await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{email}");
    }
    let page = browser
        .post(
            "/login",
            &[("email", "aikO@example.jp"), ("password", "wrong password")],
        )
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    world.stop().await;
}

#[tokio::test]
async fn strangers_use_up_nothing_of_a_browser_that_is_known() {
    let world = World::start_behind_proxy().await;
    let mut own = operator(&world).await;
    own.forwarded_for = Some("203.0.113.9");
    let addresses = [
        "198.51.100.1",
        "198.51.100.2",
        "198.51.100.3",
        "198.51.100.4",
        "198.51.100.5",
    ];
    let mut last = StatusCode::OK;
    for address in addresses {
        for _guess in 0..5 {
            let mut stranger = at(&world, address).await;
            last = stranger
                .post("/login", &[("email", EMAIL), ("password", "wrong password")])
                .await
                .status;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "from wherever");
    let mut new_place = at(&world, "203.0.113.10").await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    assert_eq!(
        new_place.post("/login", &fields).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    own.cookies.remove("denro-session");
    own.get("/login").await;
    assert_eq!(own.post("/login", &fields).await.status, StatusCode::SEE_OTHER);
    world.stop().await;
}

#[tokio::test]
async fn one_place_has_fifty_attempts_for_all_addresses_together() {
    let world = World::start_behind_proxy().await;
    let mut browser = at(&world, "198.51.100.7").await;
    let mut looked_at = 0;
    loop {
        let email = format!("somebody{looked_at}@example.jp");
        let fields = [("email", email.as_str()), ("password", "wrong password")];
        match browser.post("/login", &fields).await.status {
            StatusCode::FORBIDDEN => looked_at += 1,
            status => break assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    // One comes back each ten seconds, however slow the machine is.
    assert!((50..70).contains(&looked_at), "{looked_at}");
    world.stop().await;
}

#[tokio::test]
async fn who_gets_in_has_all_attempts_again() {
    let world = World::start_behind_proxy().await;
    operator(&world).await;
    let mut browser = at(&world, "198.51.100.7").await;
    for _round in 0..3 {
        for _guess in 0..4 {
            let page = browser
                .post("/login", &[("email", EMAIL), ("password", "wrong password")])
                .await;
            assert_eq!(page.status, StatusCode::FORBIDDEN);
        }
        let page = browser
            .post("/login", &[("email", EMAIL), ("password", PASSWORD)])
            .await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        browser.cookies.remove("denro-session");
        browser.get("/login").await;
    }
    world.stop().await;
}

#[tokio::test]
async fn nobody_fills_the_database_with_requests_that_wait() {
    let world = World::start_behind_proxy().await;
    let client = crate::flow::client(&world, true).await;
    let path = crate::flow::request(&client, &[]);
    let mut browser = at(&world, "198.51.100.7").await;
    let mut kept = 0;
    let refused = loop {
        let page = browser.get(&path).await;
        if page.status != StatusCode::SEE_OTHER {
            break page;
        }
        kept += 1;
    };
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    // One more may be kept each second, however slow the machine is.
    assert!((300..600).contains(&kept), "{kept}");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let mut other = at(&world, "203.0.113.9").await;
    assert_eq!(other.get(&path).await.status, StatusCode::SEE_OTHER);
    world.stop().await;
}
