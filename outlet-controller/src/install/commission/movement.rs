//! One movement of a breaker: told, timed, and whether only that one moved.

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position};
use domain::outlet::Wanted;

use super::board::Board;
use super::seen_at;

pub(super) const LOOK_EVERY_MS: u64 = 20;
/// Beyond verify_ms a movement is too slow, and still timed.
const LATE_MS: u64 = 3_000;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Movement {
    /// The write failed, and why.
    pub(super) problem: Option<String>,
    /// Until the position agreed; `None`: it did not.
    pub(super) took_ms: Option<u64>,
    pub(super) limit_ms: u64,
    /// Never read since the command.
    pub(super) unknown: bool,
    /// Other outlets whose position is not what it was.
    pub(super) others: Vec<u8>,
}

/// Tells a breaker to move and looks at it until it has, or its time is long over.
pub(super) async fn moved(board: &mut impl Board, outlet: OutletNumber, wanted: Wanted) -> Movement {
    let verify_ms = board
        .panel()
        .outlet(outlet)
        .map_or(0, |outlet| outlet.breaker.verify_ms);
    let before = board.look().await;
    let began = board.now_ms();
    let problem = board.switch(outlet, wanted).await.err();
    let mut movement = Movement {
        problem,
        limit_ms: verify_ms + LATE_MS,
        unknown: true,
        ..Movement::default()
    };
    let aim = match wanted {
        Wanted::Closed => Position::Closed,
        Wanted::Open => Position::Open,
    };
    loop {
        let seen = board.look_at(outlet).await;
        let passed_ms = board.now_ms().saturating_sub(began);
        movement.unknown &= seen.position == Position::Unknown;
        if seen.position == aim {
            movement.took_ms = Some(passed_ms);
            break;
        }
        if passed_ms > movement.limit_ms || seen.tripped == Some(true) && wanted == Wanted::Closed {
            break;
        }
        board.wait_ms(LOOK_EVERY_MS).await;
    }
    movement.others = others(&before, &board.look().await, outlet);
    movement
}

fn others(
    before: &[(OutletNumber, Observation)],
    after: &[(OutletNumber, Observation)],
    outlet: OutletNumber,
) -> Vec<u8> {
    let differs = |number: OutletNumber| {
        let (before, after) = (seen_at(before, number).position, seen_at(after, number).position);
        before != after && after != Position::Unknown && before != Position::Unknown
    };
    let numbers = after.iter().map(|(number, _)| *number);
    let others = numbers.filter(|number| *number != outlet && differs(*number));
    others.map(OutletNumber::get).collect()
}
