//! The wires between controller and devices, in memory, and everything that goes wrong on them.

mod frame;
mod wire;

use std::collections::BTreeMap;
use std::io;

use futures_util::FutureExt;
use outlet_controller::modbus::bus::Dialer;
use outlet_controller::wire::Wire;

pub use frame::Framing;
use wire::{Line, Outgoing, SimulatedWire};

use crate::history::{Fact, History};
use crate::plant::Plant;
use crate::rng::Rng;
use crate::{Ms, Shared};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Silent,
    /// The answer comes when nobody expects it any more.
    Late {
        ms: Ms,
    },
    /// Late, but in time.
    Slow {
        ms: Ms,
    },
    /// Late, and a gateway gives it to whoever has asked last.
    Relabelled {
        ms: Ms,
    },
    Garbage,
    /// What another unit has to say.
    WrongUnit,
    /// The answer to an earlier request, another number, or a wrong check sum.
    WrongLabel,
    Truncated,
    WrongLength,
    Exception {
        code: u8,
    },
    Close,
    /// No connection can be made.
    Refuse,
}

impl Trouble {
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silence",
            Self::Late { .. } => "late answers",
            Self::Slow { .. } => "slow answers",
            Self::Relabelled { .. } => "late answers under another's number",
            Self::Garbage => "garbage",
            Self::WrongUnit => "answers from another unit",
            Self::WrongLabel => "answers with a wrong label",
            Self::Truncated => "truncated answers",
            Self::WrongLength => "answers of a wrong length",
            Self::Exception { .. } => "exceptions",
            Self::Close => "closed connections",
            Self::Refuse => "refused connections",
        }
    }

    fn is_late(self) -> bool {
        matches!(self, Self::Late { .. } | Self::Relabelled { .. })
    }
}

/// A trouble, with whom, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nuisance {
    pub trouble: Trouble,
    pub unit: Option<u8>,
    pub percent: u64,
}

#[derive(Clone, Debug)]
pub struct Bus(Shared<Inside>);

#[derive(Debug)]
struct Inside {
    plant: Shared<Plant>,
    history: History,
    rng: Rng,
    framing: Framing,
    /// Of every answer: the fastest and the slowest, in good times.
    latency: (Ms, Ms),
    nuisances: Vec<Nuisance>,
    /// A unit does one thing after the other.
    busy_until: BTreeMap<u8, Ms>,
    /// The last answer of its kind, with its number: it may come once more.
    told: BTreeMap<(u8, u8, usize), (u16, Vec<u8>)>,
    /// The outlets' positions were asked for in the controller's present life.
    positions_asked: bool,
    /// The controller's present life: wires of an earlier one are dead.
    life: u64,
    lines: Vec<Shared<Line>>,
}

impl Bus {
    pub fn new(
        plant: Shared<Plant>,
        history: History,
        (rng, framing): (Rng, Framing),
        latency: (Ms, Ms),
    ) -> Self {
        Self(Shared::new(Inside {
            plant,
            history,
            rng,
            framing,
            latency,
            nuisances: Vec::new(),
            busy_until: BTreeMap::new(),
            told: BTreeMap::new(),
            positions_asked: false,
            life: 0,
            lines: Vec::new(),
        }))
    }

    /// For the controller's present life.
    pub fn dialer(&self) -> Dialer {
        let (bus, life) = (self.clone(), self.0.lock().life);
        std::sync::Arc::new(move |_name| {
            let bus = bus.clone();
            async move { bus.dial(life).await }.boxed()
        })
    }

    async fn dial(&self, life: u64) -> io::Result<Box<dyn Wire>> {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let mut inside = self.0.lock();
        let refused = inside
            .nuisances
            .iter()
            .any(|nuisance| nuisance.trouble == Trouble::Refuse);
        if life != inside.life || refused || !inside.plant.lock().mains {
            // It was to be asked.
            inside.positions_asked |= life == inside.life;
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let line = Shared::new(Line::default());
        let (now, everything) = (inside.history.time().now(), inside.framing.is_serial());
        for old in &inside.lines {
            let left = old.lock().leaves(now, everything);
            left.into_iter()
                .for_each(|(at, outgoing)| line.lock().send(at, outgoing));
        }
        inside.lines = vec![line.clone()];
        drop(inside);
        Ok(Box::new(SimulatedWire::new(self.clone(), line)))
    }

    /// The controller is gone: none of its wires leads anywhere any more.
    pub fn sever(&self) {
        let mut inside = self.0.lock();
        inside.life += 1;
        inside.positions_asked = false;
        inside.lines.iter().for_each(|line| line.lock().close());
    }

    pub fn set(&self, nuisance: Nuisance, on: bool) {
        let mut inside = self.0.lock();
        let (unit, trouble) = (nuisance.unit, nuisance.trouble.name());
        // A trouble lasts until the last of its answers has come.
        let (now, late) = (inside.history.time().now(), nuisance.trouble.is_late() && !on);
        let concerned = |(busy, _): &(&u8, &Ms)| unit.is_none_or(|unit| unit == **busy);
        let busy = inside.busy_until.iter().filter(concerned);
        let until = busy.map(|(_, until)| *until).filter(|_| late).max();
        let at = until.unwrap_or(now).max(now);
        inside.history.note_at(at, Fact::Bus { unit, trouble, on });
        if on {
            inside.nuisances.push(nuisance);
        } else {
            inside.nuisances.retain(|other| *other != nuisance);
        }
        if on && nuisance.trouble == Trouble::Refuse {
            inside.lines.iter().for_each(|line| line.lock().close());
        }
    }

    /// A request has come over a line: what happens, and what is answered when.
    fn request(&self, line: &mut Line, bytes: &[u8]) {
        self.0.lock().request(line, bytes);
    }

    fn framing(&self) -> Framing {
        self.0.lock().framing
    }

    fn now(&self) -> Ms {
        self.0.lock().history.time().now()
    }
}

impl Inside {
    fn request(&mut self, line: &mut Line, bytes: &[u8]) {
        let (label, unit, pdu) = self.framing.parts(bytes);
        let now = self.history.time().now();
        line.is_asked(label);
        self.watch_order(unit, pdu);
        // A unit that is busy with something late hears nothing.
        let busy = self
            .busy_until
            .get(&unit)
            .is_some_and(|until| *until > now + 2 * self.latency.1);
        let trouble = if busy {
            Some(Trouble::Silent)
        } else {
            self.trouble_for(unit)
        };
        let latency = self.rng.range(self.latency.0, self.latency.1);
        let (late, delay) = self.lateness(trouble);
        let waiting = self
            .busy_until
            .get(&unit)
            .map_or(0, |until| until.saturating_sub(now));
        let heard = match trouble {
            Some(Trouble::Silent | Trouble::Garbage | Trouble::Close) => !busy && self.rng.percent(50),
            Some(Trouble::Exception { .. }) => false,
            _ => true,
        };
        let answer = heard
            .then(|| self.plant.lock().answer(unit, pdu, waiting + delay))
            .flatten();
        let answer = self.stands_in(trouble, unit, pdu).or(answer);
        let busy_until = self.busy_until.entry(unit).or_default();
        let at = now.max(*busy_until) + latency + late;
        if !busy {
            *busy_until = at;
        }
        self.history.detail(|| Fact::Frame {
            unit,
            what: format!("{pdu:02x?} {trouble:?} -> {answer:02x?} at {at}"),
        });
        match trouble {
            Some(Trouble::Silent) => {}
            Some(Trouble::Close) => line.close(),
            Some(Trouble::Garbage) => {
                let length = self.rng.range(3, 20);
                let garbage = (0..length).map(|_| (self.rng.draw() & 0xff) as u8).collect();
                line.send(at, plain(garbage));
            }
            Some(Trouble::Exception { code }) => {
                line.send(at, plain(self.framing.exception(label, unit, (pdu[0], code))));
            }
            _ => {
                if let Some(answer) = answer {
                    let bytes = self.bent(trouble, (label, unit), pdu[0], answer);
                    let relabelled =
                        matches!(trouble, Some(Trouble::Relabelled { .. })) && !self.framing.is_serial();
                    line.send(at, Outgoing { bytes, relabelled });
                }
            }
        }
    }

    fn trouble_for(&mut self, unit: u8) -> Option<Trouble> {
        let rng = &mut self.rng;
        let mut concerned = self
            .nuisances
            .iter()
            .filter(|nuisance| nuisance.unit.is_none_or(|one| one == unit));
        concerned
            .find(|nuisance| rng.percent(nuisance.percent))
            .map(|nuisance| nuisance.trouble)
    }

    /// How much later the answer comes, and the effect of a write.
    fn lateness(&mut self, trouble: Option<Trouble>) -> (Ms, Ms) {
        match trouble {
            Some(Trouble::Late { ms } | Trouble::Slow { ms } | Trouble::Relabelled { ms }) => {
                let late = self.rng.range(ms / 2, ms);
                (late, if self.rng.percent(50) { late } else { 0 })
            }
            _ => (0, 0),
        }
    }

    fn bent(
        &mut self,
        trouble: Option<Trouble>,
        (label, unit): (u16, u8),
        function: u8,
        answer: Result<Vec<u8>, u8>,
    ) -> Vec<u8> {
        let mut pdu = match answer {
            Ok(pdu) => pdu,
            Err(code) => return self.framing.exception(label, unit, (function, code)),
        };
        match trouble {
            Some(Trouble::WrongUnit) => self.framing.frame(label, unit + 1, &pdu),
            Some(Trouble::WrongLabel) => {
                let before = self.told.get(&(unit, function, pdu.len())).cloned();
                let (label, pdu) = before
                    .filter(|_| self.rng.percent(50))
                    .unwrap_or((label.wrapping_add(7), pdu));
                self.framing.mislabelled(label, unit, &pdu)
            }
            Some(Trouble::WrongLength) if pdu.len() > 3 => {
                pdu.truncate(pdu.len() - 2);
                pdu[1] = pdu[1].saturating_sub(2);
                self.framing.frame(label, unit, &pdu)
            }
            Some(Trouble::Truncated) => {
                let mut frame = self.framing.frame(label, unit, &pdu);
                frame.truncate(frame.len() / 2);
                frame
            }
            _ => {
                let frame = self.framing.frame(label, unit, &pdu);
                self.told.insert((unit, function, pdu.len()), (label, pdu));
                frame
            }
        }
    }

    /// What another unit says to the same, where it has anything to say.
    fn stands_in(&self, trouble: Option<Trouble>, unit: u8, pdu: &[u8]) -> Option<Result<Vec<u8>, u8>> {
        let reads = matches!(pdu[0], 1..=4) && trouble == Some(Trouble::WrongUnit);
        let answer = reads
            .then(|| self.plant.lock().answer(unit + 1, pdu, 0))
            .flatten();
        answer.filter(Result::is_ok)
    }

    /// Where a breaker is must have been asked before it is told anything.
    fn watch_order(&mut self, unit: u8, pdu: &[u8]) {
        let plant = self.plant.lock();
        let is_breakers = unit == plant.kind.breaker_unit();
        self.positions_asked |= is_breakers && pdu[0] == 2;
        if let Some((outlet, on)) = plant
            .ordered(pdu)
            .filter(|_| is_breakers && !self.positions_asked)
        {
            let outlet = u8::try_from(outlet + 1).unwrap();
            self.history.note(Fact::ToldUnread { outlet, on });
        }
    }
}

fn plain(bytes: Vec<u8>) -> Outgoing {
    Outgoing {
        bytes,
        relabelled: false,
    }
}
