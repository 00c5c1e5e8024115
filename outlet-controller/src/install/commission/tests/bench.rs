//! A panel on a test bench: every wire can be put where it does not belong. Its clock runs only when it is used.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use domain::observation::Reading;
use domain::units::{MilliAmps, MilliVolts, WattHours, Watts};

use super::super::*;
use crate::install::lang::Lang;
use crate::modbus::library::{Library, shipped_panel};
use crate::modbus::panel::Panel;
use crate::modbus::panel_io::MeterScan;

pub(super) const OUTLETS: usize = 3;
const LOOK_MS: u64 = 40;
const LOAD_MA: i64 = 6_000;

/// What the leakage contacts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leakage {
    /// The outlet's own trip.
    Follows,
    Stuck(bool),
    /// The other way round.
    Inverted,
    Unreadable,
}

/// How the main meter's current transformer sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MainMeter {
    Straight,
    Reversed,
    /// Around the wire of one outlet.
    OnOutlet(usize),
    Silent,
}

/// What is true of the panel, and how it is wired. Places count from 0.
#[derive(Debug)]
pub(super) struct Bench {
    now_ms: u64,
    pub(super) closed: [bool; OUTLETS],
    moving: Option<(usize, bool, u64)>,
    pub(super) travel_ms: u64,
    pub(super) stuck: [bool; OUTLETS],
    pub(super) welded: [bool; OUTLETS],
    pub(super) tripped: [bool; OUTLETS],
    pub(super) loaded: [bool; OUTLETS],
    /// Whose breaker each position input shows, whose current each meter sees, whose alarm each trip input shows.
    pub(super) positions: [usize; OUTLETS],
    pub(super) meters: [usize; OUTLETS],
    pub(super) alarms: [usize; OUTLETS],
    pub(super) alarm_dead: bool,
    pub(super) alarm_unreadable: bool,
    pub(super) leakage: Leakage,
    pub(super) main: MainMeter,
    pub(super) reversed: [bool; OUTLETS],
    /// Shows its power without a sign.
    pub(super) unsigned: bool,
    pub(super) voltage_mv: i64,
    pub(super) silent_meter: Option<usize>,
    pub(super) frozen_register: bool,
    import_mws: [i64; OUTLETS],
    export_mws: [i64; OUTLETS],
    pub(super) same_serial: bool,
    /// How often each was told to close.
    pub(super) closings: [u32; OUTLETS],
}

impl Default for Bench {
    fn default() -> Self {
        let straight = [0, 1, 2];
        Self {
            now_ms: 5_000,
            closed: [false; OUTLETS],
            moving: None,
            travel_ms: 200,
            stuck: [false; OUTLETS],
            welded: [false; OUTLETS],
            tripped: [false; OUTLETS],
            loaded: [false; OUTLETS],
            positions: straight,
            meters: straight,
            alarms: straight,
            alarm_dead: false,
            alarm_unreadable: false,
            leakage: Leakage::Follows,
            main: MainMeter::Straight,
            reversed: [false; OUTLETS],
            unsigned: false,
            voltage_mv: 201_700,
            silent_meter: None,
            frozen_register: false,
            import_mws: [0; OUTLETS],
            export_mws: [0; OUTLETS],
            same_serial: false,
            closings: [0; OUTLETS],
        }
    }
}

impl Bench {
    fn ma(&self, outlet: usize) -> i64 {
        let flows = self.loaded[outlet] && (self.closed[outlet] || self.welded[outlet]);
        if flows { LOAD_MA } else { 0 }
    }

    fn pass(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now_ms += 1;
            if let Some((outlet, closed, at)) = self.moving
                && self.now_ms >= at
            {
                self.moving = None;
                self.closed[outlet] = closed;
            }
            for meter in 0..OUTLETS {
                let mw = self.voltage_mv * self.ma(self.meters[meter]) / 1000;
                let reversed = self.reversed[meter];
                let counter = if reversed {
                    &mut self.export_mws[meter]
                } else {
                    &mut self.import_mws[meter]
                };
                *counter += mw;
            }
        }
    }

    pub(super) fn trip(&mut self, outlet: usize) {
        if self.closed[outlet] {
            (self.closed[outlet], self.tripped[outlet]) = (false, true);
        }
    }

    fn observation(&self, outlet: usize) -> Observation {
        let closed = self.closed[self.positions[outlet]];
        Observation {
            position: if closed { Position::Closed } else { Position::Open },
            tripped: (!self.alarm_unreadable).then(|| self.tripped[self.alarms[outlet]] && !self.alarm_dead),
            leakage: match self.leakage {
                Leakage::Follows => Some(self.tripped[outlet]),
                Leakage::Inverted => Some(!self.tripped[outlet]),
                Leakage::Stuck(acts) => Some(acts),
                Leakage::Unreadable => None,
            },
            ..Observation::default()
        }
    }

    fn main(&self) -> Reading {
        let all: i64 = (0..OUTLETS).map(|outlet| self.ma(outlet)).sum();
        let (ma, sign) = match self.main {
            MainMeter::Straight => (all, 1),
            MainMeter::Reversed => (all, -1),
            MainMeter::OnOutlet(outlet) => (self.ma(outlet), 1),
            MainMeter::Silent => return Reading::default(),
        };
        Reading {
            current: Ok(MilliAmps(ma)),
            power: Ok(Watts(sign * self.voltage_mv * ma / 1_000_000)),
            ..Reading::default()
        }
    }

    fn reading(&self, meter: usize) -> Reading {
        if self.silent_meter == Some(meter) {
            return Reading::default();
        }
        let ma = self.ma(self.meters[meter]);
        let watts = self.voltage_mv * ma / 1_000_000;
        let negative = self.reversed[meter] && !self.unsigned;
        let wh = if self.frozen_register {
            0
        } else {
            wh(self.import_mws[meter])
        };
        Reading {
            register: Ok(WattHours(1_000 + wh)),
            voltage: Ok(MilliVolts(self.voltage_mv)),
            current: Ok(MilliAmps(ma)),
            power: Ok(Watts(if negative { -watts } else { watts })),
            raw_register: None,
        }
    }
}

fn wh(milliwatt_milliseconds: i64) -> i64 {
    milliwatt_milliseconds / 3_600_000_000
}

pub(super) type Shared = Rc<RefCell<Bench>>;

pub(super) struct BenchBoard {
    pub(super) panel: Panel,
    pub(super) bench: Shared,
}

impl BenchBoard {
    pub(super) fn new(bench: &Shared, changes: &[(&str, &str)]) -> Self {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let text = text.replace("count = 8", "count = 3");
        let text = changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        Self {
            panel: Panel::parse(Path::new("panel.toml"), &text, &Library::shipped().unwrap()).unwrap(),
            bench: Rc::clone(bench),
        }
    }

    fn all<T>(&self, of: impl Fn(&Bench, usize) -> T) -> Vec<(OutletNumber, T)> {
        let mut bench = self.bench.borrow_mut();
        bench.pass(LOOK_MS);
        let outlets = self.panel.outlets.iter().map(|outlet| outlet.number);
        outlets
            .map(|number| (number, of(&bench, number.index())))
            .collect()
    }
}

impl Board for BenchBoard {
    fn panel(&self) -> &Panel {
        &self.panel
    }

    fn now_ms(&self) -> u64 {
        self.bench.borrow().now_ms
    }

    async fn wait_ms(&mut self, ms: u64) {
        self.bench.borrow_mut().pass(ms);
    }

    async fn look(&mut self) -> Vec<(OutletNumber, Observation)> {
        self.all(Bench::observation)
    }

    async fn look_at(&mut self, outlet: OutletNumber) -> Observation {
        seen_at(&self.all(Bench::observation), outlet)
    }

    async fn meters(&mut self) -> MeterScan {
        MeterScan {
            outlets: self.all(Bench::reading),
            main: Some(self.bench.borrow().main()),
        }
    }

    async fn exported_wh(&mut self, outlet: OutletNumber) -> Option<i64> {
        Some(wh(self.bench.borrow().export_mws[outlet.index()]))
    }

    async fn unit(&mut self, unit: &Arc<Unit>) -> Said {
        let bench = self.bench.borrow();
        match unit.device.identity {
            None => Said::Answers,
            Some(_) if bench.same_serial => Said::Serial("1".into()),
            Some(_) => Said::Serial(format!("230000{}", unit.id)),
        }
    }

    async fn switch(&mut self, outlet: OutletNumber, wanted: Wanted) -> Result<(), String> {
        let (mut bench, place) = (self.bench.borrow_mut(), outlet.index());
        let close = wanted == Wanted::Closed;
        if close {
            let others = (0..OUTLETS).filter(|other| *other != place && bench.closed[*other]);
            assert_eq!(others.count(), 0, "one breaker at a time");
            bench.closings[place] += 1;
        }
        let held = bench.stuck[place] || close && bench.tripped[place];
        if !held {
            bench.moving = Some((place, close, bench.now_ms + bench.travel_ms));
        }
        Ok(())
    }
}

/// Does what it is asked, as a good installer does, unless it is told what to say; mends what is tried again.
pub(super) struct Hand {
    pub(super) bench: Shared,
    pub(super) says: Vec<(Question, Reply)>,
    pub(super) asked: Vec<Question>,
}

impl Installer for Hand {
    async fn ask(&mut self, question: Question) -> Reply {
        self.asked.push(question);
        self.bench.borrow_mut().pass(1_000);
        if let Some(place) = self.says.iter().position(|(about, _)| *about == question) {
            let reply = self.says.remove(place).1;
            if reply == Reply::Again {
                self.bench.borrow_mut().reversed = [false; OUTLETS];
            }
            return reply;
        }
        let mut bench = self.bench.borrow_mut();
        match question {
            Question::Load(outlet) => {
                bench.loaded = [false; OUTLETS];
                bench.loaded[usize::from(outlet) - 1] = true;
            }
            Question::Reset(outlet) => bench.tripped[usize::from(outlet) - 1] = false,
            Question::Begin
            | Question::Close(_)
            | Question::Trip(_)
            | Question::Failed(_)
            | Question::Times => {}
        }
        Reply::Go
    }

    fn tell(&mut self, notice: Notice) {
        if let Notice::PressTest(outlet) = notice {
            self.bench.borrow_mut().trip(usize::from(outlet) - 1);
        }
    }

    fn done(&mut self, line: &str) {
        assert!(!line.is_empty());
    }
}

/// The protocol of a whole walk, what was asked, and whether it ended by itself.
pub(super) async fn walk(
    bench: &Shared,
    changes: &[(&str, &str)],
    says: Vec<(Question, Reply)>,
) -> (Protocol, Vec<Question>, Result<(), Quit>) {
    let mut board = BenchBoard::new(bench, changes);
    let mut hand = Hand {
        bench: Rc::clone(bench),
        says,
        asked: Vec::new(),
    };
    let mut protocol = Protocol::default();
    let kinds = (1..=3).map(|outlet| (outlet, "default".to_owned())).collect();
    let mut walk = Walk {
        board: &mut board,
        installer: &mut hand,
        protocol: &mut protocol,
        lang: Lang::En,
        kinds: &kinds,
        longest_ms: BTreeMap::new(),
    };
    let ended = walk.run().await;
    protocol.judge();
    (protocol, hand.asked, ended)
}
