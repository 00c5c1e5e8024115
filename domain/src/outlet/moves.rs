//! Which moves of a breaker are told: a contact that chatters must not fill the journal.

use crate::observation::Position;
use crate::units::{Millis, Tick};

const MINUTE: Millis = Millis::seconds(60);
/// More moves than a breaker makes in a minute that is switched as often as it may be.
const MOST_A_MINUTE: u8 = 10;
/// One lost look is no move.
const UNSEEN_LOOKS: u8 = 2;

/// What was told last, and how often in this minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    told: (Position, bool),
    unseen: u8,
    minute: Option<Tick>,
    count: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Move,
    /// There are more moves than are told; said once in a minute.
    Chatter,
}

impl Moves {
    /// Takes in a look: what is to be told of it. Where it stands after a chatter is told with the next minute.
    pub(super) fn take(&mut self, position: Position, tripped: bool, now: Tick) -> Option<Told> {
        self.unseen = match position {
            Position::Unknown => self.unseen.saturating_add(1),
            Position::Open | Position::Closed => 0,
        };
        let is_lost_once = (1..UNSEEN_LOOKS).contains(&self.unseen) && tripped == self.told.1;
        if (position, tripped) == self.told || is_lost_once {
            return None;
        }
        if self.minute.is_none_or(|minute| now.since(minute) >= MINUTE) {
            (self.minute, self.count) = (Some(now), 0);
        }
        self.count = self.count.saturating_add(1);
        if self.count <= MOST_A_MINUTE {
            self.told = (position, tripped);
            return Some(Told::Move);
        }
        (self.count == MOST_A_MINUTE + 1).then_some(Told::Chatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_that_chatters_is_told_ten_times_a_minute_then_once_for_all_then_where_it_stands() {
        let mut moves = Moves::default();
        let mut told = Vec::new();
        for look in 0..55_u64 {
            let position = if look % 2 == 0 {
                Position::Open
            } else {
                Position::Closed
            };
            told.extend(moves.take(position, false, Tick(look * 1000)));
        }
        assert_eq!(told.iter().filter(|told| **told == Told::Move).count(), 10);
        assert_eq!(told.iter().filter(|told| **told == Told::Chatter).count(), 1);
        assert_eq!(moves.take(Position::Open, false, Tick(59_000)), None);
        assert_eq!(moves.take(Position::Open, false, Tick(60_000)), Some(Told::Move));
        assert_eq!(moves.take(Position::Open, false, Tick(61_000)), None);
    }

    #[test]
    fn one_lost_look_is_no_move() {
        let mut moves = Moves::default();
        let looks = [
            (Position::Open, Some(Told::Move)),
            (Position::Unknown, None),
            (Position::Open, None),
            (Position::Unknown, None),
            (Position::Unknown, Some(Told::Move)),
            (Position::Unknown, None),
            (Position::Open, Some(Told::Move)),
        ];
        for (second, (position, expected)) in (0..).zip(looks) {
            assert_eq!(
                moves.take(position, false, Tick(second * 1000)),
                expected,
                "{second}"
            );
        }
    }
}
