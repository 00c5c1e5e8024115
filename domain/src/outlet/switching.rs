//! The rules of the switch itself: when to write, how often to close, and a contact that does not open.

use std::collections::VecDeque;

use super::{Refusal, Settings, Wanted};
use crate::observation::Position;
use crate::units::{MilliAmps, Millis, Tick};

const HOUR: Millis = Millis::seconds(3600);
/// A breaker that ignores OFF is told again this often, then more rarely.
const OFF_TRIES: u8 = 3;
/// A breaker that cannot be seen is alarming after this long.
const UNSEEN: Millis = Millis::seconds(30);
const RARELY: Millis = Millis::seconds(30);
/// This current through an open breaker, for this long, is a welded contact (I10).
pub(super) const WELDED_FROM: MilliAmps = MilliAmps(500);
const WELDED_AFTER: Millis = Millis::seconds(10);

/// What was written and seen of the switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Switching {
    /// What the output was told last; `None` until this run has told it anything.
    ordered: Option<Wanted>,
    told_at: Option<Tick>,
    not_open_since: Option<Tick>,
    written: Option<(Wanted, Tick)>,
    tries: u8,
    opened_at: Option<Tick>,
    closings: VecDeque<Tick>,
    leaking_since: Option<Tick>,
}

impl Switching {
    /// Whether OFF must be written although the breaker is seen open: the output may still say ON, so that a mended
    /// contact or a reset trip would close it, or current flows all the same.
    pub(super) fn owes_off(&self, now: Tick) -> bool {
        let leaks = self.leaking_since.is_some() && self.told_at.is_none_or(|at| now.since(at) >= RARELY);
        self.ordered != Some(Wanted::Open) || leaks
    }

    /// Whether the last write has had its time to work. ON is written once for a request.
    pub(super) fn may_write(&self, wanted: Wanted, verify: Millis, now: Tick) -> bool {
        match self.written {
            Some((last, _)) if last == wanted && wanted == Wanted::Closed => false,
            Some((last, at)) if last == wanted => {
                let wait = if self.tries < OFF_TRIES { verify } else { RARELY };
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

    pub(super) fn wrote(&mut self, wanted: Wanted, position: Position, now: Tick) {
        let again = self.written.is_some_and(|(last, _)| last == wanted);
        self.tries = if again { self.tries.saturating_add(1) } else { 1 };
        if !again {
            match wanted {
                Wanted::Closed => self.closings.push_back(now),
                Wanted::Open if position == Position::Open => {}
                Wanted::Open => self.opened_at = Some(now),
            }
        }
        self.written = Some((wanted, now));
        self.ordered = Some(wanted);
        self.told_at = Some(now);
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

    /// Whether a breaker that should be open has not been seen open for too long, whatever could be written to it.
    /// `ending`: a charge waits for it, so that not seeing it is alarming too.
    pub(super) fn ignores_off(
        &mut self,
        ending: bool,
        position: Position,
        verify: Millis,
        now: Tick,
    ) -> bool {
        if position == Position::Open {
            self.not_open_since = None;
            return false;
        }
        let lasted = now.since(*self.not_open_since.get_or_insert(now));
        match position {
            Position::Closed => lasted.0 >= verify.0.saturating_mul(u64::from(OFF_TRIES)),
            Position::Unknown | Position::Open => ending && lasted >= UNSEEN,
        }
    }

    /// The breaker should be closed: it may be.
    pub(super) fn may_be_closed(&mut self) {
        self.not_open_since = None;
    }

    pub(super) fn may_close(&self, settings: &Settings, now: Tick) -> Result<(), Refusal> {
        if let Some(opened_at) = self.opened_at {
            let open_for = now.since(opened_at);
            if open_for < settings.min_off {
                return Err(Refusal::TooSoon(Millis(settings.min_off.0 - open_for.0)));
            }
        }
        let recent = self.closings.iter().filter(|at| now.since(**at) < HOUR).count();
        if recent >= usize::from(settings.max_closings_per_hour) {
            return Err(Refusal::TooOften);
        }
        Ok(())
    }

    /// Whether a breaker that is and should be open has carried current for too long.
    pub(super) fn welded(
        &mut self,
        wanted_open: bool,
        position: Position,
        current: Option<MilliAmps>,
        now: Tick,
    ) -> bool {
        while self.closings.front().is_some_and(|at| now.since(*at) >= HOUR) {
            self.closings.pop_front();
        }
        let leaks = wanted_open
            && position == Position::Open
            && current.is_some_and(|current| current >= WELDED_FROM);
        if !leaks {
            self.leaking_since = None;
            return false;
        }
        let since = *self.leaking_since.get_or_insert(now);
        now.since(since) >= WELDED_AFTER
    }
}
