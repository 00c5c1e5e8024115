//! Meters that say what is not so: told of, never billed.

use futures_util::future::FutureExt;
use serde_json::{Value, json};

use super::board::{Board, Layout, Transport};
use super::live_through;

/// What a meter says instead of the truth, and whether the truth comes again.
const LIES: [(&str, bool); 6] = [
    ("nan", true),
    ("all_ff", true),
    ("zero", true),
    ("frozen", true),
    ("swapped", true),
    ("reset", false),
];
/// So much flows before the lie, and after it.
const HONEST_WH: i64 = 80;

async fn a_lie(lie: &str, passes: bool, layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    board.world.doubt_the_meter(1);
    let charge = board.charging(1).await;
    board.until_delivered(1, HONEST_WH).await;
    board.until_metered(1).await;
    board.tell(json!({"do": "meter", "outlet": 1, "lie": lie})).await;
    if lie != "frozen" {
        board.world.until_event("meter.anomaly", 1, |_| true).await;
    }
    board.until_delivered(1, 100).await;
    if passes {
        board.well().await;
        board.until_metered(1).await;
    }
    board.until_delivered(1, HONEST_WH).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "remote", "{session}");
    let billed = board.assert_not_overbilled(1, &session).await;
    assert!(
        billed >= HONEST_WH,
        "what was told honestly before is billed: {billed}"
    );
    assert_eq!(board.world.outlet(1).await["breaker"], "open");
    board.finish().await;
}

/// Values that are no values are not even stored: an idle outlet keeps its register.
async fn a_lie_while_idle(lie: &str, layout: Layout) {
    let mut board = Board::start(layout, Transport::Tcp).await;
    board.world.doubt_the_meter(2);
    board.tell(json!({"do": "meter", "outlet": 2, "lie": lie})).await;
    let command = board.world.ask_for_status(2).await;
    assert_eq!(board.world.until_outcome(&command).await["state"], "confirmed");
    let asked = |data: &Value| data["requested"] == true;
    let status = board.world.until_event("outlet.status", 2, asked).await;
    let register = status["data"]["register_wh"].as_i64();
    assert!(register.is_none_or(|wh| wh == 1_234_222), "{status}");
    board.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_lie_of_a_meter_is_billed() {
    if !Board::can_be() {
        return;
    }
    let mut stories = Vec::new();
    for (place, (lie, passes)) in LIES.into_iter().enumerate() {
        for (turn, layout) in Layout::ALL.into_iter().enumerate() {
            // Half of the layouts for each lie, so that every layout meets three of them.
            if (place + turn) % 2 == 1 {
                continue;
            }
            let transport = Transport::ALL[(place + turn) % 3];
            let name = format!("{lie} {layout:?} {transport:?}");
            stories.push((name, a_lie(lie, passes, layout, transport).boxed_local()));
        }
    }
    live_through(stories).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_lie_of_an_idle_meter_becomes_a_register() {
    if !Board::can_be() {
        return;
    }
    let lies = ["nan", "all_ff", "zero", "swapped"];
    let stories = lies.into_iter().zip(Layout::ALL).map(|(lie, layout)| {
        let name = format!("{lie} {layout:?}");
        (name, a_lie_while_idle(lie, layout).boxed_local())
    });
    live_through(stories.collect()).await;
}
