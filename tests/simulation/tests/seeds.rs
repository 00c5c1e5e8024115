//! A handful of stories with every test run; many of them are `cargo run --release -p simulation -- --seeds 10000`.

use simulation::disk::Sync;
use simulation::story::tell;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=40;

#[test]
fn every_story_keeps_all_invariants() {
    for seed in SEEDS {
        let outcome = tell(seed, Sync::Full, false);
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:#?}\nthe whole story: just sim {seed}",
            outcome.violations
        );
    }
}

#[test]
fn one_seed_is_one_story_to_the_last_line() {
    for seed in [3, 11, 29] {
        let (first, second) = (tell(seed, Sync::Full, true), tell(seed, Sync::Full, true));
        assert!(first.story.len() > 100, "seed {seed}");
        let differs = first
            .story
            .iter()
            .zip(&second.story)
            .find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.story.len(), second.story.len(), "seed {seed}");
    }
}

#[test]
fn a_reader_changes_nothing_in_the_story() {
    let (read, unread) = (tell(5, Sync::Full, true), tell(5, Sync::Full, false));
    assert_eq!(
        (read.simulated_ms, read.charges),
        (unread.simulated_ms, unread.charges)
    );
}

#[test]
fn a_disk_that_answers_before_it_has_synced_is_found_out() {
    let lost = SEEDS.filter(|seed| !tell(*seed, Sync::Normal, false).violations.is_empty());
    assert!(lost.count() >= 3);
}
