//! The test button: does the right trip input act, and does it come back?

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position};
use domain::outlet::Wanted;

use super::board::Board;
use super::installer::{Installer, Notice, Question};
use super::movement::{LOOK_EVERY_MS, moved};
use super::{Quit, Walk, seen_at};
use crate::install::protocol::{Because, Check, Fault, Step};
use crate::modbus::panel::{Outlet, TripReset};

/// For a person to press the button.
const PRESSED_WITHIN_MS: u64 = 60_000;
/// After the breaker has moved, for the contacts to follow.
const FOLLOWS_WITHIN_MS: u64 = 3_000;
const RESET_WITHIN_MS: u64 = 10_000;

/// What acted after the button.
#[derive(Debug, Default)]
struct Acted {
    tripped: bool,
    leakage: bool,
    others: Vec<u8>,
    /// The breaker has opened without being told to.
    opened: bool,
}

impl Acted {
    /// Also where no input has acted, the breaker may have tripped.
    fn anything(&self) -> bool {
        self.tripped || self.leakage || self.opened || !self.others.is_empty()
    }
}

impl<B: Board, I: Installer> Walk<'_, B, I> {
    pub(super) async fn trip(&mut self, outlet: &Outlet, checks: &mut Vec<Check>) -> Result<(), Quit> {
        let number = outlet.number;
        if outlet.tripped.is_none() && outlet.leakage.is_none() {
            self.note(
                number,
                checks,
                Check::not_checked(Step::TripSeen, Because::NotThere),
            );
            return Ok(());
        }
        if let Some(reason) = self.go(Question::Trip(number.get())).await? {
            self.note(number, checks, Check::skipped(Step::TripSeen, &reason));
            return Ok(());
        }
        self.rest(outlet).await;
        let before = self.board.look().await;
        let movement = moved(self.board, number, Wanted::Closed).await;
        if movement.took_ms.is_none() {
            let within_ms = movement.limit_ms;
            let fault = movement.why_not(Fault::DoesNotClose { within_ms });
            self.note(number, checks, Check::failed(Step::TripSeen, fault));
            moved(self.board, number, Wanted::Open).await;
            return Ok(());
        }
        self.installer.tell(Notice::PressTest(number.get()));
        let acted = self.until_acted(outlet, &before).await;
        // Also where a person has opened it by hand, and where nothing happened.
        moved(self.board, number, Wanted::Open).await;
        for check in judge(outlet, &acted) {
            self.note(number, checks, check);
        }
        if acted.anything() {
            let check = self.reset(outlet, &before).await?;
            self.note(number, checks, check);
        }
        Ok(())
    }

    /// The panel's own pause between OFF and ON.
    async fn rest(&mut self, outlet: &Outlet) {
        let seconds = outlet.breaker.min_off_s;
        if seconds > 0 {
            self.installer.tell(Notice::Resting {
                outlet: outlet.number.get(),
                seconds,
            });
            self.board.wait_ms(seconds.saturating_mul(1000)).await;
        }
    }

    async fn until_acted(&mut self, outlet: &Outlet, before: &[(OutletNumber, Observation)]) -> Acted {
        let began = self.board.now_ms();
        let mut opened_at = None;
        loop {
            let look = self.board.look().await;
            let now_ms = self.board.now_ms();
            let mut acted = acted(outlet, before, &look);
            if seen_at(&look, outlet.number).position == Position::Open {
                opened_at = opened_at.or(Some(now_ms));
            }
            acted.opened = opened_at.is_some();
            let whole =
                acted.tripped == outlet.tripped.is_some() && acted.leakage == outlet.leakage.is_some();
            let followed = opened_at.is_some_and(|at| now_ms - at > FOLLOWS_WITHIN_MS);
            if (whole && acted.opened) || followed || now_ms - began > PRESSED_WITHIN_MS {
                return acted;
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
        }
    }

    async fn reset(
        &mut self,
        outlet: &Outlet,
        before: &[(OutletNumber, Observation)],
    ) -> Result<Check, Quit> {
        if outlet.breaker.trip_reset == TripReset::Manual {
            self.go(Question::Reset(outlet.number.get())).await?;
        }
        let began = self.board.now_ms();
        loop {
            let look = self.board.look().await;
            let acts = |seen: &Observation| seen.tripped == Some(true) || seen.leakage == Some(true);
            let others_act = look
                .iter()
                .any(|(number, seen)| acts(seen) && !acts(&seen_at(before, *number)));
            if !others_act && is_clear(outlet, &seen_at(&look, outlet.number)) {
                return Ok(Check::passed(Step::TripReset));
            }
            if self.board.now_ms() - began > RESET_WITHIN_MS {
                return Ok(Check::failed(Step::TripReset, Fault::TripStays));
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
        }
    }
}

/// An alarm that cannot be read is none that has gone.
fn is_clear(outlet: &Outlet, seen: &Observation) -> bool {
    let clear = |has_contact: bool, alarm: Option<bool>| !has_contact || alarm == Some(false);
    clear(outlet.tripped.is_some(), seen.tripped) && clear(outlet.leakage.is_some(), seen.leakage)
}

fn acted(
    outlet: &Outlet,
    before: &[(OutletNumber, Observation)],
    look: &[(OutletNumber, Observation)],
) -> Acted {
    let (own, own_before) = (seen_at(look, outlet.number), seen_at(before, outlet.number));
    let changed = |before: Option<bool>, after: Option<bool>| (before, after) == (Some(false), Some(true));
    let newly = |number: OutletNumber| {
        seen_at(look, number).tripped == Some(true) && seen_at(before, number).tripped != Some(true)
    };
    let others = look
        .iter()
        .map(|(number, _)| *number)
        .filter(|number| *number != outlet.number && newly(*number));
    Acted {
        tripped: changed(own_before.tripped, own.tripped),
        leakage: changed(own_before.leakage, own.leakage),
        others: others.map(OutletNumber::get).collect(),
        opened: false,
    }
}

fn judge(outlet: &Outlet, acted: &Acted) -> Vec<Check> {
    let mut checks = Vec::new();
    if outlet.tripped.is_some() {
        let outlets = acted.others.clone();
        checks.push(if !outlets.is_empty() {
            Check::failed(Step::TripSeen, Fault::TripSeenElsewhere { outlets })
        } else if acted.tripped {
            Check::passed(Step::TripSeen)
        } else {
            Check::failed(Step::TripSeen, Fault::NoTripSeen)
        });
    }
    if outlet.leakage.is_some() {
        checks.push(if acted.leakage {
            Check::passed(Step::LeakageSeen)
        } else {
            Check::failed(Step::LeakageSeen, Fault::NoLeakageSeen)
        });
    }
    checks
}
