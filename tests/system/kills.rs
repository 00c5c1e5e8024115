//! `kill -9` at random moments during charges: the real controller, a simulated panel, judged from outside.

use system_tests::kill_campaign;

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
