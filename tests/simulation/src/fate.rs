//! What a seed has in store: the house, and everything that is going to happen in it.

mod troubles;

use crate::Ms;
use crate::bus::{Framing, Nuisance};
use crate::disk::{Mode, Sync};
use crate::history::Wish;
use crate::plant::{Deed, Kind};
use crate::rng::Rng;
use crate::server::Manner;

/// The wall time at the begin of every story: a little before a full minute.
pub const WALL_US: i64 = 1_795_000_000_000_000;

/// In so many of a hundred seeds there is time for what needs many minutes.
const LONG: u64 = 15;

#[derive(Clone, Debug)]
pub struct House {
    pub kind: Kind,
    pub framing: Framing,
    pub outlets: usize,
    pub travel_ms: Ms,
    pub min_off_s: u64,
    pub random_delay_s: u64,
    pub fast_ms: Ms,
    pub slowest_answer_ms: Ms,
    pub opens_at_power_loss: bool,
    pub ends_after_power_cut: bool,
    pub has_leakage_contacts: bool,
    /// The meters' serial numbers are known to the panel file.
    pub is_pinned: bool,
    pub no_load_off_min: u64,
    pub idle_after_min: u64,
    pub max_ops_per_10_min: u64,
}

/// What the wall clock shows after a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    Right,
    /// No clock has kept time, and no server has told it yet.
    Epoch,
    StoodStill,
    DayAhead,
    DayBehind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Start {
        outlet: u8,
        wish: Wish,
    },
    StartAgain,
    Stop {
        which: u64,
    },
    Trigger {
        message: &'static str,
        outlet: Option<u8>,
    },
    ClearFault {
        outlet: u8,
    },
    Plant(usize, Deed),
    Mains(bool),
    Bus(Nuisance, bool),
    Disk(Mode),
    Link(Manner),
    WallSteps(i64),
    /// A time server puts the wall clock right.
    WallRight,
    Kill,
    CutPower,
    /// The controller starts again; after a power cut with this wall clock.
    Boot(Wall),
}

impl Act {
    fn moves_the_wall(self) -> bool {
        match self {
            Self::WallSteps(_) => true,
            Self::Boot(wall) => wall != Wall::Right,
            _ => false,
        }
    }

    /// An end by the wall clock means something only where that is right.
    fn forget_the_wall(&mut self) {
        if let Self::Start { wish, .. } = self {
            wish.duration_ms = Some(wish.lasts());
            wish.until_ms = None;
        }
    }
}

#[derive(Clone, Debug)]
pub struct Fate {
    pub house: House,
    pub sync: Sync,
    pub length: Ms,
    /// In the order of time.
    pub acts: Vec<(Ms, Act)>,
}

impl Fate {
    pub fn of(rng: &mut Rng, sync: Sync) -> Self {
        let minutes = if rng.percent(LONG) {
            rng.range(16, 22)
        } else {
            rng.range(3, 13)
        };
        let length = minutes * 60_000;
        let house = house(rng);
        let mut acts = Vec::new();
        for outlet in 0..house.outlets {
            drivers(&house, rng, (outlet, length), &mut acts);
        }
        troubles::add(&house, rng, length, &mut acts);
        if acts.iter().any(|(_, act)| act.moves_the_wall()) {
            acts.iter_mut().for_each(|(_, act)| act.forget_the_wall());
        }
        acts.sort_by_key(|(at, _)| *at);
        Self {
            house,
            sync,
            length,
            acts,
        }
    }
}

fn house(rng: &mut Rng) -> House {
    let kind = rng.pick(&Kind::ALL);
    House {
        kind,
        framing: rng.pick(&Framing::ALL),
        outlets: usize::try_from(rng.range(1, 3)).unwrap(),
        travel_ms: rng.range(60, 600),
        min_off_s: rng.range(1, 10),
        random_delay_s: rng.pick(&[0, 0, 5, 30]),
        fast_ms: rng.pick(&[500, 1_000, 1_000]),
        slowest_answer_ms: rng.range(8, 60),
        opens_at_power_loss: rng.percent(50),
        ends_after_power_cut: rng.percent(25),
        has_leakage_contacts: rng.percent(50),
        is_pinned: kind.serial(0).is_some() && rng.percent(60),
        no_load_off_min: rng.range(2, 4),
        idle_after_min: rng.range(1, 3),
        max_ops_per_10_min: rng.pick(&[60, 60, 60, 3]),
    }
}

/// People come, charge, and leave.
fn drivers(house: &House, rng: &mut Rng, (outlet, length): (usize, Ms), acts: &mut Vec<(Ms, Act)>) {
    let number = u8::try_from(outlet + 1).unwrap();
    let mut at = rng.range(4_000, 60_000);
    while at + 20_000 < length {
        let ma = rng.pick(&[6_000, 10_000, 15_000, 15_800, 0]);
        acts.push((at, Act::Plant(outlet, Deed::Car { ma })));
        let wish = wish(rng, length);
        let duration_ms = wish.lasts();
        let start = at + rng.range(500, 8_000);
        acts.push((start, Act::Start { outlet: number, wish }));
        if rng.percent(15) {
            acts.push((start + rng.range(20, 3_000), Act::StartAgain));
        }
        if rng.percent(20) {
            let message = rng.pick(&[
                "MeterValues",
                "TransactionEvent",
                "StatusNotification",
                "BootNotification",
            ]);
            let outlet = rng.percent(50).then_some(number);
            acts.push((start + rng.range(500, 30_000), Act::Trigger { message, outlet }));
        }
        for _ in 0..rng.range(0, 2) {
            let ma = rng.pick(&[0, 200, 4_000, 9_000, 15_000]);
            acts.push((
                start + rng.range(3_000, 120_000),
                Act::Plant(outlet, Deed::Car { ma }),
            ));
        }
        let mut end = start + duration_ms;
        if rng.percent(35) {
            let stop = start + rng.range(200, duration_ms);
            acts.push((
                stop,
                Act::Stop {
                    which: rng.draw() % 8,
                },
            ));
            end = end.min(stop);
        }
        at = end + house.min_off_s * 1000 + rng.range(1_000, 60_000);
    }
}

fn wish(rng: &mut Rng, length: Ms) -> Wish {
    let long = length > 15 * 60_000 && rng.percent(50);
    let duration_ms = if long {
        rng.range(300_000, 600_000)
    } else {
        rng.range(8_000, 240_000)
    };
    let until_ms = rng
        .percent(20)
        .then(|| duration_ms - rng.range(0, (duration_ms - 5_000).min(50_000)));
    Wish {
        duration_ms: (until_ms.is_none() || rng.percent(60)).then_some(duration_ms),
        until_ms,
        energy_wh: rng.percent(45).then(|| rng.range(2, 90) as i64),
        ends_when_idle: rng.percent(30),
    }
}
