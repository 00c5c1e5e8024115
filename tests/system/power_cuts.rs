//! Power cuts on the real SQLite file: what was acknowledged is there, what was not is there whole or not at all.

use system_tests::power_cut::{Campaign, Found};
use system_tests::program::Launch;

/// More with `CUTS=…`; each hundred has a run of its own.
const CUTS: usize = 200;
const CUTS_A_RUN: usize = 100;

async fn campaign(unsynced: bool) -> Found {
    let cuts = std::env::var("CUTS").map_or(CUTS, |cuts| cuts.parse().unwrap());
    let writer = Launch::beside_this_test().executable;
    let mut all = Found::default();
    for seed in 1..=cuts.div_ceil(CUTS_A_RUN) {
        let campaign = Campaign {
            seed: seed as u64,
            acts: 120,
            cuts: CUTS_A_RUN.min(cuts),
            unsynced,
        };
        let found = campaign.run(&writer).await;
        all.cuts += found.cuts;
        all.losses.extend(found.losses);
    }
    all
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let found = campaign(false).await;
    assert!(found.losses.is_empty(), "{:#?}", found.losses);
}

#[tokio::test]
async fn the_same_cuts_find_losses_where_commits_are_not_synced() {
    let found = campaign(true).await;
    assert!(
        found.losses.iter().any(|loss| loss.contains("were acknowledged")),
        "{found:#?}"
    );
}
