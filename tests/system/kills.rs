//! `kill -9` at random moments during charges: of the real controller, and of the real server with its database; judged from
//! outside.

use system_tests::{kill_campaign, server_kills};

/// More with `KILLS=…`.
const KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_killed_at_random_moments_loses_nothing_and_leaves_no_breaker_on() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    let evidence = kill_campaign::run(seed, kills).await;
    println!("seed {seed}: {}", evidence.summary());
    evidence.check();
}

/// More of these with `KILLS=…`, too.
const SERVER_KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_and_a_postgresql_killed_at_random_moments_lose_nothing_and_make_nothing_twice() {
    let kills = std::env::var("KILLS").map_or(SERVER_KILLS, |kills| kills.parse().unwrap());
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    let Some(outcome) = server_kills::run(seed, kills).await else {
        return;
    };
    println!("seed {seed}: {outcome:#?}");
    outcome.check();
    assert!(outcome.charges > 0 && outcome.reports > 0, "{outcome:#?}");
    assert!(
        outcome.server_kills.min(outcome.database_kills) > 0,
        "{outcome:#?}"
    );
}
