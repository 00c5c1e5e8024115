//! Any sequence of observations, commands, lost and repeated messages keeps the invariants.

use proptest::prelude::*;

use super::*;
use crate::limits::{Limits, NewLimits};
use crate::outlet::{Settings, State};
use crate::units::{Tick, Timestamp};
use actions::{Action, OUTLETS, Wall, any_action};
use truth::Truth;

#[path = "panel_tests/actions.rs"]
mod actions;
#[path = "panel_tests/commands.rs"]
mod commands;
#[path = "panel_tests/truth.rs"]
mod truth;
#[path = "panel_tests/turns.rs"]
mod turns;

const AWAY_MS: u64 = 30_000;
/// When the building was opened.
const NOON_US: i64 = 1_700_000_000_000_000;
const STAGGER: Millis = Millis(2_000);

/// Times short enough to happen within a sequence. The second breaker stays where it is without power.
fn settings(number: OutletNumber) -> Settings {
    Settings {
        latching: number.index() == 1,
        no_load_warning: Millis::seconds(20),
        no_load_off: Millis::seconds(60),
        idle_after: Millis::seconds(90),
        has_leakage_contact: true,
        ..Settings::default()
    }
}

struct Building {
    panel: Panel,
    truth: Vec<Truth>,
    now_ms: u64,
    /// Never begins anew.
    true_ms: u64,
    told_on_at: Option<u64>,
    wall_us: i64,
    /// The wall clock is right, and known to be.
    is_set: bool,
    names: u32,
    last_start: Option<(OutletNumber, Start)>,
}

impl Building {
    fn new() -> Self {
        let mut building = Self {
            panel: Panel::new(
                OutletNumber::first(OUTLETS)
                    .map(|n| Outlet::new(settings(n)))
                    .collect(),
            )
            .staggered(STAGGER),
            truth: vec![Truth::default(); usize::from(OUTLETS)],
            now_ms: 5_000,
            true_ms: 0,
            told_on_at: None,
            wall_us: NOON_US,
            is_set: true,
            names: 0,
            last_start: None,
        };
        building.second();
        building
    }

    fn now(&self) -> Now {
        Now {
            tick: Tick(self.now_ms),
            wall: Timestamp(self.wall_us),
        }
    }

    fn number(outlet: u8) -> OutletNumber {
        OutletNumber::new(outlet + 1).unwrap()
    }

    fn act(&mut self, action: &Action) {
        let truth = |building: &mut Self, outlet: u8, change: &dyn Fn(&mut Truth)| {
            change(&mut building.truth[usize::from(outlet)]);
        };
        match *action {
            Action::Start {
                outlet,
                duration_s,
                energy_wh,
                when_idle,
            } => {
                let limits = Limits {
                    duration: Millis::seconds(duration_s),
                    energy: energy_wh.map(WattHours),
                    when_idle,
                };
                self.start(outlet, limits);
            }
            Action::RepeatLastStart => self.repeat_last_start(),
            Action::Change {
                outlet,
                duration_s,
                energy_wh,
            } => {
                let limits = NewLimits {
                    duration: Millis::seconds(duration_s),
                    energy: energy_wh.map(WattHours),
                    when_idle: None,
                };
                self.change(outlet, limits);
            }
            Action::Stop { outlet } => {
                let charge = self.panel.outlet(Self::number(outlet)).unwrap().charge().cloned();
                if let Some(charge) = charge {
                    self.panel
                        .stop(&charge.transaction, EndReason::Remote, self.now())
                        .unwrap();
                }
            }
            Action::Clear { outlet } => self.clear(outlet),
            Action::Leak { outlet, leaks } => truth(self, outlet, &|t| t.leaks = leaks),
            Action::Trip { outlet, tripped } => truth(self, outlet, &|t| {
                t.tripped = tripped;
                t.closed &= !tripped;
            }),
            Action::ByHand { outlet, closed } => truth(self, outlet, &|t| t.closed = closed && !t.tripped),
            Action::Stick { outlet, stuck } => truth(self, outlet, &|t| t.stuck = stuck),
            Action::Draw { outlet, current_ma } => truth(self, outlet, &|t| t.current_ma = current_ma),
            Action::Register { outlet, to } => truth(self, outlet, &|t| t.register_mwh = to * 1000),
            Action::Blind { outlet, blind } => truth(self, outlet, &|t| t.blind = blind),
            Action::Wait { seconds } => (0..seconds).for_each(|_| self.second()),
            Action::WallStep { days } => {
                self.wall_us += days * 86_400_000_000;
                self.is_set &= days == 0;
            }
            Action::SetClock => self.set_clock(),
            Action::Restart => self.restart(),
            Action::Boot { wall } => self.boot(wall),
            Action::Hold { seconds } => self.panel.hold_closings(Millis::seconds(seconds), self.now()),
        }
    }

    fn clear(&mut self, outlet: u8) {
        let now = self.now();
        let cleared = self
            .panel
            .outlet_mut(Self::number(outlet))
            .unwrap()
            .clear_fault(now);
        if cleared.is_ok_and(|reports| !reports.is_empty()) {
            let truth = &mut self.truth[usize::from(outlet)];
            assert_eq!(
                truth.dangers[..2],
                [0, 0],
                "cleared while the last look saw danger"
            );
            truth.locked = false;
        }
    }

    fn start(&mut self, outlet: u8, limits: Limits) {
        self.names += 1;
        let name = format!("t{}", self.names);
        let start = Start {
            transaction: TransactionId(name.clone()),
            remote_start_id: i64::from(self.names),
            id_token: "driver".into(),
            limits,
        };
        if self
            .panel
            .start(Self::number(outlet), start.clone(), self.now())
            .is_ok()
        {
            let truth = &mut self.truth[usize::from(outlet)];
            truth
                .ends_at
                .insert(name.clone(), self.now_ms + limits.duration.0);
            truth.ended.insert(name, 0);
            truth.left_open = false;
            self.look_at_clock();
            self.last_start = Some((Self::number(outlet), start));
        }
    }

    fn restart(&mut self) {
        self.pass(AWAY_MS);
        let now = self.now();
        let outlets = self.panel.outlets();
        let outlets = outlets.map(|(n, outlet)| Outlet::resume(settings(n), outlet.saved(), now));
        self.panel = Panel::new(outlets.collect()).staggered(STAGGER);
        self.truth.iter_mut().for_each(Truth::forget_looks);
        self.check_state();
    }

    fn set_clock(&mut self) {
        self.wall_us = NOON_US + i64::try_from(self.true_ms).unwrap() * 1000;
        self.is_set = true;
    }

    /// A clock that is right is heeded, as the control loop does.
    fn look_at_clock(&mut self) {
        if !self.is_set {
            return;
        }
        self.panel.set_right(self.now());
        for (number, outlet) in self.panel.outlets() {
            let running = outlet.charge().map(|charge| charge.transaction.0.clone());
            self.truth[number.index()].timed.extend(running);
        }
    }

    /// The wall clock tells how long the power was gone only if it is right, and was right before.
    fn boot(&mut self, wall: Wall) {
        let before = self.now();
        self.pass(AWAY_MS);
        self.is_set = false;
        match wall {
            Wall::Right => self.set_clock(),
            Wall::Epoch => self.wall_us = 0,
            Wall::DayBack => self.wall_us -= 86_400_000_000,
        }
        self.now_ms = 4_000;
        let now = self.now();
        for (number, outlet) in self.panel.outlets() {
            let truth = &mut self.truth[number.index()];
            let was_closed = outlet.charge().is_some_and(|charge| charge.energized);
            truth.left_open |= settings(number).latching && was_closed && !truth.closed;
        }
        let outlets = self.panel.outlets().map(|(number, outlet)| {
            let mut saved = outlet.saved();
            if let Some(charge) = &mut saved.charge {
                charge.deadline = charge.deadline.noted(before);
            }
            Outlet::resume(settings(number), saved.after_boot(now), now)
        });
        self.panel = Panel::new(outlets.collect()).staggered(STAGGER);
        for truth in &mut self.truth {
            truth.forget_looks();
            for (name, end) in &mut truth.ends_at {
                let is_known = wall == Wall::Right && truth.timed.contains(name);
                let known_ms = if is_known { AWAY_MS } else { 0 };
                *end = self.now_ms + end.saturating_sub(before.tick.0).saturating_sub(known_ms);
            }
        }
        self.look_at_clock();
        self.check_state();
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.true_ms += ms;
        self.wall_us += i64::try_from(ms).unwrap() * 1000;
    }

    /// One second of the control loop: see, step, switch.
    fn second(&mut self) {
        self.pass(1_000);
        self.look_at_clock();
        let seen: Vec<_> = (0..OUTLETS)
            .map(|outlet| (Self::number(outlet), self.look_at(outlet)))
            .collect();
        for (number, report) in self.panel.step(&seen, self.now()) {
            self.check_report(number, &report);
        }
        for (number, wanted) in self.panel.switches_due(self.now()) {
            let now = self.now();
            let truth = &mut self.truth[number.index()];
            if wanted == Wanted::Closed {
                truth.told_on(self.true_ms);
                let apart = self.told_on_at.replace(self.true_ms);
                assert!(
                    apart.is_none_or(|at| self.true_ms - at >= STAGGER.0),
                    "closed together"
                );
            }
            truth.told_to_close = wanted == Wanted::Closed;
            if !truth.stuck {
                truth.closed = wanted == Wanted::Closed && !truth.tripped;
            }
            self.panel.switched(number, wanted, now);
        }
        self.check_state();
    }

    fn look_at(&mut self, outlet: u8) -> Observation {
        self.truth[usize::from(outlet)].look(self.true_ms)
    }

    fn check_report(&mut self, number: OutletNumber, report: &Report) {
        let counted = self.panel.outlet(number).unwrap().saved().meter.attributable();
        let truth = &mut self.truth[number.index()];
        if let Report::Ended {
            charge,
            energy,
            reason,
            ..
        } = report
        {
            let refused = *reason != EndReason::DidNotClose || !truth.has_obeyed;
            assert!(refused, "did not close, and was seen closed");
            *truth
                .ended
                .get_mut(&charge.transaction.0)
                .expect("only accepted starts end") += 1;
            assert!(energy.0 >= 0, "no negative energy (I8)");
            assert!(
                charge.counted_at_start.0 >= truth.counted_until,
                "meter intervals overlap (I2)"
            );
            truth.counted_until = charge.counted_at_start.0 + energy.0;
            assert!(truth.counted_until <= counted.0, "billed more than counted (I1)");
        }
    }

    fn check_state(&self) {
        for (number, outlet) in self.panel.outlets() {
            let truth = &self.truth[number.index()];
            if let Some(charge) = outlet.charge() {
                let end = truth.ends_at[&charge.transaction.0];
                let past = self.now_ms >= end;
                assert!(
                    !past || outlet.breaker_wanted() == Wanted::Open,
                    "wanted closed past its end (I3)"
                );
                assert!(
                    truth.ended[&charge.transaction.0] == 0,
                    "ended and still running (I4)"
                );
            }
            assert!(
                !truth.locked || outlet.breaker_wanted() == Wanted::Open,
                "wanted closed in danger (I10)"
            );
            let wants_closed = matches!(outlet.state(), State::Starting { .. } | State::Supplying { .. });
            assert_eq!(
                outlet.breaker_wanted() == Wanted::Closed,
                wants_closed,
                "unknown is OFF (I10)"
            );
        }
    }

    /// With hardware that works again, everything comes to rest.
    fn settle(&mut self) {
        for truth in &mut self.truth {
            (truth.stuck, truth.blind, truth.tripped, truth.current_ma) = (false, false, false, 0);
            truth.leaks = false;
        }
        (0..400).for_each(|_| self.second());
        for truth in &self.truth {
            assert!(
                truth.ended.values().all(|times| *times == 1),
                "one outcome each (I4): {:?}",
                truth.ended
            );
            assert!(!truth.closed && !truth.told_to_close, "OFF at rest (I3, I10)");
        }
    }
}

proptest! {
    #[test]
    fn any_sequence_of_events_keeps_the_invariants(actions in prop::collection::vec(any_action(), 1..60)) {
        let mut building = Building::new();
        for action in &actions {
            building.act(action);
        }
        building.settle();
    }
}

#[test]
fn a_main_meter_that_counts_in_large_steps_is_no_anomaly_once_it_is_described() {
    let anomalies = |mut panel: Panel| {
        let second = |(second, register): (u64, i64)| {
            let now = Now {
                tick: Tick(second * 1000),
                wall: Timestamp(0),
            };
            let reading = Reading {
                register: Ok(WattHours(register)),
                ..Reading::default()
            };
            panel.see_main(reading, now)
        };
        [(0, 1_000), (1, 1_100)].into_iter().filter_map(second).count()
    };
    let bare = || Panel::new(Vec::new());
    assert_eq!(anomalies(bare()), 1);
    assert_eq!(anomalies(bare().described_main(None, WattHours(100))), 0);
}
