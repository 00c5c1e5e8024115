//! What the loop lets others see of itself: made anew after each round, read by whoever shows it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::{Position, Reading};
use domain::outlet::{Outlet, State, Status, Wanted};
use domain::panel::Panel;
use domain::units::{Millis, Now, Tick, Timestamp, WattHours};
use serde::Serialize;
use tokio::sync::watch;

use super::command::Refused;
use super::ledger::Trouble;
use super::orders::Orders;
use super::see::Seen;
use crate::modbus::bus::BusStats;

/// A wall clock that moves otherwise than the monotonic one by as much was set, not slewed.
const STEP_US: i64 = 1_000_000;
/// Upper bounds of the histograms, in milliseconds.
pub(crate) const BOUNDS_MS: [u64; 8] = [5, 10, 25, 50, 100, 250, 1_000, 5_000];

/// The loop after its last round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    pub(crate) outlets: Vec<OutletPicture>,
    /// The main circuit's last reading and the last register that was believed.
    pub(crate) main: Option<(Reading, Option<WattHours>)>,
    pub(crate) main_read_at: Option<Tick>,
    /// When all outlets were looked at for the first time, whoever answered.
    pub(crate) scanned_at: Option<Tick>,
    /// When every breaker was seen by one such look for the first time.
    pub(crate) verified_at: Option<Tick>,
    pub(crate) last_scan_at: Option<Tick>,
    pub(crate) wall_step: Option<WallStep>,
    /// Looks at all outlets, from the first question to the last write.
    pub(crate) rounds: Durations,
    pub(crate) buses: Vec<BusStats>,
    pub(crate) disk: DiskPicture,
    /// From an order to the breaker that was seen to follow it: ON and OFF.
    pub(crate) switched: [Durations; 2],
    /// Commands that were answered, by kind and outcome.
    pub(crate) commands: BTreeMap<(&'static str, &'static str), u64>,
}

/// One outlet of a [`Picture`].
#[derive(Clone, Debug)]
pub(crate) struct OutletPicture {
    pub(crate) number: OutletNumber,
    pub(crate) status: Status,
    pub(crate) wanted: Wanted,
    pub(crate) doing: Doing,
    pub(crate) ends_at: Option<Tick>,
    pub(crate) energy_limit: Option<WattHours>,
    /// How often the breaker may close in its life; 0 where nobody knows.
    pub(crate) life_ops: u32,
    /// Energy that is in nobody's charge.
    pub(crate) unattributed: WattHours,
    /// When the breaker last said where it is …
    pub(crate) seen_at: Option<Tick>,
    /// … and when its meter last told its register.
    pub(crate) read_at: Option<Tick>,
}

/// The disk that the journal is on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DiskPicture {
    pub(crate) trouble: Option<Trouble>,
    /// Writes that it has refused or kept waiting.
    pub(crate) failures: u64,
    /// How long writes took until they were synced.
    pub(crate) writes: Durations,
}

/// The state of an outlet, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doing {
    Idle,
    Starting,
    Supplying,
    Stopping,
    Faulted,
}

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WallStep {
    /// By the new time.
    pub(crate) at: Timestamp,
    pub(crate) by_ms: i64,
}

/// How long things of one kind took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Durations {
    pub(crate) count: u64,
    pub(crate) sum: Duration,
    pub(crate) longest: Duration,
    pub(crate) last: Duration,
    /// By [`BOUNDS_MS`]; longer ones are in `count` alone.
    pub(crate) within: [u64; BOUNDS_MS.len()],
}

impl Durations {
    pub(super) fn add(&mut self, took: Duration) {
        self.count += 1;
        self.sum += took;
        self.longest = self.longest.max(took);
        self.last = took;
        let fits = |bound: &u64| took <= Duration::from_millis(*bound);
        let bounds = self.within.iter_mut().zip(&BOUNDS_MS);
        bounds
            .filter(|(_, bound)| fits(bound))
            .for_each(|(count, _)| *count += 1);
    }
}

/// Draws the pictures.
#[derive(Debug)]
pub(super) struct Painter {
    sender: watch::Sender<Picture>,
    last: Picture,
    seen_at: BTreeMap<OutletNumber, Tick>,
    read_at: BTreeMap<OutletNumber, Tick>,
    orders: Orders,
    /// Wall time less monotonic time.
    offset_us: i64,
}

impl Painter {
    pub(super) fn new(panel: &Panel, now: Now) -> Self {
        let mut painter = Self {
            sender: watch::Sender::default(),
            last: Picture::default(),
            seen_at: BTreeMap::new(),
            read_at: BTreeMap::new(),
            orders: Orders::default(),
            offset_us: offset_us(now),
        };
        painter.paint(panel, DiskPicture::default(), now.tick);
        painter
    }

    pub(super) fn pictures(&self) -> watch::Receiver<Picture> {
        self.sender.subscribe()
    }

    /// Notes what a look has seen; whether the wall clock was set since the last.
    pub(super) fn looked(&mut self, seen: &Seen, now: Now) -> bool {
        let visible = |position: Position| position != Position::Unknown;
        for (number, observation) in &seen.outlets {
            if visible(observation.position) {
                self.seen_at.insert(*number, now.tick);
            }
            if observation
                .reading
                .is_some_and(|reading| reading.register.is_ok())
            {
                self.read_at.insert(*number, now.tick);
            }
        }
        if seen.main.is_some_and(|reading| reading.register.is_ok()) {
            self.last.main_read_at = Some(now.tick);
        }
        if seen.all {
            let all_visible = seen
                .outlets
                .iter()
                .all(|(_, observation)| visible(observation.position));
            self.last.scanned_at.get_or_insert(now.tick);
            if all_visible {
                self.last.verified_at.get_or_insert(now.tick);
            }
            self.last.last_scan_at = Some(now.tick);
        }
        self.note_wall_step(now)
    }

    /// A look at all outlets, and all that followed from it, took so long.
    pub(super) fn round_took(&mut self, took: Duration, buses: Vec<BusStats>) {
        self.last.rounds.add(took);
        self.last.buses = buses;
    }

    fn note_wall_step(&mut self, now: Now) -> bool {
        let offset_us = offset_us(now);
        let by_us = offset_us.saturating_sub(self.offset_us);
        let was_set = by_us.abs() >= STEP_US;
        if was_set {
            let by_ms = by_us / 1000;
            tracing::warn!(
                by_ms,
                "the wall clock was set; no charge ends earlier or later by that"
            );
            self.last.wall_step = Some(WallStep { at: now.wall, by_ms });
        }
        self.offset_us = offset_us;
        was_set
    }

    /// A command was carried out or refused.
    pub(super) fn answered<T>(&mut self, kind: &'static str, result: &Result<T, Refused>) {
        let outcome = match result {
            Ok(_) => {
                tracing::info!(command = kind, "carried out");
                "done"
            }
            Err(refused) => {
                tracing::info!(command = kind, why = %refused, "refused");
                "refused"
            }
        };
        *self.last.commands.entry((kind, outcome)).or_default() += 1;
    }

    pub(super) fn paint(&mut self, panel: &Panel, disk: DiskPicture, now: Tick) {
        self.last.disk = disk;
        self.orders.follow(panel, now, &mut self.last.switched);
        let (seen_at, read_at) = (&self.seen_at, &self.read_at);
        let draw = |(number, outlet)| OutletPicture {
            seen_at: seen_at.get(&number).copied(),
            read_at: read_at.get(&number).copied(),
            ..OutletPicture::of(number, outlet)
        };
        self.last.outlets = panel.outlets().map(draw).collect();
        self.last.main = panel.main();
        self.sender.send_replace(self.last.clone());
    }
}

impl OutletPicture {
    fn of(number: OutletNumber, outlet: &Outlet) -> Self {
        let charge = outlet.charge();
        Self {
            number,
            status: outlet.status(),
            wanted: outlet.breaker_wanted(),
            doing: match outlet.state() {
                State::Idle => Doing::Idle,
                State::Starting { .. } => Doing::Starting,
                State::Supplying { .. } => Doing::Supplying,
                State::Stopping { .. } => Doing::Stopping,
                State::Faulted(_) => Doing::Faulted,
            },
            ends_at: charge.map(|charge| charge.deadline.tick),
            energy_limit: charge.and_then(|charge| charge.energy_limit),
            life_ops: outlet.life_ops(),
            unattributed: outlet.unattributed(),
            seen_at: None,
            read_at: None,
        }
    }
}

fn offset_us(now: Now) -> i64 {
    let Millis(since_boot) = now.tick.since(Tick(0));
    let tick_us = i64::try_from(since_boot.saturating_mul(1000)).unwrap_or(i64::MAX);
    now.wall.0.saturating_sub(tick_us)
}

#[cfg(test)]
mod tests {
    use domain::observation::Observation;
    use domain::outlet::Settings;

    use super::*;

    fn at(tick_ms: u64, wall_ms: i64) -> Now {
        Now {
            tick: Tick(tick_ms),
            wall: Timestamp(wall_ms * 1000),
        }
    }

    fn seen(positions: &[Position], all: bool) -> Seen {
        let observation = |position: &Position| Observation {
            position: *position,
            ..Observation::default()
        };
        Seen {
            outlets: OutletNumber::first(8)
                .zip(positions.iter().map(observation))
                .collect(),
            all,
            ..Seen::default()
        }
    }

    fn painter() -> (Painter, Panel) {
        let panel = Panel::new(vec![Outlet::new(Settings::default()); 2]);
        (Painter::new(&panel, at(1_000, 50_000)), panel)
    }

    #[test]
    fn a_scan_is_verified_only_when_one_look_has_seen_every_breaker() {
        let (mut painter, panel) = painter();
        let pictures = painter.pictures();
        let both = [Position::Open, Position::Closed];
        for (positions, all, tick, expected) in [
            (&both[..], false, 1_100, (None, None)),
            (
                &[Position::Open, Position::Unknown],
                true,
                1_200,
                (Some(1_200), None),
            ),
            (
                &[Position::Unknown, Position::Open],
                true,
                1_300,
                (Some(1_200), None),
            ),
            (&both, true, 1_400, (Some(1_200), Some(1_400))),
            (&both, true, 1_500, (Some(1_200), Some(1_400))),
        ] {
            painter.looked(&seen(positions, all), at(tick, 50_000));
            painter.paint(&panel, DiskPicture::default(), Tick(tick));
            let picture = pictures.borrow();
            let ticks = (
                picture.scanned_at.map(|at| at.0),
                picture.verified_at.map(|at| at.0),
            );
            assert_eq!(ticks, expected, "at {tick}");
        }
        assert_eq!(pictures.borrow().outlets[0].seen_at, Some(Tick(1_500)));
    }

    #[test]
    fn a_wall_clock_that_was_set_is_told_from_one_that_is_slewed() {
        let (mut painter, panel) = painter();
        let both = seen(&[Position::Open; 2], true);
        for (tick, wall, expected) in [
            (2_000, 51_000, None),
            (3_000, 52_500, None),
            (4_000, 54_499, None),
            (5_000, 8_000, Some(-47_499)),
            (6_000, 9_000, Some(-47_499)),
            (7_000, 11_000, Some(1_000)),
        ] {
            painter.looked(&both, at(tick, wall));
            painter.paint(&panel, DiskPicture::default(), Tick(tick));
            let step = painter.pictures().borrow().wall_step;
            assert_eq!(step.map(|step| step.by_ms), expected, "at {tick}");
        }
    }

    #[test]
    fn rounds_are_counted_in_every_bound_that_they_keep() {
        let mut rounds = Durations::default();
        for ms in [5, 6, 9_000] {
            rounds.add(Duration::from_millis(ms));
        }
        assert_eq!(rounds.within, [1, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!((rounds.count, rounds.longest.as_millis()), (3, 9_000));
    }
}
