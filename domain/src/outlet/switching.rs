//! The rules of the switch itself: when to write, and when a breaker ignores OFF.

use super::lasting::Lasting;
use super::{Settings, Wanted};
use crate::observation::Position;
use crate::units::{Millis, Tick};

/// A breaker that ignores OFF is told again this often, then more rarely.
const OFF_RETRIES: u8 = 3;
/// A breaker that cannot be seen is alarming after this long.
const UNSEEN: Millis = Millis::seconds(30);
const RARELY: Millis = Millis::seconds(30);
/// A current that flows still this long after OFF has OFF written once more.
const INSIST_AFTER: Millis = Millis::seconds(3);
/// A mechanism that was told to close may still do so for this long.
const SLOWEST: Millis = Millis::seconds(30);

/// What was written to the switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Switching {
    /// What the output was told last; `None` until this run has told it anything.
    ordered: Option<Wanted>,
    told_at: Option<Tick>,
    /// OFF was written more than once since the last ON.
    insisted: bool,
    /// Since when ON has been tried for the charge that waits for it.
    tried_at: Option<Tick>,
    closed_at: Option<Tick>,
    not_open_since: Option<Tick>,
    closed_against_will: Lasting,
    written: Option<(Wanted, Tick)>,
    /// Nobody has answered that write: it may have been heard or not.
    unanswered: bool,
    tries: u8,
}

impl Switching {
    /// Whether OFF must be written although the breaker is seen open: the output may still say ON, so that a mended
    /// contact or a reset trip would close it, or current flows all the same.
    pub(super) fn owes_off(&self, carries: bool, now: Tick) -> bool {
        let pause = if self.insisted { RARELY } else { INSIST_AFTER };
        let again = carries && self.told_at.is_none_or(|at| now.since(at) >= pause);
        self.ordered != Some(Wanted::Open) || again
    }

    /// OFF is to be written once more, whatever is seen.
    pub(super) fn owe_off(&mut self) {
        self.ordered = None;
        self.written = None;
    }

    /// ON was tried; nobody knows what the output says.
    pub(super) fn may_have_closed(&mut self, now: Tick) {
        self.ordered = None;
        self.tried_at.get_or_insert(now);
    }

    /// Whether it may be our own output that holds the breaker closed.
    pub(super) fn may_say_on(&self) -> bool {
        match self.ordered {
            Some(ordered) => ordered == Wanted::Closed,
            None => self.tried_at.is_some(),
        }
    }

    /// Since when ON has been tried for the charge that waits for it.
    pub(super) fn tried_to_close(&self) -> Option<Tick> {
        self.tried_at
    }

    /// Another charge begins to wait: what was written for the one before says nothing of it.
    pub(super) fn begin(&mut self) {
        self.tried_at = None;
        self.written = self.written.filter(|(last, _)| *last != Wanted::Closed);
    }

    /// Whether the last write has had its time to work. ON is written once for a request; an OFF that nobody has
    /// answered waits until the breaker would have moved.
    pub(super) fn may_write(&self, wanted: Wanted, settings: &Settings, now: Tick) -> bool {
        match self.written {
            Some((last, _)) if last == wanted && wanted == Wanted::Closed => false,
            Some((last, at)) if last == wanted => {
                let wait = match self.tries {
                    _ if self.unanswered => settings.travel,
                    0..=OFF_RETRIES => settings.verify,
                    _ => RARELY,
                };
                now.since(at) >= wait.max(Millis(1))
            }
            Some(_) | None => true,
        }
    }

    /// When ON was written for the charge that waits for it.
    pub(super) fn told_to_close(&self) -> Option<Tick> {
        self.written
            .filter(|(last, _)| *last == Wanted::Closed)
            .map(|(_, at)| at)
    }

    /// Whether our own ON may be what closes the breaker now.
    pub(super) fn may_have_closed_it(&self, now: Tick) -> bool {
        self.closed_at.is_some_and(|at| now.since(at) <= SLOWEST)
    }

    /// Whether this is news to the output, and not a repetition.
    pub(super) fn wrote(&mut self, wanted: Wanted, now: Tick) -> bool {
        let again = self.has_written(wanted, now);
        self.tries = if again { self.tries.saturating_add(1) } else { 1 };
        self.unanswered = false;
        self.ordered = Some(wanted);
        !again
    }

    /// The same of a write that nobody has answered; what the output says then is not known.
    pub(super) fn perhaps_wrote(&mut self, wanted: Wanted, now: Tick) -> bool {
        let again = self.has_written(wanted, now);
        if !again {
            self.tries = 0;
        }
        self.unanswered = true;
        self.ordered = None;
        !again
    }

    fn has_written(&mut self, wanted: Wanted, now: Tick) -> bool {
        let again = self.written.is_some_and(|(last, _)| last == wanted);
        if wanted == Wanted::Closed {
            self.closed_at = Some(now);
        }
        self.insisted = wanted == Wanted::Open && self.ordered == Some(Wanted::Open);
        self.written = Some((wanted, now));
        self.told_at = Some(now);
        again
    }

    /// A breaker seen where it was told to be has obeyed: a later move away is written at once.
    pub(super) fn saw(&mut self, position: Position) {
        let obeyed = match self.written {
            Some((Wanted::Closed, _)) => position == Position::Closed,
            Some((Wanted::Open, _)) => position == Position::Open,
            None => false,
        };
        if obeyed {
            self.written = None;
            self.tries = 0;
        }
    }

    /// Whether a breaker that should be open is seen closed after all its OFFs, or for too long without them.
    /// `ending`: a charge waits for it, so that not seeing it is alarming too.
    pub(super) fn ignores_off(
        &mut self,
        ending: bool,
        position: Position,
        verify: Millis,
        now: Tick,
    ) -> bool {
        if position == Position::Open {
            self.ends_opening();
            return false;
        }
        let lasted = now.since(*self.not_open_since.get_or_insert(now));
        if position == Position::Unknown {
            self.closed_against_will.missed();
            return ending && lasted >= UNSEEN;
        }
        self.closed_against_will.seen(now);
        let seen_for = self.closed_against_will.lasted();
        let had_its_time = seen_for.0 >= verify.0.saturating_mul(u64::from(OFF_RETRIES) + 1);
        (had_its_time && self.tries > OFF_RETRIES) || seen_for >= UNSEEN
    }

    /// The breaker is open, or should be closed: it may be.
    pub(super) fn ends_opening(&mut self) {
        self.not_open_since = None;
        self.closed_against_will = Lasting::default();
    }
}
