//! Any sequence of observations, commands, lost and repeated messages keeps the invariants.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::limits::Limits;
use crate::observation::{Position, Reading};
use crate::outlet::{Settings, State};
use crate::units::{MilliAmps, MilliVolts, Millis, Tick, Timestamp};

#[derive(Clone, Debug)]
enum Action {
    Start {
        outlet: u8,
        duration_s: u64,
        energy_wh: Option<i64>,
    },
    RepeatLastStart,
    Stop {
        outlet: u8,
    },
    Trip {
        outlet: u8,
        tripped: bool,
    },
    ByHand {
        outlet: u8,
        closed: bool,
    },
    Stick {
        outlet: u8,
        stuck: bool,
    },
    Draw {
        outlet: u8,
        current_ma: i64,
    },
    Register {
        outlet: u8,
        to: i64,
    },
    Blind {
        outlet: u8,
        blind: bool,
    },
    Wait {
        seconds: u64,
    },
    /// The wall clock is stepped; nothing else happens.
    WallStep {
        days: i64,
    },
    Restart {
        new_boot: bool,
    },
}

const OUTLETS: u8 = 2;

fn any_action() -> impl Strategy<Value = Action> {
    let outlet = 0..OUTLETS;
    prop_oneof![
        4 => (outlet.clone(), 1_u64..300, prop::option::of(1_i64..200))
            .prop_map(|(outlet, duration_s, energy_wh)| Action::Start { outlet, duration_s, energy_wh }),
        1 => Just(Action::RepeatLastStart),
        2 => outlet.clone().prop_map(|outlet| Action::Stop { outlet }),
        1 => (outlet.clone(), any::<bool>()).prop_map(|(outlet, tripped)| Action::Trip { outlet, tripped }),
        1 => (outlet.clone(), any::<bool>()).prop_map(|(outlet, closed)| Action::ByHand { outlet, closed }),
        1 => (outlet.clone(), any::<bool>()).prop_map(|(outlet, stuck)| Action::Stick { outlet, stuck }),
        2 => (outlet.clone(), 0_i64..16_000).prop_map(|(outlet, current_ma)| Action::Draw { outlet, current_ma }),
        1 => (outlet.clone(), any::<i32>()).prop_map(|(outlet, to)| Action::Register { outlet, to: i64::from(to) }),
        1 => (outlet, any::<bool>()).prop_map(|(outlet, blind)| Action::Blind { outlet, blind }),
        6 => (1_u64..90).prop_map(|seconds| Action::Wait { seconds }),
        1 => (-1_i64..=1).prop_map(|days| Action::WallStep { days }),
        1 => any::<bool>().prop_map(|new_boot| Action::Restart { new_boot }),
    ]
}

/// What is physically there, and what the checks remember; it shares no accounting with the rules.
#[derive(Clone, Debug, Default)]
struct Truth {
    closed: bool,
    /// What the output was told last.
    told_to_close: bool,
    tripped: bool,
    stuck: bool,
    blind: bool,
    current_ma: i64,
    register_mwh: i64,
    ends_at: HashMap<String, u64>,
    ended: HashMap<String, u32>,
    /// The meter interval of the last charge that ended.
    counted_until: i64,
}

struct Building {
    panel: Panel,
    truth: Vec<Truth>,
    now_ms: u64,
    wall_us: i64,
    names: u32,
    last_start: Option<(OutletNumber, Start)>,
}

impl Building {
    fn new() -> Self {
        let mut building = Self {
            panel: Panel::new((0..OUTLETS).map(|_| Outlet::new(Settings::default())).collect()),
            truth: vec![Truth::default(); usize::from(OUTLETS)],
            now_ms: 5_000,
            wall_us: 1_700_000_000_000_000,
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
            } => self.start(outlet, duration_s, energy_wh),
            Action::RepeatLastStart => {
                if let Some((number, start)) = self.last_start.clone() {
                    let running = self.panel.outlet(number).unwrap().charge().cloned();
                    let repeated = running.is_some_and(|charge| charge.transaction == start.transaction);
                    if repeated {
                        let before = self.panel.outlet(number).unwrap().clone();
                        self.panel.start(number, start, self.now()).unwrap();
                        assert_eq!(&before, self.panel.outlet(number).unwrap());
                    }
                }
            }
            Action::Stop { outlet } => {
                let charge = self.panel.outlet(Self::number(outlet)).unwrap().charge().cloned();
                if let Some(charge) = charge {
                    self.panel
                        .stop(&charge.transaction, EndReason::Remote, self.now())
                        .unwrap();
                }
            }
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
            Action::WallStep { days } => self.wall_us += days * 86_400_000_000,
            Action::Restart { new_boot } => self.restart(new_boot),
        }
    }

    fn start(&mut self, outlet: u8, duration_s: u64, energy_wh: Option<i64>) {
        self.names += 1;
        let name = format!("t{}", self.names);
        let limits = Limits {
            duration: Millis::seconds(duration_s),
            energy: energy_wh.map(WattHours),
            ..Limits::default()
        };
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
                .insert(name.clone(), self.now_ms + duration_s * 1000);
            truth.ended.insert(name, 0);
            self.last_start = Some((Self::number(outlet), start));
        }
    }

    fn restart(&mut self, new_boot: bool) {
        let away_ms = 30_000;
        self.wall_us += away_ms * 1000;
        let before = self.now_ms;
        self.now_ms = if new_boot { 4_000 } else { before + 30_000 };
        let now = self.now();
        let outlets = self.panel.outlets().map(|(_, outlet)| {
            let mut saved = outlet.saved();
            if new_boot {
                saved.meter = saved.meter.after_unknown_gap();
                if let Some(charge) = &mut saved.charge {
                    let noted = Now {
                        tick: Tick(before),
                        wall: Timestamp(now.wall.0 - away_ms * 1000),
                    };
                    charge.deadline = charge.deadline.noted(noted).after_boot(now);
                }
            }
            Outlet::resume(Settings::default(), saved, now)
        });
        self.panel = Panel::new(outlets.collect());
        if new_boot {
            for truth in &mut self.truth {
                for end in truth.ends_at.values_mut() {
                    *end = self.now_ms + end.saturating_sub(before).saturating_sub(30_000);
                }
            }
        }
    }

    /// One second of the control loop: see, step, switch.
    fn second(&mut self) {
        self.now_ms += 1_000;
        self.wall_us += 1_000_000;
        let seen: Vec<_> = (0..OUTLETS)
            .map(|outlet| (Self::number(outlet), self.look_at(outlet)))
            .collect();
        for (number, report) in self.panel.step(&seen, self.now()) {
            self.check_report(number, &report);
        }
        for (number, wanted) in self.panel.switches_due(self.now()) {
            let now = self.now();
            let truth = &mut self.truth[number.index()];
            assert!(
                wanted == Wanted::Open || !truth.tripped,
                "a tripped breaker is not closed (I10)"
            );
            truth.told_to_close = wanted == Wanted::Closed;
            if !truth.stuck {
                truth.closed = wanted == Wanted::Closed && !truth.tripped;
            }
            self.panel.switched(number, wanted, now);
        }
        self.check_state();
    }

    fn look_at(&mut self, outlet: u8) -> Observation {
        let truth = &mut self.truth[usize::from(outlet)];
        let current_ma = if truth.closed { truth.current_ma } else { 0 };
        truth.register_mwh += current_ma * 200 / 3_600;
        if truth.blind {
            return Observation {
                reading: Some(Reading::default()),
                ..Observation::default()
            };
        }
        Observation {
            position: if truth.closed {
                Position::Closed
            } else {
                Position::Open
            },
            tripped: Some(truth.tripped),
            reading: Some(Reading {
                register: Ok(WattHours(truth.register_mwh / 1000)),
                voltage: Ok(MilliVolts(200_000)),
                current: Ok(MilliAmps(current_ma)),
                power: Ok(Watts(current_ma / 5)),
                raw_register: None,
            }),
            ..Observation::default()
        }
    }

    fn check_report(&mut self, number: OutletNumber, report: &Report) {
        let counted = self.panel.outlet(number).unwrap().saved().meter.attributable();
        let truth = &mut self.truth[number.index()];
        if let Report::Ended { charge, energy, .. } = report {
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
