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
    let close = async |month: &str| {
        let body = json!({ "month": month });
        owner.post(&path(&panel, "statements"), &body).await.expect(201);
    };
    close("2026-09").await;
    let correction = json!({ "month": "2026-09", "unit": "301", "amount_yen": -37, "note": "おわび" });
    let corrections = path(&panel, "statement-corrections");
    owner.post(&corrections, &correction).await.expect(201);
    let board = text("").await;
    for words in [
        "月次精算書",
        "2026年10月",
        "301",
        "(住戸なし)",
        "194",
        "8.000 kWh",
        "訂正 301(2026年9月分) −37円: おわび",
        "【未確定】",
    ] {
        assert!(board.contains(words), "{words} is not in {board}");
    }
    close("2026-10").await;
    let notice = text("?unit=301&lang=en").await;
    for words in [
        "What your charging cost",
        "301",
        "October 2026",
        "From: ",
        "153 yen",
        "31 Oct 2026 23:59",
        "Correction of September 2026, −37 yen: おわび",
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
