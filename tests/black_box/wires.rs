//! What goes wrong on a wire while a car charges, and while a breaker is told to move.

use futures_util::future::FutureExt;
use serde_json::{Value, json};

use super::board::{Board, Layout, Transport};
use super::live_through;

/// Later than any answer that is still waited for …
const LATE_MS: u64 = 700;
/// … and later than a second question.
const VERY_LATE_MS: u64 = 1_500;
/// A breaker is open this long after it could be told.
const OPENS_WITHIN_MS: i64 = 3_000;

/// A row of the table: what is wrong with every answer, and on which transports that can be.
struct Row {
    kind: &'static str,
    more: Value,
    on: &'static [Transport],
}

fn row(kind: &'static str, more: Value) -> Row {
    let on = &Transport::ALL;
    Row { kind, more, on }
}

fn table() -> Vec<Row> {
    let late = |ms: u64| json!({"ms": ms});
    let nothing = || json!({});
    let mut rows = vec![
        row("deaf", nothing()),
        row("exception", json!({"code": 4})),
        row("exception", json!({"code": 11})),
        row("late", late(LATE_MS)),
        row("late", late(VERY_LATE_MS)),
        row("held", nothing()),
        row("garbage", nothing()),
        row("noise", nothing()),
        row("short", nothing()),
        row("wrong_unit", nothing()),
        row("wrong_function", nothing()),
        row("close", nothing()),
    ];
    rows.push(Row {
        on: &[Transport::RtuOverTcp, Transport::Rtu],
        ..row("crc", nothing())
    });
    rows.push(Row {
        on: &[Transport::Tcp],
        ..row("wrong_tid", nothing())
    });
    rows
}

impl Row {
    fn name(&self) -> String {
        format!("{} {}", self.kind, self.more)
    }

    /// The fault as the peer takes it, of one unit where given.
    fn fault(&self, unit: Option<u8>) -> Value {
        let mut fault = self.more.clone();
        fault["kind"] = self.kind.into();
        fault["unit"] = unit.into();
        fault
    }
}

/// The layouts take turns, so that each meets every kind of doubt somewhere.
fn layout_of(place: usize, transport: Transport) -> Layout {
    Layout::ALL[(place + transport as usize * 2) % Layout::ALL.len()]
}

/// The meter's answers go wrong until that is told; then all is well, and the bill is what flowed.
async fn while_charging(row: &Row, layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    let charge = board.charging(1).await;
    board.fault(row.fault(Some(layout.units().meter))).await;
    board.until_struck(row.kind, 4).await;
    let silent = |data: &Value| data["kind"] == "unusable" && data["why"] == "silent";
    board.world.until_event("meter.anomaly", 1, silent).await;
    // Where the whole line is cut, the controller cannot see that; the breaker itself tells.
    assert_eq!(board.truth().await["closed"][0], true);
    board.well().await;
    board.until_metered(1).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "remote", "{session}");
    board.assert_billed(1, &session).await;
    board.finish().await;
}

/// The whole bus goes wrong, and then the charge is to end: the breaker opens as soon as it can be told.
async fn while_stopping(row: &Row, layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    let charge = board.charging(1).await;
    board.fault(row.fault(None)).await;
    board.until_struck(row.kind, 2).await;
    board.world.stop_charge(&charge).await;
    board.until_struck(row.kind, 4).await;
    let well_at = board.now_when_well().await;
    let session = board.world.until_ended(&charge).await;
    board
        .until("an open breaker", |truth| {
            truth["closed"] == json!([false, false])
        })
        .await;
    let took_ms = board.opened_at(1).unwrap() - well_at;
    assert!(
        took_ms <= OPENS_WITHIN_MS,
        "opened {took_ms} ms after all was well"
    );
    assert_eq!(session["ended_reason"], "remote", "{session}");
    board.assert_billed(1, &session).await;
    board.world.until_usable().await;
    board.finish().await;
}

/// The answer to ON is lost, though the breaker has heard it: it closes, and is not told a second time.
async fn while_starting(layout: Layout, transport: Transport) {
    let mut board = Board::start(layout, transport).await;
    let writes = json!([5, 6, 15, 16]);
    let fault = json!({"kind": "silence", "unit": layout.units().board, "functions": writes, "times": 1});
    board.fault(fault).await;
    let charge = board.charging(1).await;
    board.until_delivered(1, 40).await;
    board.world.stop_charge(&charge).await;
    let session = board.world.until_ended(&charge).await;
    board.assert_billed(1, &session).await;
    let closes = board.closes(1);
    // What holds its value may be told again; a pulse or an order may not.
    let may = match layout {
        Layout::Motor | Layout::Smartlink => 1,
        Layout::Relays | Layout::Kmn | Layout::LowWords => 2,
    };
    assert!((1..=may).contains(&closes), "told {closes} times");
    board.finish().await;
}

async fn every_doubt(transport: Transport) {
    if !Board::can_be() {
        return;
    }
    let rows = table();
    let stories = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.on.contains(&transport));
    let stories = stories.map(|(place, row)| {
        let layout = layout_of(place, transport);
        let name = format!("{transport:?} {layout:?} {}", row.name());
        (name, while_charging(row, layout, transport).boxed_local())
    });
    live_through(stories.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_doubtful_answer_is_billed_on_modbus_tcp() {
    every_doubt(Transport::Tcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_doubtful_answer_is_billed_on_rtu_over_tcp() {
    every_doubt(Transport::RtuOverTcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_doubtful_answer_is_billed_on_rtu() {
    every_doubt(Transport::Rtu).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breaker_behind_a_bad_wire_opens_as_soon_as_it_can_be_told() {
    if !Board::can_be() {
        return;
    }
    let rows: Vec<Row> = table()
        .into_iter()
        .filter(|row| ["deaf", "held", "garbage", "close", "exception"].contains(&row.kind))
        .collect();
    let stories = rows.iter().enumerate().map(|(place, row)| {
        let transport = Transport::ALL[place % 3];
        let layout = layout_of(place + 1, transport);
        let name = format!("{transport:?} {layout:?} {}", row.name());
        (name, while_stopping(row, layout, transport).boxed_local())
    });
    live_through(stories.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_on_closes_no_breaker_twice() {
    if !Board::can_be() {
        return;
    }
    let stories = Layout::ALL
        .iter()
        .zip(Transport::ALL.iter().cycle())
        .map(|(layout, transport)| {
            let name = format!("{transport:?} {layout:?}");
            (name, while_starting(*layout, *transport).boxed_local())
        });
    live_through(stories.collect()).await;
}
