//! One movement of a breaker: told, timed, and whether only that one moved.

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position};
use domain::outlet::Wanted;

use super::board::Board;
use super::seen_at;
use crate::install::protocol::Fault;
use crate::modbus::panel::Breaker;

pub(super) const LOOK_EVERY_MS: u64 = 20;
/// Beyond its time a movement is too slow, and still timed.
const LATE_MS: u64 = 3_000;
const OTHERS_OFF_WITHIN_MS: u64 = 2_000;

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
    /// Other outlets that are not seen open, so that this one was not told to close.
    pub(super) not_off: Vec<u8>,
    /// Other outlets whose position is not what it was.
    pub(super) others: Vec<u8>,
}

impl Movement {
    /// Why it has not moved; `fault` where it was told and simply has not.
    pub(super) fn why_not(&self, fault: Fault) -> Fault {
        match &self.problem {
            _ if !self.not_off.is_empty() => Fault::OthersNotOff {
                outlets: self.not_off.clone(),
            },
            Some(problem) => Fault::CannotSwitch {
                problem: problem.clone(),
            },
            None if self.unknown => Fault::PositionUnknown,
            None => fault,
        }
    }
}

/// Within which the position must agree, as for the controller.
pub(super) fn in_time_ms(breaker: &Breaker) -> u64 {
    breaker.travel_ms.saturating_add(breaker.verify_ms)
}

/// Tells a breaker to move and looks at it until it has, or its time is long over. Never is more than one closed.
pub(super) async fn moved(board: &mut impl Board, outlet: OutletNumber, wanted: Wanted) -> Movement {
    let outlet_of_panel = board.panel().outlet(outlet);
    let in_time_ms = outlet_of_panel.map_or(0, |outlet| in_time_ms(&outlet.breaker));
    if wanted == Wanted::Closed {
        let not_off = others_not_off(board, outlet).await;
        if !not_off.is_empty() {
            return Movement {
                not_off,
                ..Movement::default()
            };
        }
    }
    let before = board.look().await;
    let began = board.now_ms();
    let problem = board.switch(outlet, wanted).await.err();
    let mut movement = Movement {
        problem,
        limit_ms: in_time_ms.saturating_add(LATE_MS),
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

/// One look may be lost on the line; what is not seen open in time is taken for closed.
async fn others_not_off(board: &mut impl Board, outlet: OutletNumber) -> Vec<u8> {
    let began = board.now_ms();
    loop {
        let look = board.look().await;
        let others = look
            .iter()
            .filter(|(number, seen)| *number != outlet && seen.position != Position::Open);
        let not_off: Vec<u8> = others.map(|(number, _)| number.get()).collect();
        if not_off.is_empty() || board.now_ms() - began > OTHERS_OFF_WITHIN_MS {
            return not_off;
        }
        board.wait_ms(LOOK_EVERY_MS).await;
    }
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
