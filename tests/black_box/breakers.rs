//! Breakers that stick, trip, weld, move slowly, or are moved by hand.

use futures_util::future::FutureExt;
use serde_json::{Value, json};

use system_tests::checker::of_type;

use super::board::{Board, Layout, SPEED, Transport};
use super::live_through;

fn mode(mode: &str) -> Value {
    json!({"do": "breaker", "outlet": 1, "mode": mode})
}

async fn until_fault(board: &Board, fault: &str, cleared: bool) {
    let fits = |data: &Value| data["fault"] == fault && data["cleared"] == cleared;
    board.world.until_event("outlet.fault", 1, fits).await;
}

/// A charge that runs as if nothing had been, and is billed to the Wh.
async fn charges_well(board: &mut Board) {
    let before = board.flowed_wh(1).await;
    let charge = board.charging(1).await;
    board.until_delivered(1, 40).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    let (billed, flowed) = (
        session["energy_wh"].as_i64().unwrap(),
        board.flowed_wh(1).await - before,
    );
    assert!((billed - flowed).abs() <= 2, "{billed} of {flowed} Wh: {session}");
}

async fn clear_fault(board: &Board) {
    let path = format!("/v1/outlets/{}/fault-clearings", board.world.outlet_id(1));
    let answer = board.world.api.post(&path, &json!({})).await;
    board.world.remember(&answer.clone().ok());
    let command = answer.body["command"]["id"].as_str().unwrap();
    assert_eq!(board.world.until_outcome(command).await["state"], "confirmed");
}

/// It does not close: the start fails, nothing is billed, and after it was mended the next start works.
async fn sticks_open(mut board: Board) {
    board.tell(mode("stick")).await;
    let charge = board.world.start_charge(1, json!({"duration_s": 600})).await;
    assert_eq!(
        board.world.until_outcome(&charge.command_id).await["state"],
        "failed"
    );
    let session = board.world.until_ended(&charge).await;
    assert_eq!(
        (&session["ended_reason"], &session["energy_wh"]),
        (&json!("did_not_close"), &json!(0))
    );
    until_fault(&board, "did_not_close", false).await;
    board.tell(json!({"do": "mend", "outlet": 1})).await;
    charges_well(&mut board).await;
    board.finish().await;
}

/// It does not open: told three times, alarmed, energy counts on; once it moves, the charge ends with all of it.
async fn sticks_closed(mut board: Board) {
    let charge = board.charging(1).await;
    board.tell(mode("stick")).await;
    board.world.stop_charge(&charge).await;
    until_fault(&board, "did_not_open", false).await;
    board.truth().await;
    let opens = board
        .orders(1)
        .into_iter()
        .filter(|order| order == "open")
        .count();
    assert!(opens >= 3, "told {opens} times");
    board.until_delivered(1, 40).await;
    board.tell(json!({"do": "mend", "outlet": 1})).await;
    until_fault(&board, "did_not_open", true).await;
    let session = board.world.until_ended(&charge).await;
    board.assert_billed(1, &session).await;
    board.finish().await;
}

/// Locked, and never told to close again; cleared by a person, it works.
async fn trips(mut board: Board) {
    let charge = board.charging(1).await;
    board.until_delivered(1, 40).await;
    board.tell(json!({"do": "trip", "outlet": 1})).await;
    let session = board.world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "tripped");
    board.assert_billed(1, &session).await;
    until_fault(&board, "tripped", false).await;
    let refused = board.world.try_start(1, json!({"duration_s": 600})).await;
    assert_eq!(refused.status, 409, "{:#}", refused.body);
    board.tell(json!({"do": "reset", "outlet": 1})).await;
    let looked = board.truth().await["requests"].as_u64().unwrap() + 20;
    board
        .until("looks", |truth| truth["requests"].as_u64() >= Some(looked))
        .await;
    assert_eq!(board.closes(1), 1);
    clear_fault(&board).await;
    board.world.until_usable().await;
    charges_well(&mut board).await;
    board.finish().await;
}

/// A charge that ends waits so long for its current to go.
const SETTLES_S: i64 = 3;
/// What the car draws in a second: 203.4 V, 14.2 A.
const WH_S: i64 = 2_889 * SPEED / 3_600;

/// The handle moves and the current stays: locked as welded, and nobody is billed for what flows after the end.
async fn welds(mut board: Board) {
    let charge = board.charging(1).await;
    board.until_delivered(1, 40).await;
    board.tell(mode("weld")).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    board.world.doubt_the_meter(1);
    until_fault(&board, "welded", false).await;
    let billed = board.assert_not_overbilled(1, &session).await;
    let when_opened = board.flowed_when_opened_wh(1);
    // Looks take time; ten seconds of current do not fit in.
    let most = when_opened + (SETTLES_S + 2) * WH_S;
    assert!(
        (when_opened - 1..=most).contains(&billed),
        "{billed} Wh billed, {when_opened} Wh when it opened"
    );
    let refused = board.world.try_start(1, json!({"duration_s": 600})).await;
    assert_eq!(refused.status, 409, "{:#}", refused.body);
    board.finish().await;
}

/// It takes half of its patience: no fault, and all is billed.
async fn moves_slowly(mut board: Board) {
    board
        .tell(json!({"do": "breaker", "outlet": 1, "mode": "slow", "slow_by": 12}))
        .await;
    charges_well(&mut board).await;
    let events = board.world.events().await;
    // Until the first look an outlet is "unavailable".
    let mut faults = of_type(&events, "outlet.fault").filter(|event| event["data"]["fault"] != "unavailable");
    assert_eq!(faults.next(), None);
    board.finish().await;
}

/// Opened at the panel: the charge ends with what flowed, and the hand is not overruled.
async fn is_opened_by_hand(mut board: Board) {
    let charge = board.charging(1).await;
    board.until_delivered(1, 40).await;
    board
        .tell(json!({"do": "hand", "outlet": 1, "close": false}))
        .await;
    let session = board.world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "opened_by_hand");
    board.assert_billed(1, &session).await;
    assert_eq!(board.closes(1), 1);
    board.finish().await;
}

/// Closed at the panel without a charge: opened again, and billed to nobody.
async fn is_closed_by_hand(mut board: Board) {
    board
        .tell(json!({"do": "hand", "outlet": 1, "close": true}))
        .await;
    board
        .until("an open breaker", |truth| {
            truth["closed"] == json!([false, false])
        })
        .await;
    let flowed = board.flowed_wh(1).await;
    board.until_register(1, flowed).await;
    board.world.doubt_the_meter(1);
    charges_well(&mut board).await;
    board.finish().await;
}

macro_rules! on_every_layout {
    ($name:ident, $story:ident, $first:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            if !Board::can_be() {
                return;
            }
            let stories = Layout::ALL.into_iter().enumerate().map(|(place, layout)| {
                let transport = Transport::ALL[(place + $first) % 3];
                let story = async move { $story(Board::start(layout, transport).await).await };
                (format!("{layout:?} {transport:?}"), story.boxed_local())
            });
            live_through(stories.collect()).await;
        }
    };
}

on_every_layout!(a_breaker_that_does_not_close_fails_the_start, sticks_open, 0);
on_every_layout!(
    a_breaker_that_does_not_open_is_told_again_and_alarmed,
    sticks_closed,
    1
);
on_every_layout!(a_tripped_breaker_is_locked_until_a_person_clears_it, trips, 2);
on_every_layout!(a_welded_contact_is_locked_and_billed_to_nobody, welds, 0);
on_every_layout!(a_slow_breaker_is_waited_for, moves_slowly, 1);
on_every_layout!(a_hand_that_opens_is_obeyed, is_opened_by_hand, 2);
on_every_layout!(
    a_hand_that_closes_is_undone_and_billed_to_nobody,
    is_closed_by_hand,
    0
);
