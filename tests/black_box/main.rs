//! Panels of another maker's Modbus on three transports, described by files only: a clean charge on each, and every
//! fault that a wire, a meter or a breaker can have.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must say where"
)]

mod board;
mod breakers;
mod files;
mod lies;
mod wires;

use std::panic::AssertUnwindSafe;

use board::{Board, Layout, Transport};
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use tokio::sync::Mutex;

/// Panels at a hundred times their speed need the processors: the tests take turns, however many threads there are.
static TURN: Mutex<()> = Mutex::const_new(());

/// So many worlds live at a time: most of a story is waiting.
const AT_ONCE: usize = 6;

/// A named story about one board.
type Story<'a> = (String, LocalBoxFuture<'a, ()>);

/// Lives through all stories, some at a time, and names those that failed.
async fn live_through(stories: Vec<Story<'_>>) {
    let _turn = TURN.lock().await;
    let lived =
        stream::iter(stories).map(async |(name, story)| (name, AssertUnwindSafe(story).catch_unwind().await));
    let failed: Vec<String> = lived
        .buffer_unordered(AT_ONCE)
        .filter_map(async |(name, end)| end.is_err().then_some(name))
        .collect()
        .await;
    assert!(failed.is_empty(), "these went wrong, see above: {failed:#?}");
}

/// From the request to the end: the meter of outlet 1 counts, nothing happens at outlet 2.
async fn a_clean_charge(layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    let charge = board.charging(1).await;
    board.until_delivered(1, 120).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "remote", "{session}");
    board.assert_billed(1, &session).await;
    let truth = board.truth().await;
    assert_eq!(
        (&truth["closed"], &truth["delivered_mwh"][1]),
        (&json!([false, false]), &json!(0))
    );
    assert_eq!(board.closes(1), 1, "{:?}", board.orders(1));
    assert_eq!(board.world.outlet(1).await["state"], "available");
    board.finish().await;
}

async fn clean_charges(layout: Layout) {
    if !Board::can_be() {
        return;
    }
    let story = |transport: Transport| {
        (
            format!("{transport:?}"),
            a_clean_charge(layout, transport).boxed_local(),
        )
    };
    let stories = Transport::ALL.map(story);
    live_through(stories.into()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_board_with_single_meters_charges_on_every_transport() {
    clean_charges(Layout::Relays).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_bits_with_wireless_meters_charge_on_every_transport() {
    clean_charges(Layout::Smartlink).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn motor_pulses_with_a_multi_circuit_meter_charge_on_every_transport() {
    clean_charges(Layout::Motor).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coils_with_meters_of_integers_charge_on_every_transport() {
    clean_charges(Layout::Kmn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_many_with_low_words_first_charge_on_every_transport() {
    clean_charges(Layout::LowWords).await;
}
