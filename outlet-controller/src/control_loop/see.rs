//! Looking at the panel: changes nothing. Looks go on while commands are carried out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::ids::OutletNumber;
use domain::observation::{Measured, Observation, Position, Reading};
use domain::units::MilliAmps;
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Form;
use super::ledger::{Samples, Serials};
use super::resume;
use crate::modbus::panel_io::PanelIo;

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Everything: where each register stands is known before a charge begins.
    First,
    /// All breakers.
    All,
    /// All currents.
    Currents,
    /// The meters through which something may flow.
    Meters(Vec<OutletNumber>),
    /// All meters, read back to back, for samples.
    Scan(Samples),
    /// Breakers that are moving.
    Closely(Vec<Close>),
    /// What somebody has asked for.
    Requested(OutletNumber, Form),
}

/// A breaker that is looked at closely, and when its meter is read with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) number: OutletNumber,
    pub(super) meter: ReadMeter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadMeter {
    Never,
    /// Once it has opened at the end of a charge.
    WhenOpen,
    /// Its current is in doubt.
    Always,
}

/// Looks of different kinds go on beside each other, so that a slow meter delays no breaker; of each kind one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Contacts,
    Currents,
    Meters,
    Closely,
}

impl Look {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::First | Self::All => Kind::Contacts,
            Self::Currents => Kind::Currents,
            Self::Meters(_) | Self::Scan(_) | Self::Requested(..) => Kind::Meters,
            Self::Closely(_) => Kind::Closely,
        }
    }
}

/// What was seen in one look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// `None`: right after a write, or one meter of several whose look goes on.
    pub(super) kind: Option<Kind>,
    pub(super) outlets: Vec<(OutletNumber, Observation)>,
    pub(super) currents: Vec<(OutletNumber, Measured<MilliAmps>)>,
    /// What meters have said by themselves.
    pub(super) meters: Vec<(OutletNumber, Reading)>,
    pub(super) main: Option<Reading>,
    pub(super) samples: Samples,
    /// Whether every outlet was looked at.
    pub(super) all: bool,
    /// Whether something did not answer that a moving breaker waits for.
    pub(super) silent: bool,
}

impl Seen {
    /// The outlets whose registers were read.
    pub(super) fn registers(&self) -> impl Iterator<Item = OutletNumber> {
        let beside = self.outlets.iter().map(|(number, seen)| (*number, seen.reading));
        let alone = self
            .meters
            .iter()
            .map(|(number, reading)| (*number, Some(*reading)));
        let is_told = |reading: Reading| reading.register.is_ok();
        beside
            .chain(alone)
            .filter(move |(_, reading)| reading.is_some_and(is_told))
            .map(|(number, _)| number)
    }
}

/// The looks under way, and how new what is known of each outlet is.
#[derive(Debug, Default)]
pub(super) struct Looks {
    tasks: JoinSet<(Seen, Instant)>,
    newest: BTreeMap<OutletNumber, Instant>,
    /// When each breaker was last told something, or seen elsewhere than before.
    moved: BTreeMap<OutletNumber, Instant>,
}

impl Looks {
    pub(super) fn begin(&mut self, io: &Arc<PanelIo>, look: Look) {
        let (io, kind) = (Arc::clone(io), look.kind());
        match look {
            Look::First => self.spawn(kind, async move { first(&io).await }),
            Look::All => self.spawn(kind, async move { all(&io).await }),
            Look::Currents => self.spawn(kind, async move { currents(&io).await }),
            Look::Meters(numbers) => self.begin_meters(&io, &numbers),
            Look::Scan(samples) => self.spawn(kind, async move { scan(&io, samples).await }),
            Look::Closely(those) => self.spawn(kind, async move { closely(&io, &those).await }),
            Look::Requested(number, form) => {
                self.spawn(kind, async move { requested(&io, number, form).await });
            }
        }
    }

    fn spawn(&mut self, kind: Kind, work: impl Future<Output = Seen> + Send + 'static) {
        let begun = Instant::now();
        self.tasks.spawn(async move {
            let seen = work.await;
            let kind = Some(kind);
            (Seen { kind, ..seen }, begun)
        });
    }

    /// What a meter has said is taken in at once, however long the others take; with the last of them the look is over.
    fn begin_meters(&mut self, io: &Arc<PanelIo>, numbers: &[OutletNumber]) {
        let (begun, left) = (Instant::now(), Arc::new(AtomicUsize::new(numbers.len())));
        for number in numbers.iter().copied() {
            let (io, left) = (Arc::clone(io), Arc::clone(&left));
            self.tasks.spawn(async move {
                let meters = vec![(number, io.read_meter(number).await)];
                let is_last = left.fetch_sub(1, Ordering::Relaxed) == 1;
                let seen = Seen {
                    kind: is_last.then_some(Kind::Meters),
                    meters,
                    ..Seen::default()
                };
                (seen, begun)
            });
        }
    }

    /// The next that ends, and when it began. May be left at any point.
    pub(super) async fn next(&mut self) -> (Seen, Instant) {
        match self.tasks.join_next().await {
            Some(ended) => super::value_of(ended).unwrap_or((Seen::default(), Instant::now())),
            None => std::future::pending().await,
        }
    }

    pub(super) async fn give_up(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Something is written to this outlet: what was read before tells nothing any more.
    pub(super) fn outdate(&mut self, number: OutletNumber) {
        self.newest.insert(number, Instant::now());
        self.moves(number);
    }

    pub(super) fn moves(&mut self, number: OutletNumber) {
        self.moved.insert(number, Instant::now());
    }

    /// Whether the breaker is where it was when a look began then.
    pub(super) fn has_rested_since(&self, number: OutletNumber, begun: Instant) -> bool {
        self.moved.get(&number).is_none_or(|moved| begun >= *moved)
    }

    /// Whether what a look has seen that began then is still the newest of this outlet.
    pub(super) fn is_newest(&mut self, number: OutletNumber, begun: Instant) -> bool {
        let newest = self.newest.entry(number).or_insert(begun);
        let is = begun >= *newest;
        *newest = begun.max(*newest);
        is
    }
}

async fn first(io: &PanelIo) -> Seen {
    let mut outlets = io.look().await;
    let meters = io.read_all_meters().await;
    for (number, observation) in &mut outlets {
        let read = meters.outlets.iter().find(|(metered, _)| metered == number);
        observation.reading = read.map(|(_, reading)| *reading);
    }
    Seen {
        outlets,
        main: meters.main,
        all: true,
        ..Seen::default()
    }
}

async fn all(io: &PanelIo) -> Seen {
    Seen {
        outlets: io.look_at_contacts().await,
        all: true,
        ..Seen::default()
    }
}

async fn currents(io: &PanelIo) -> Seen {
    Seen {
        currents: io.read_currents().await,
        ..Seen::default()
    }
}

async fn scan(io: &PanelIo, samples: Samples) -> Seen {
    let meters = io.read_all_meters().await;
    Seen {
        meters: meters.outlets,
        main: meters.main,
        samples,
        ..Seen::default()
    }
}

async fn requested(io: &PanelIo, number: OutletNumber, form: Form) -> Seen {
    let mut observation = io.look_at(number).await;
    observation.reading = Some(io.read_meter(number).await);
    Seen {
        outlets: vec![(number, observation)],
        samples: Samples::Requested(number, form),
        ..Seen::default()
    }
}

async fn closely(io: &PanelIo, those: &[Close]) -> Seen {
    let numbers: Vec<_> = those.iter().map(|close| close.number).collect();
    let mut outlets = io.look_at_those(&numbers).await;
    let metered = outlets.iter_mut().filter(|(number, seen)| {
        let close = those.iter().find(|close| close.number == *number);
        match close.map_or(ReadMeter::Never, |close| close.meter) {
            ReadMeter::Never => false,
            ReadMeter::WhenOpen => seen.position == Position::Open,
            ReadMeter::Always => true,
        }
    });
    join_all(metered.map(async |(number, seen)| seen.reading = Some(io.read_meter_soon(*number).await)))
        .await;
    let is_silent = |observation: &Observation| {
        let meter = observation
            .reading
            .is_some_and(|reading| reading.register.is_err());
        meter || observation.position == Position::Unknown
    };
    Seen {
        silent: outlets.iter().any(|(_, observation)| is_silent(observation)),
        outlets,
        ..Seen::default()
    }
}

/// The serial numbers of the meters: as they were told; before that, as they are pinned.
pub(super) fn serials(io: &PanelIo) -> Serials {
    let mut serials = resume::serials(io.panel());
    for outlet in &io.panel().outlets {
        if let Some(told) = io.serial(outlet.number) {
            serials.outlets.insert(outlet.number, told);
        }
    }
    serials.main = io.main_serial().or(serials.main);
    serials
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_began_before_a_write_or_a_newer_look_is_old() {
        let (mut looks, number) = (Looks::default(), OutletNumber::new(1).unwrap());
        let pass = async || {
            tokio::time::advance(Duration::from_millis(10)).await;
            Instant::now()
        };
        let (before, between) = (pass().await, pass().await);
        assert!(looks.is_newest(number, between));
        assert!(!looks.is_newest(number, before), "a look that was overtaken");
        assert!(looks.has_rested_since(number, before), "it was only looked at");
        pass().await;
        looks.outdate(number);
        assert!(!looks.is_newest(number, between), "written to since");
        assert!(!looks.has_rested_since(number, between));
        let after = pass().await;
        assert!(looks.is_newest(number, after) && looks.has_rested_since(number, after));
    }
}
