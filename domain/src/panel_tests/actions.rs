//! What may happen to a panel.

use proptest::prelude::*;

use crate::limits::WhenIdle;

pub(super) const OUTLETS: u8 = 2;

#[derive(Clone, Debug)]
pub(super) enum Action {
    Start {
        outlet: u8,
        duration_s: u64,
        energy_wh: Option<i64>,
        when_idle: WhenIdle,
    },
    RepeatLastStart,
    /// Other limits for what runs; nothing left ends it.
    Change {
        outlet: u8,
        duration_s: u64,
        energy_wh: Option<i64>,
    },
    Stop {
        outlet: u8,
    },
    /// A person asks for a lock-out to be cleared.
    Clear {
        outlet: u8,
    },
    Trip {
        outlet: u8,
        tripped: bool,
    },
    Leak {
        outlet: u8,
        leaks: bool,
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
    /// Somebody sets the wall clock right.
    SetClock,
    /// The program comes back; nothing else was gone.
    Restart,
    /// The machine boots anew, with a clock that shows this.
    Boot {
        wall: Wall,
    },
    /// Power or communication is said to have returned.
    Hold {
        seconds: u64,
    },
}

/// What the clock shows after a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wall {
    Right,
    Epoch,
    DayBack,
}

pub(super) fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![12 => asked(), 10 => befalls(), 6 => (1_u64..90).prop_map(|seconds| Action::Wait { seconds }), 3 => gone()]
}

fn asked() -> impl Strategy<Value = Action> {
    let outlet = 0..OUTLETS;
    let when_idle = prop_oneof![Just(WhenIdle::Keep), Just(WhenIdle::End)];
    prop_oneof![
        5 => (outlet.clone(), 1_u64..300, prop::option::of(1_i64..200), when_idle).prop_map(
            |(outlet, duration_s, energy_wh, when_idle)| Action::Start { outlet, duration_s, energy_wh, when_idle }
        ),
        1 => Just(Action::RepeatLastStart),
        3 => (outlet.clone(), 0_u64..300, prop::option::of(1_i64..200)).prop_map(
            |(outlet, duration_s, energy_wh)| Action::Change { outlet, duration_s, energy_wh }
        ),
        2 => outlet.clone().prop_map(|outlet| Action::Stop { outlet }),
        2 => outlet.prop_map(|outlet| Action::Clear { outlet }),
    ]
}

fn befalls() -> impl Strategy<Value = Action> {
    let outlet = 0..OUTLETS;
    prop_oneof![
        (outlet.clone(), any::<bool>()).prop_map(|(outlet, tripped)| Action::Trip { outlet, tripped }),
        (outlet.clone(), any::<bool>()).prop_map(|(outlet, leaks)| Action::Leak { outlet, leaks }),
        (outlet.clone(), any::<bool>()).prop_map(|(outlet, closed)| Action::ByHand { outlet, closed }),
        (outlet.clone(), any::<bool>()).prop_map(|(outlet, stuck)| Action::Stick { outlet, stuck }),
        (outlet.clone(), 0_i64..20_000).prop_map(|(outlet, current_ma)| Action::Draw { outlet, current_ma }),
        (outlet.clone(), 20_000_i64..40_000)
            .prop_map(|(outlet, current_ma)| Action::Draw { outlet, current_ma }),
        (outlet.clone(), any::<i32>()).prop_map(|(outlet, to)| Action::Register {
            outlet,
            to: i64::from(to)
        }),
        (outlet, any::<bool>()).prop_map(|(outlet, blind)| Action::Blind { outlet, blind }),
    ]
}

fn gone() -> impl Strategy<Value = Action> {
    let wall = prop_oneof![Just(Wall::Right), Just(Wall::Epoch), Just(Wall::DayBack)];
    prop_oneof![
        (-1_i64..=1).prop_map(|days| Action::WallStep { days }),
        Just(Action::SetClock),
        Just(Action::Restart),
        wall.prop_map(|wall| Action::Boot { wall }),
        (0_u64..120).prop_map(|seconds| Action::Hold { seconds }),
    ]
}
