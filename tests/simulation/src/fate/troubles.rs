//! Everything that goes wrong in a story: a few kinds of trouble per seed, sometimes none.

use super::{Act, House, Wall};
use crate::Ms;
use crate::bus::{Nuisance, Trouble};
use crate::disk::Mode;
use crate::plant::{Blink, Deed, Lie};
use crate::rng::Rng;
use crate::server::Manner;

type Acts = Vec<(Ms, Act)>;

/// One kind of trouble, and in how many of a hundred seeds it comes.
type Kind = (u64, fn(&House, &mut Rng, Ms, &mut Acts));

const KINDS: [Kind; 19] = [
    (30, bus),
    (12, dead_unit),
    (22, meters),
    (18, trips),
    (14, hands),
    (14, sticking),
    (16, welds),
    (8, overloads),
    (8, leaks),
    (8, slowness),
    (8, positions),
    (14, blinks),
    (10, swaps),
    (8, mishaps),
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
    let trouble = match rng.range(0, 11) {
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
        10 => Trouble::Relabelled {
            ms: rng.range(200, 3_000),
        },
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
    if rng.percent(30) {
        // Too early: the cause is still there.
        acts.push((rng.range(from, to), clearing(outlet)));
    }
    if rng.percent(15) {
        acts.push((to + 100, Act::Plant(outlet, Deed::Hand { closed: true })));
        acts.push((to + 200, clearing(outlet)));
    }
    clear_after(rng, outlet, to, acts);
}

fn clearing(outlet: usize) -> Act {
    Act::ClearFault {
        outlet: u8::try_from(outlet + 1).unwrap(),
    }
}

/// A person comes, or nobody.
fn clear_after(rng: &mut Rng, outlet: usize, to: Ms, acts: &mut Acts) {
    if rng.percent(65) {
        acts.push((to + rng.range(1_000, 20_000), clearing(outlet)));
    }
}

fn hands(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (500, 60_000));
    let closed = rng.percent(35);
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
    // The contact parts only at an OFF.
    acts.push((from + rng.range(100, 5_000), Act::Stop { which: 0 }));
    clear_after(rng, outlet, to, acts);
}

/// The car draws more than the outlet may carry: half as much again, or a quarter.
fn overloads(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (5_000, 40_000));
    let ma = rng.pick(&[25_000, 34_000, 40_000]);
    acts.push((from, Act::Plant(outlet, Deed::Car { ma })));
    acts.push((to, Act::Plant(outlet, Deed::Car { ma: 10_000 })));
    clear_after(rng, outlet, to, acts);
}

fn leaks(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (5_000, 60_000));
    acts.push((from, Act::Plant(outlet, Deed::Leak(true))));
    acts.push((to, Act::Plant(outlet, Deed::Leak(false))));
    if rng.percent(30) {
        acts.push((rng.range(from, to), clearing(outlet)));
    }
    clear_after(rng, outlet, to, acts);
}

/// The mechanism takes longer than its maker says, at times longer than is waited for.
fn slowness(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (20_000, 120_000));
    let ms = rng.range(200, 3_500);
    acts.push((from, Act::Plant(outlet, Deed::Slow { ms })));
    acts.push((to, Act::Plant(outlet, Deed::Slow { ms: 0 })));
}

fn positions(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (2_000, 60_000));
    let says = Some(rng.percent(30));
    acts.push((from, Act::Plant(outlet, Deed::Position { says })));
    acts.push((to, Act::Plant(outlet, Deed::Position { says: None })));
    clear_after(rng, outlet, to, acts);
}

fn blinks(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    for _ in 0..rng.range(1, 6) {
        let (outlet, blink) = (outlet(house, rng), rng.pick(&Blink::ALL));
        let (at, _) = window(rng, length, (0, 0));
        acts.push((at, Act::Plant(outlet, Deed::Blink(blink))));
    }
}

/// Another meter takes the place of one; while hands are at it nothing answers.
fn swaps(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (15_000, 120_000));
    let silence = Nuisance {
        trouble: Trouble::Silent,
        unit: Some(house.kind.meter_unit(outlet)),
        percent: 100,
    };
    for (at, lie) in [(from, Some(Lie::Swapped)), (to, None)] {
        acts.push((at.saturating_sub(3_000), Act::Bus(silence, true)));
        acts.push((at, Act::Plant(outlet, Deed::Meter(lie))));
        acts.push((at + 3_000, Act::Bus(silence, false)));
    }
}

/// A breaker sticks closed just when it must not.
fn mishaps(house: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let outlet = outlet(house, rng);
    let (from, to) = window(rng, length, (10_000, 60_000));
    let cause = rng.pick(&[Deed::Leak(true), Deed::Car { ma: 40_000 }]);
    acts.push((from, Act::Plant(outlet, Deed::Stick(true))));
    acts.push((from + 1_000, Act::Plant(outlet, cause)));
    acts.push((from + 5_000, Act::Plant(outlet, Deed::Leak(false))));
    acts.push((from + 6_000, Act::Plant(outlet, Deed::Car { ma: 6_000 })));
    acts.push((from + 7_500, clearing(outlet)));
    acts.push((to, Act::Plant(outlet, Deed::Stick(false))));
    clear_after(rng, outlet, to, acts);
}

fn disk(_: &House, rng: &mut Rng, length: Ms, acts: &mut Acts) {
    let mode = rng.pick(&[Mode::Slow, Mode::Hangs, Mode::Full, Mode::Broken, Mode::Crowded]);
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
