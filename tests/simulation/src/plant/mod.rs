//! The house: breakers with their mechanism, cars, meters; what is true, whatever the controller believes.

mod circuit;
mod meter;
mod units;

use std::collections::BTreeMap;

pub use circuit::{Circuit, Mark, VOLTAGE_MV, WATT_HOUR_UJ};
pub use meter::Lie;
pub use units::Kind;

use crate::Ms;
use crate::history::{Fact, History, Plant as Event, Why};

/// What is going to happen in the house by itself.
#[derive(Clone, Copy, Debug)]
enum Later {
    Arrive {
        outlet: usize,
        journey: u64,
        closed: bool,
        why: Why,
    },
    /// A write that its device carries out late.
    Output { outlet: usize, on: bool },
}

/// What a person, a car or bad luck does to one outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Car { ma: u64 },
    Trip,
    ResetTrip,
    Hand { closed: bool },
    Stick(bool),
    Weld(bool),
    Leak(bool),
    Slow { ms: Ms },
    Position { says: Option<bool> },
    Blink(Blink),
    Meter(Option<Lie>),
}

/// What is shown in one single read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blink {
    /// The position contact says open.
    Open,
    Trip,
    /// More than the outlet may carry.
    Current,
    /// Energy that never was.
    Register,
}

impl Blink {
    pub const ALL: [Self; 4] = [Self::Open, Self::Trip, Self::Current, Self::Register];

    fn name(self) -> &'static str {
        match self {
            Self::Open => "an open breaker",
            Self::Trip => "a trip",
            Self::Current => "an over-current",
            Self::Register => "a register too high",
        }
    }
}

#[derive(Debug)]
pub struct Plant {
    pub kind: Kind,
    pub circuits: Vec<Circuit>,
    pub mains: bool,
    /// Contactors fall open without power; motor operators stay.
    pub opens_at_power_loss: bool,
    now: Ms,
    later: BTreeMap<(Ms, u64), Later>,
    serial: u64,
    history: History,
}

impl Plant {
    pub fn new(kind: Kind, circuits: Vec<Circuit>, history: History) -> Self {
        Self {
            kind,
            circuits,
            mains: true,
            opens_at_power_loss: false,
            now: 0,
            later: BTreeMap::new(),
            serial: 0,
            history,
        }
    }

    /// Lets time pass up to the present.
    pub fn catch_up(&mut self) {
        let until = self.history.time().now();
        while let Some(entry) = self.later.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((at, _), act) = entry.remove_entry();
            self.pass(at);
            match act {
                Later::Arrive {
                    outlet,
                    journey,
                    closed,
                    why,
                } => self.arrive(outlet, journey, (closed, why)),
                Later::Output { outlet, on } => self.order(outlet, on),
            }
        }
        self.pass(until);
    }

    /// A device has got a write for an outlet's output and carries it out after `delay`.
    pub fn write(&mut self, outlet: usize, on: bool, delay: Ms) {
        self.catch_up();
        if delay == 0 {
            self.order(outlet, on);
        } else {
            self.put_off(delay, Later::Output { outlet, on });
        }
    }

    pub fn happens(&mut self, outlet: usize, deed: Deed) {
        self.catch_up();
        match deed {
            Deed::Car { ma } => {
                self.circuits[outlet].car_ma = ma;
                self.note(outlet, Event::Car { ma });
            }
            Deed::Trip => self.trip(outlet),
            Deed::ResetTrip => self.reset_trip(outlet),
            Deed::Hand { closed } => self.hand(outlet, closed),
            Deed::Stick(stuck) => self.stick(outlet, stuck),
            Deed::Weld(welded) => self.weld(outlet, welded),
            Deed::Leak(leaking) => self.leak(outlet, leaking),
            Deed::Slow { ms } => {
                if std::mem::replace(&mut self.circuits[outlet].slower_by, ms) != ms {
                    self.note(outlet, Event::Slow(ms));
                }
            }
            Deed::Position { says } => {
                if std::mem::replace(&mut self.circuits[outlet].position_says, says) != says {
                    self.note(outlet, Event::PositionSays(says));
                }
            }
            Deed::Blink(blink) => {
                self.circuits[outlet].blink = Some(blink);
                self.note(outlet, Event::Blinked(blink.name()));
            }
            Deed::Meter(lie) => self.lie(outlet, lie),
        }
        self.settle(outlet);
    }

    /// The mains fail or return; without them no output holds and no mechanism moves.
    pub fn set_mains(&mut self, on: bool) {
        self.catch_up();
        self.mains = on;
        self.history.note_at(self.now, Fact::Mains(on));
        for outlet in 0..self.circuits.len() {
            if !on {
                self.circuits[outlet].level = false;
                self.circuits[outlet].journey += 1;
                if self.opens_at_power_loss {
                    self.move_contact(outlet, false, Why::PowerLoss);
                }
            }
            self.settle(outlet);
        }
    }

    fn pass(&mut self, until: Ms) {
        let elapsed = until.saturating_sub(self.now);
        if elapsed > 0 {
            self.circuits.iter_mut().for_each(|circuit| circuit.pass(elapsed));
            self.now = until;
        }
    }

    fn put_off(&mut self, delay: Ms, act: Later) {
        self.serial += 1;
        self.later.insert((self.now + delay, self.serial), act);
    }

    fn note(&self, outlet: usize, event: Event) {
        let number = u8::try_from(outlet + 1).unwrap();
        self.history.note_at(self.now, Fact::Plant(number, event));
    }

    fn order(&mut self, outlet: usize, on: bool) {
        if !self.mains {
            return;
        }
        self.note(outlet, Event::Ordered { on });
        self.circuits[outlet].level = on && self.kind.holds_outputs();
        self.set_off(outlet, on, Why::Ordered);
    }

    /// The mechanism begins to move, if it can.
    fn set_off(&mut self, outlet: usize, closed: bool, why: Why) {
        let circuit = &mut self.circuits[outlet];
        if circuit.stuck || (closed && circuit.tripped) {
            return;
        }
        circuit.journey += 1;
        if circuit.contact == closed {
            return;
        }
        let (journey, travel) = (circuit.journey, circuit.travel_ms + circuit.slower_by);
        self.put_off(
            travel,
            Later::Arrive {
                outlet,
                journey,
                closed,
                why,
            },
        );
    }

    fn arrive(&mut self, outlet: usize, journey: u64, (closed, why): (bool, Why)) {
        if self.circuits[outlet].journey == journey && self.mains {
            self.move_contact(outlet, closed, why);
            self.settle(outlet);
        }
    }

    fn move_contact(&mut self, outlet: usize, closed: bool, why: Why) {
        if self.circuits[outlet].contact != closed {
            self.circuits[outlet].contact = closed;
            self.note(outlet, Event::Contact { closed, why });
        }
    }

    fn trip(&mut self, outlet: usize) {
        let circuit = &mut self.circuits[outlet];
        if !circuit.contact || circuit.tripped || circuit.stuck || circuit.welded {
            return;
        }
        circuit.tripped = true;
        circuit.journey += 1;
        self.note(outlet, Event::Tripped(true));
        self.move_contact(outlet, false, Why::Trip);
    }

    fn reset_trip(&mut self, outlet: usize) {
        if std::mem::take(&mut self.circuits[outlet].tripped) {
            self.note(outlet, Event::Tripped(false));
            if self.circuits[outlet].level {
                self.set_off(outlet, true, Why::OldOrder);
            }
        }
    }

    fn hand(&mut self, outlet: usize, closed: bool) {
        let circuit = &mut self.circuits[outlet];
        let cannot = circuit.stuck || (closed && circuit.tripped);
        if !cannot && circuit.contact != closed {
            circuit.journey += 1;
            self.move_contact(outlet, closed, Why::Hand);
        }
    }

    fn stick(&mut self, outlet: usize, stuck: bool) {
        let circuit = &mut self.circuits[outlet];
        if circuit.stuck == stuck {
            return;
        }
        circuit.stuck = stuck;
        circuit.journey += 1;
        let (level, contact) = (circuit.level, circuit.contact);
        self.note(outlet, Event::Stuck(stuck));
        if !stuck && self.kind.holds_outputs() && level != contact {
            self.set_off(outlet, level, Why::OldOrder);
        }
    }

    fn weld(&mut self, outlet: usize, welded: bool) {
        let circuit = &mut self.circuits[outlet];
        if circuit.welded != welded && (circuit.contact || !welded) {
            circuit.welded = welded;
            self.note(outlet, Event::Welded(welded));
        }
    }

    fn leak(&mut self, outlet: usize, leaking: bool) {
        if std::mem::replace(&mut self.circuits[outlet].leaking, leaking) != leaking {
            self.note(outlet, Event::Leaking(leaking));
        }
    }

    fn lie(&mut self, outlet: usize, lie: Option<Lie>) {
        if self.circuits[outlet].may_lie(lie) {
            self.circuits[outlet].lie(lie);
        } else {
            return;
        }
        let event = lie.map_or(Event::MeterWell, |lie| Event::Meter(lie.name()));
        self.note(outlet, event);
    }

    /// After a change: does it conduct, and how much power flows now.
    fn settle(&mut self, outlet: usize) {
        let (now, mains) = (self.now, self.mains);
        let circuit = &mut self.circuits[outlet];
        let before = circuit.conducted;
        circuit.settle(now, mains);
        let conducts = circuit.conducted;
        if conducts != before {
            self.note(outlet, Event::Conducts(conducts));
        }
    }
}
