//! The live page and the page behind a label.

use futures_util::StreamExt;

use crate::world::{World, answer};

#[tokio::test]
async fn the_page_says_what_every_outlet_is_doing_in_both_languages() {
    let world = World::start().await;
    let owner = world.owner();
    owner.panel(8).await;
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    for (path, sentence) in [("/?lang=ja", "空いています"), ("/?lang=en", "Available")] {
        let page = answer(world.http.get(world.url(path))).await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").to_owned();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let text = page.body.as_str().unwrap().to_owned();
        assert_eq!(text.matches(sentence).count(), 8);
        assert!(!text.contains("style=") && !text.contains("<script>"));
    }
    for asset in ["console.css", "console.js", "favicon.svg"] {
        assert_eq!(
            answer(world.http.get(world.url(&format!("/console/assets/{asset}"))))
                .await
                .status,
            200
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn the_page_is_there_only_where_it_is_opened_and_asked_for_by_this_machine() {
    let closed = World::start_with(|config| config.console.open_on_loopback = false).await;
    answer(closed.http.get(closed.url("/")))
        .await
        .is_problem(404, "not-found");
    answer(closed.http.get(closed.url("/console/stream")))
        .await
        .is_problem(404, "not-found");
    closed.stop().await;
    let open = World::start().await;
    let proxied = open
        .http
        .get(open.url("/"))
        .header("x-forwarded-for", "203.0.113.1");
    answer(proxied).await.is_problem(404, "not-found");
    let rebound = open.http.get(open.url("/")).header("host", "evil.example");
    answer(rebound).await.is_problem(404, "not-found");
    open.stop().await;
}

#[tokio::test]
async fn the_stream_tells_tiles_as_they_change() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let response = world
        .http
        .get(world.url("/console/stream?lang=en"))
        .send()
        .await
        .unwrap();
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    while !text.contains("Checking the breaker") {
        text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    owner.start_session(&panel.outlets[0], "k").await.expect(202);
    world.clock.advance(std::time::Duration::from_secs(31));
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    while !text.contains("Available") {
        text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    drop(chunks);
    world.stop().await;
}

#[tokio::test]
async fn a_label_leads_to_its_outlet_and_unknown_codes_look_alike() {
    let world = World::start().await;
    let panel = world.owner().panel(1).await;
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let page = answer(world.http.get(world.url(&format!("/o/{code}?lang=ja")))).await;
    assert_eq!(page.status, 200);
    let text = page.body.as_str().unwrap();
    assert!(text.contains("区画 1") && !text.contains("kWh"));
    let unknown = |code: &'static str| answer(world.http.get(world.url(&format!("/o/{code}?lang=ja"))));
    let (one, other) = (unknown("00000000").await, unknown("'-DROP").await);
    assert_eq!((one.status.as_u16(), one.body.clone()), (404, other.body));
    world.stop().await;
}
