//! Months as papers, read by another program.

use reqwest::Method;
use serde_json::json;

use crate::papers::{Paper, can_be_read};
use crate::statements::{october, path, site};
use crate::world::World;

#[tokio::test]
async fn a_month_is_printed_for_the_board_and_for_each_unit() {
    if !can_be_read() {
        return;
    }
    let world = World::start().await;
    let owner = world.owner();
    let panel = site(&world, &owner).await;
    october(&world, &panel);
    let text = async |query: &str| {
        let path = path(&panel, &format!("statements/2026-10.pdf{query}"));
        let answer = owner.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        Paper::keep(&answer.bytes().await.unwrap()).text()
    };
    let board = text("").await;
    for words in [
        "月次精算書",
        "2026年10月",
        "301",
        "(住戸なし)",
        "231",
        "8.000 kWh",
        "未確定",
    ] {
        assert!(board.contains(words), "{words} is not in {board}");
    }
    for month in ["2026-09", "2026-10"] {
        let body = json!({ "month": month });
        owner.post(&path(&panel, "statements"), &body).await.expect(201);
    }
    let notice = text("?unit=301&lang=en").await;
    for words in [
        "What your charging cost",
        "301",
        "October 2026",
        "From: ",
        "190 yen",
        "2026-10-31 23:59 +09:00",
        "31 yen/kWh × ",
        "SHA-256",
    ] {
        assert!(notice.contains(words), "{words} is not in {notice}");
    }
    assert!(!notice.contains("equiv"), "{notice}");
    let nobody = path(&panel, "statements/2026-10.pdf?unit=999");
    owner.get(&nobody).await.is_problem(404, "not-found");
    world.stop().await;
}
