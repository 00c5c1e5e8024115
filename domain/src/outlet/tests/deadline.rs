//! Boots with every kind of clock: nobody is given more than was granted, and no clock moves an end by more than a second.

use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;
const SECOND_MS: u64 = 1_000;
/// What the programs that set a clock do not tell: the true time at the beginning.
const NOON_MS: i64 = 1_800_000_000_000;

fn now(tick_s: u64, wall_s: i64) -> Now {
    Now {
        tick: Tick(tick_s * 1000),
        wall: Timestamp(NOON_MS * 1_000 + wall_s * 1_000_000),
    }
}

/// What a machine's clock shows after a boot, before anybody sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wall {
    /// It has a battery.
    Right,
    Epoch,
    /// It goes on from the last time that was kept, so long before the cut.
    StoodStill {
        ms: i64,
    },
    DayAhead,
    DayBehind,
}

/// One power cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// After the start or the boot before.
    after_ms: u64,
    /// Until the program runs again.
    away_ms: u64,
    /// How old the last note was.
    noted_ago_ms: u64,
    wall: Wall,
    /// When the clock is set right after the boot; never where `None`.
    set_after_ms: Option<u64>,
}

/// A charge on its way through cuts, and what is true of it.
struct Story {
    deadline: Deadline,
    /// What has passed in truth since the start.
    true_ms: u64,
    /// What of that the program has run: the breaker cannot have been closed for longer.
    ran_ms: u64,
    tick_ms: u64,
    /// How wrong the wall clock is.
    off_ms: i64,
    cuts: u64,
}

impl Story {
    fn new(granted_ms: u64, is_set: bool) -> Self {
        let mut story = Self {
            deadline: Deadline::in_future(Millis(0), Now::default()),
            true_ms: 0,
            ran_ms: 0,
            tick_ms: 77_000,
            off_ms: if is_set { 0 } else { -NOON_MS },
            cuts: 0,
        };
        story.deadline = Deadline::in_future(Millis(granted_ms), story.now());
        if is_set {
            story.deadline.set_right(story.now());
        }
        story
    }

    fn now(&self) -> Now {
        let wall_ms = NOON_MS + i64::try_from(self.true_ms).unwrap() + self.off_ms;
        Now {
            tick: Tick(self.tick_ms),
            wall: Timestamp(wall_ms * 1000),
        }
    }

    fn left_ms(&self) -> u64 {
        self.deadline.tick.since(Tick(self.tick_ms)).0
    }

    /// Runs for so long, or to the end; whether it goes on.
    fn run(&mut self, ms: u64) -> bool {
        let ran = ms.min(self.left_ms());
        self.true_ms += ran;
        self.ran_ms += ran;
        self.tick_ms += ran;
        self.left_ms() > 0
    }

    /// Whether it goes on.
    fn befall(&mut self, cut: Cut) -> bool {
        let note = cut.after_ms.saturating_sub(cut.noted_ago_ms);
        if !self.run(note) {
            return false;
        }
        self.deadline = self.deadline.noted_again(self.now());
        if !self.run(cut.after_ms - note) {
            return false;
        }
        self.true_ms += cut.away_ms;
        self.cuts += 1;
        self.tick_ms = cut.away_ms / 2;
        self.off_ms = match cut.wall {
            Wall::Right => 0,
            Wall::Epoch => -NOON_MS - i64::try_from(self.true_ms).unwrap() + 10_000,
            Wall::StoodStill { ms } => self.off_ms - i64::try_from(cut.away_ms / 2).unwrap() - ms,
            Wall::DayAhead => self.off_ms + DAY_MS,
            Wall::DayBehind => self.off_ms - DAY_MS,
        };
        // No machine's clock is before the epoch.
        self.off_ms = self.off_ms.max(-NOON_MS - i64::try_from(self.true_ms).unwrap());
        self.deadline = self.deadline.end_after_boot(self.now());
        if let Some(ms) = cut.set_after_ms {
            if !self.run(ms) {
                return false;
            }
            self.off_ms = 0;
            self.deadline.set_right(self.now());
        }
        self.left_ms() > 0
    }
}

fn any_wall() -> impl Strategy<Value = Wall> {
    prop_oneof![
        Just(Wall::Right),
        Just(Wall::Epoch),
        (0_i64..3_600_000).prop_map(|ms| Wall::StoodStill { ms }),
        Just(Wall::DayAhead),
        Just(Wall::DayBehind),
    ]
}

fn any_cut() -> impl Strategy<Value = Cut> {
    let times = (1_000_u64..7_200_000, 2_000_u64..40_000_000, 0_u64..=1_000);
    (times, any_wall(), prop::option::of(0_u64..200_000)).prop_map(
        |((after_ms, away_ms, noted_ago_ms), wall, set_after_ms)| Cut {
            after_ms,
            away_ms,
            noted_ago_ms,
            wall,
            set_after_ms,
        },
    )
}

fn any_grant() -> impl Strategy<Value = u64> {
    60_000_u64..86_400_000
}

proptest! {
    #[test]
    fn nobody_is_given_more_than_was_granted(
        granted_ms in any_grant(),
        is_set in any::<bool>(),
        cuts in prop::collection::vec(any_cut(), 0..5),
    ) {
        let mut story = Story::new(granted_ms, is_set);
        let goes_on = cuts.into_iter().all(|cut| story.befall(cut));
        if goes_on {
            story.run(u64::MAX);
        }
        prop_assert!(story.ran_ms <= granted_ms, "{} of {granted_ms}", story.ran_ms);
    }

    /// The time without power counts, to the second, as soon as a clock is right that was right before.
    #[test]
    fn with_a_clock_that_is_right_an_end_stays_where_it_was(
        granted_ms in any_grant(),
        cuts in prop::collection::vec(any_cut(), 1..4),
    ) {
        let mut story = Story::new(granted_ms, true);
        for cut in cuts {
            let right = Cut { wall: Wall::Right, set_after_ms: Some(0), ..cut };
            if !story.befall(right) {
                break;
            }
        }
        story.run(u64::MAX);
        // One that passed in the dark has ended by the first look at the clock.
        if story.true_ms <= granted_ms {
            prop_assert!(granted_ms - story.true_ms <= story.cuts, "{} of {granted_ms}", story.true_ms);
        }
    }

    /// Without one, what was left is kept to the second for each cut.
    #[test]
    fn without_a_clock_that_is_right_what_was_left_is_kept_to_the_second(
        granted_ms in any_grant(),
        is_set in any::<bool>(),
        cuts in prop::collection::vec(any_cut(), 1..4),
    ) {
        let mut story = Story::new(granted_ms, is_set);
        for cut in cuts {
            let wall = if cut.wall == Wall::Right { Wall::DayAhead } else { cut.wall };
            if !story.befall(Cut { wall, set_after_ms: None, ..cut }) {
                break;
            }
        }
        story.run(u64::MAX);
        prop_assert!(
            granted_ms - story.ran_ms <= SECOND_MS * story.cuts,
            "{} of {granted_ms}", story.ran_ms
        );
    }

    /// A clock that is set only later shortens what is left to the old end, if that is still ahead.
    #[test]
    fn a_clock_that_is_set_later_finds_the_old_end(granted_ms in any_grant(), cut in any_cut(), after_ms in 0_u64..200_000) {
        let mut story = Story::new(granted_ms, true);
        let goes_on = story.befall(Cut { set_after_ms: Some(after_ms), ..cut });
        if goes_on {
            story.run(u64::MAX);
            prop_assert!(story.true_ms.abs_diff(granted_ms) <= SECOND_MS, "{} of {granted_ms}", story.true_ms);
        }
    }
}

#[test]
fn after_a_boot_only_a_believable_clock_shortens_what_is_left() {
    let noted = Deadline::in_future(Millis::seconds(3600), now(500, 10_000)).noted(now(1100, 10_600));
    for (wall_s, left_s) in [
        // It ran on: 1,000 s without power.
        (11_600, 2_000),
        // It was behind the note when the machine booted.
        (10_606, 2_999),
        (5_000, 2_999),
        // Further ahead than what was left.
        (20_000, 2_999),
        (10_600 + 86_400, 2_999),
    ] {
        let deadline = noted.end_after_boot(now(7, wall_s));
        assert_eq!(
            deadline.tick.since(Tick(7_000)),
            Millis::seconds(left_s),
            "wall {wall_s}"
        );
    }
}

#[test]
fn a_clock_that_stood_still_from_the_very_cut_measures_nothing() {
    let mut story = Story::new(60_000, true);
    story.befall(Cut {
        after_ms: 1_000,
        away_ms: 20_000,
        noted_ago_ms: 300,
        wall: Wall::StoodStill { ms: 0 },
        set_after_ms: None,
    });
    story.run(u64::MAX);
    assert_eq!(story.ran_ms, 59_300, "all but a second after the note");
}

#[test]
fn a_clock_that_was_never_set_measures_nothing() {
    let epoch_s = -NOON_MS / 1_000;
    let noted = Deadline::in_future(Millis::seconds(3600), now(500, epoch_s + 500));
    for later_s in [epoch_s + 1_500, 10_000] {
        let later = now(7, later_s);
        let deadline = noted.end_after_boot(later);
        assert_eq!(deadline.tick.since(Tick(7_000)), Millis::seconds(3_599));
        let wait = noted.wait_after_boot(later);
        assert_eq!(wait.tick.since(Tick(7_000)), Millis::seconds(3_600));
        let longest = noted.longest_since(Tick(500_000), later);
        assert_eq!(longest, Millis::seconds(3_600 + 90));
    }
}

#[test]
fn a_clock_that_is_right_shortens_once_after_a_boot_and_lengthens_never() {
    let mut deadline = Deadline::in_future(Millis::seconds(3600), now(500, 10_000));
    assert!(deadline.set_right(now(500, 10_000)));
    let mut deadline = deadline.noted(now(1100, 10_600)).end_after_boot(now(7, 0));
    assert_eq!(deadline.tick, Tick(7_000 + 2_999_000));
    assert!(deadline.set_right(now(20, 11_600)));
    assert_eq!(deadline.tick, Tick(20_000 + 2_000_000));
    for wall_s in [0, 11_700, 90_000] {
        assert!(!deadline.set_right(now(30, wall_s)));
    }
    let passed = deadline.end_after_boot(now(7, 0));
    let (mut late, mut early) = (passed, passed);
    assert!(late.set_right(now(9, 90_000)) && late.has_passed(Tick(9_000)));
    early.set_right(now(9, 10_000));
    assert_eq!(early.tick, passed.tick);
}

#[test]
fn within_a_boot_an_end_is_never_further_away_than_it_was() {
    let noted = Deadline::in_future(Millis::seconds(60), now(500, 0)).noted(now(510, 10));
    assert_eq!(noted.after_restart(now(520, 20)).tick, Tick(560_000));
    assert_eq!(noted.after_restart(now(5, 20)).tick, Tick(55_000));
}

#[test]
fn a_wait_is_shortened_by_any_clock() {
    let noted = Deadline::in_future(Millis::seconds(3600), now(500, 10_000));
    for (wall_s, left_s) in [(10_000, 3600), (10_600, 3000), (20_000, 0), (5_000, 3600)] {
        let wait = noted.wait_after_boot(now(7, wall_s));
        assert_eq!(
            wait.tick.since(Tick(7_000)),
            Millis::seconds(left_s),
            "wall {wall_s}"
        );
    }
}

#[test]
fn after_a_new_boot_the_last_register_is_as_old_as_the_clock_says_or_at_most_as_the_charge_could_last() {
    let noted = Deadline::in_future(Millis::seconds(3600), now(500, 10_000)).noted(now(1100, 10_600));
    for (wall_s, oldest_s) in [
        (10_700, 10 + 100 + 90),
        (20_000, 10 + 9_400 + 90),
        (5_000, 10 + 3_000 + 90),
    ] {
        let longest = noted.longest_since(Tick(1_090_000), now(7, wall_s));
        assert_eq!(longest, Millis::seconds(oldest_s), "wall {wall_s}");
    }
}
