//! Meters that say what is not so: told of, never billed.

use futures_util::future::FutureExt;
use serde_json::json;

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

/// An idle meter lies once: it is told of, and the next charge is billed as if nothing had been.
async fn a_lie_while_idle(lie: &str, layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    board.tell(json!({"do": "meter", "outlet": 1, "lie": lie})).await;
    board.world.ask_for_status(1).await;
    board.world.until_event("meter.anomaly", 1, |_| true).await;
    board.well().await;
    let charge = board.charging(1).await;
    board.until_delivered(1, HONEST_WH).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    board.assert_billed(1, &session).await;
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
async fn no_lie_of_an_idle_meter_spoils_the_next_bill() {
    if !Board::can_be() {
        return;
    }
    let lies = ["nan", "all_ff", "zero", "swapped"];
    let places = Layout::ALL.into_iter().zip(Transport::ALL.into_iter().cycle());
    let stories = lies.into_iter().zip(places).map(|(lie, (layout, transport))| {
        let name = format!("{lie} {layout:?} {transport:?}");
        (name, a_lie_while_idle(lie, layout, transport).boxed_local())
    });
    live_through(stories.collect()).await;
}
