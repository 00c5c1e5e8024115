//! Everything that goes wrong in a story: a few kinds of trouble per seed, sometimes none.

use super::{Act, House, Wall};
use crate::Ms;
use crate::bus::{Nuisance, Trouble};
use crate::disk::Mode;
use crate::plant::{Deed, Lie};
use crate::rng::Rng;
use crate::server::Manner;

type Acts = Vec<(Ms, Act)>;

/// One kind of trouble, and in how many of a hundred seeds it comes.
type Kind = (u64, fn(&House, &mut Rng, Ms, &mut Acts));

const KINDS: [Kind; 12] = [
    (30, bus),
    (12, dead_unit),
    (22, meters),
    (18, trips),
    (14, hands),
    (14, sticking),
    (10, welds),
    (22, disk),
    (30, link),
    (16, wall),
    (30, kills),
    (26, power),
];
/// In so many of a hundred seeds nothing goes wrong at all.
const CALM: u64 = 8;

pub(super) fn add(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    if rng.percent(CALM) {
        return;
    }
    for (chance, kind) in KINDS {
        if rng.percent(chance) {
            for _ in 0..rng.range(1, 3) {
                kind(house, rng, length, acts);
            }
        }
    }
}

/// A begin and an end.
fn window(rng: &mut Rng, length: Ms, (shortest, longest): (Ms, Ms)) -> (Ms, Ms) {
    let from = rng.range(1_000, length - 10_000);
    (from, (from + rng.range(shortest, longest)).min(length))
}

fn outlet(house: &House, rng: &mut Rng) -> usize {
    usize::try_from(rng.range(0, house.outlets as u64 - 1)).unwrap()
}

fn any_unit(house: &House, rng: &mut Rng) -> Option<u8> {
    let meter = house.kind.meter_unit(outlet(house, rng));
    rng.pick(&[
        None,
        Some(house.kind.breaker_unit()),
        Some(house.kind.trip_unit()),
        Some(meter),
        Some(meter),
    ])
}

fn bus(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let trouble = match rng.range(0, 10) {
        0 => Trouble::Silent,
        1 => Trouble::Late {
            ms: rng.range(200, 3_000),
        },
        2 => Trouble::Slow {
            ms: rng.range(20, 120),
        },
        3 => Trouble::Garbage,
        4 => Trouble::WrongUnit,
        5 => Trouble::WrongLabel,
        6 => Trouble::Truncated,
        7 => Trouble::WrongLength,
        8 => Trouble::Exception {
            code: rng.pick(&[1, 2, 3, 4, 5, 6, 10, 11]),
        },
        9 => Trouble::Close,
        _ => Trouble::Refuse,
    };
    // A connection is everybody's.
    let unit = any_unit(house, rng).filter(|_| trouble != Trouble::Refuse);
    let nuisance = Nuisance {
        trouble,
        unit,
        percent: rng.pick(&[10, 30, 60, 100]),
    };
    let (from, to) = window(rng, length, (500, 40_000));
    acts.push((from, Act::Bus(nuisance, true)));
    acts.push((to, Act::Bus(nuisance, false)));
}

/// One meter that says nothing for long: it must stall nobody.
fn dead_unit(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let unit = Some(house.kind.meter_unit(outlet(house, rng)));
    let nuisance = Nuisance {
        trouble: Trouble::Silent,
        unit,
        percent: 100,
    };
    let (from, to) = window(rng, length, (20_000, 240_000));
    acts.push((from, Act::Bus(nuisance, true)));
    acts.push((to, Act::Bus(nuisance, false)));
}

fn meters(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let (outlet, lie) = (outlet(house, rng), rng.pick(&Lie::ALL));
    let (from, to) = window(rng, length, (800, 60_000));
    acts.push((from, Act::Plant(outlet, Deed::Meter(Some(lie)))));
    acts.push((to, Act::Plant(outlet, Deed::Meter(None))));
}

fn trips(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (4_000, 90_000));
    acts.push((from, Act::Plant(outlet, Deed::Trip)));
    acts.push((to, Act::Plant(outlet, Deed::ResetTrip)));
    if rng.percent(60) {
        let number = u8::try_from(outlet + 1).unwrap();
        acts.push((to + rng.range(1_000, 20_000), Act::ClearFault { outlet: number }));
    }
}

fn hands(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (500, 60_000));
    let closed = rng.percent(40);
    acts.push((from, Act::Plant(outlet, Deed::Hand { closed })));
    acts.push((to, Act::Plant(outlet, Deed::Hand { closed: false })));
}

fn sticking(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (2_000, 90_000));
    acts.push((from, Act::Plant(outlet, Deed::Stick(true))));
    acts.push((to, Act::Plant(outlet, Deed::Stick(false))));
}

fn welds(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (20_000, 120_000));
    acts.push((from, Act::Plant(outlet, Deed::Weld(true))));
    acts.push((to, Act::Plant(outlet, Deed::Weld(false))));
}

fn disk(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let mode = rng.pick(&[Mode::Slow, Mode::Hangs, Mode::Full, Mode::Broken]);
    let (from, to) = window(rng, length, (1_000, 60_000));
    acts.push((from, Act::Disk(mode)));
    acts.push((to, Act::Disk(Mode::Good)));
}

fn link(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let late = Manner::Late {
        ms: rng.range(500, 40_000),
    };
    let manner = rng.pick(&[
        late,
        Manner::Deaf,
        Manner::Erring,
        Manner::Cutting,
        Manner::Refusing,
        Manner::Partitioned,
    ]);
    let (from, to) = window(rng, length, (1_000, 180_000));
    acts.push((from, Act::Link(manner)));
    acts.push((to, Act::Link(Manner::Good)));
}

fn wall(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let (from, to) = window(rng, length, (5_000, 120_000));
    let step = rng.pick(&[86_400_000, -86_400_000, 3_600_000, -30_000]);
    acts.push((from, Act::WallSteps(step)));
    acts.push((to, Act::WallRight));
}

fn kills(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let (from, to) = window(rng, length, (10, 20_000));
    acts.push((from, Act::Kill));
    acts.push((to, Act::Boot(Wall::Right)));
}

/// The controller alone loses its power, or the whole panel.
fn power(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let (from, to) = window(rng, length, (300, 120_000));
    let wall = rng.pick(&[
        Wall::Right,
        Wall::Right,
        Wall::Epoch,
        Wall::StoodStill,
        Wall::DayAhead,
        Wall::DayBehind,
    ]);
    let mains = rng.percent(40);
    acts.push((from, Act::CutPower));
    if mains {
        acts.push((from, Act::Mains(false)));
        acts.push((to, Act::Mains(true)));
    }
    acts.push((to + rng.range(0, 3_000), Act::Boot(wall)));
    if wall != Wall::Right {
        acts.push((to + rng.range(4_000, 60_000), Act::WallRight));
    }
}
