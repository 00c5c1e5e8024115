//! The event-server and its PostgreSQL are killed with -9 at random moments, while an app backend starts and stops charges,
//! a real controller makes them, and other stations report; judged from outside.

mod backend;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use denro::simulator::What;
use jiff::Timestamp;
use serde_json::Value;
use tokio::task::{JoinHandle, block_in_place};

use crate::checker::{self, Evidence};
use crate::postgres::Cluster;
use crate::random::Random;
use crate::reporter::{self, Reported};
use crate::world::{Options, World};
use backend::Asked;

const OUTLETS: u8 = 4;
const REPORTERS: u64 = 6;
/// Cars and meters live so many times faster.
const SPEED: u32 = 120;
/// Every command has its outcome after a minute.
const LONGEST_COMMAND: Duration = Duration::from_secs(65);
/// A breaker is open so long after the end at the latest (I3), with what the test's own clocks may be apart.
const OFF_WITHIN_S: f64 = 2.1;

/// What a campaign has come to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub server_kills: usize,
    pub database_kills: usize,
    pub charges: usize,
    pub reports: usize,
    /// How often an app backend or a station had to ask again.
    pub repeats: usize,
    faults: Vec<String>,
}

impl Outcome {
    /// # Panics
    /// With everything that is wrong.
    #[track_caller]
    pub fn check(&self) {
        let faults = self.faults.join("\n  ");
        assert!(self.faults.is_empty(), "the checker found:\n  {faults}");
    }
}

/// A world, and those who use it.
struct Campaign {
    world: World,
    cluster: Cluster,
    random: Random,
    over: Arc<AtomicBool>,
    outcome: Outcome,
}

/// Kills so many times; the seed decides whom, when, and what is asked meanwhile. `None` where PostgreSQL is not installed.
///
/// # Panics
/// If something does not come back.
pub async fn run(seed: u64, kills: usize) -> Option<Outcome> {
    let cluster = Cluster::start()?;
    let options = Options {
        outlets: OUTLETS,
        speed: SPEED,
        database: Some(cluster.create_database("events")),
        ..Options::processes()
    };
    let mut campaign = Campaign {
        world: World::start(options).await,
        cluster,
        random: Random::new(seed),
        over: Arc::default(),
        outcome: Outcome::default(),
    };
    let backends = campaign.backends(seed).await;
    let reporters = campaign.reporters().await;
    for _ in 0..kills {
        campaign.live_and_die().await;
    }
    campaign.over.store(true, SeqCst);
    let mut asked = Asked::default();
    for backend in backends {
        asked.extend(backend.await.unwrap());
    }
    let mut reported = Vec::new();
    for reporter in reporters {
        reported.push(reporter.await.unwrap());
    }
    Some(campaign.judge(asked, reported).await)
}

impl Campaign {
    /// One app backend for each outlet.
    async fn backends(&self, seed: u64) -> Vec<JoinHandle<Asked>> {
        let mut backends = Vec::new();
        for n in 1..=usize::from(OUTLETS) {
            self.world.panel.plug_in(World::number(n), None);
            let random = Random::new(seed.wrapping_mul(1_000) + n as u64);
            let api = self.world.client_of("ten_world").await;
            let outlet_id = self.world.outlet_id(n).to_owned();
            backends.push(tokio::spawn(backend::run(
                api,
                outlet_id,
                random,
                self.over.clone(),
            )));
        }
        backends
    }

    async fn reporters(&self) -> Vec<JoinHandle<Reported>> {
        let mut reporters = Vec::new();
        for _ in 0..REPORTERS {
            let begun = reporter::begin(&self.world.api, self.world.server_address()).await;
            reporters.push(tokio::spawn(begun.run(self.over.clone())));
        }
        reporters
    }

    /// Lets all live for a while, and kills one or the other or both.
    async fn live_and_die(&mut self) {
        self.rest(1_500).await;
        let (server, database) = match self.random.below(10) {
            0..5 => (true, false),
            5..9 => (false, true),
            _ => (true, true),
        };
        if server {
            self.world.kill_server();
            self.outcome.server_kills += 1;
        }
        if database {
            block_in_place(|| self.cluster.kill());
            self.outcome.database_kills += 1;
        }
        self.rest(400).await;
        if database {
            block_in_place(|| self.cluster.come_up());
        }
        if server {
            self.world.start_server_again().await;
        }
    }

    /// A random moment is the point here.
    async fn rest(&mut self, longest_ms: usize) {
        let ms = self.random.below(longest_ms) as u64;
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn judge(mut self, asked: Asked, reported: Vec<Reported>) -> Outcome {
        for answer in &asked.answers {
            self.world.remember(answer);
        }
        self.until_all_have_outcomes().await;
        let mut evidence = self.world.evidence().await;
        // Nobody knew for half a minute what had become of such a start: what its charge took is nobody's.
        let expired = evidence
            .sessions
            .iter()
            .filter(|session| session["ended_reason"] == "expired");
        let unknown: Vec<String> = expired
            .map(|session| session["outlet_id"].as_str().unwrap().to_owned())
            .collect();
        evidence.doubtful_outlets.extend(unknown);
        let mut faults = asked.faults;
        faults.extend(evidence.faults());
        if !faults.is_empty() {
            eprintln!("{}", self.story(&evidence));
        }
        faults.extend(self.late_ends(&evidence));
        faults.extend(self.made_once(&asked.keys, reported.len()));
        for report in reported {
            let session = self
                .world
                .api
                .get(&format!("/v1/sessions/{}", report.session_id))
                .await;
            if session["energy_wh"] != report.acknowledged_wh {
                faults.push(format!(
                    "I7: {} Wh were acknowledged: {session}",
                    report.acknowledged_wh
                ));
            }
            faults.extend(report.refusals);
            self.outcome.reports += report.reports;
            self.outcome.repeats += report.repeats;
        }
        self.outcome.charges = evidence.sessions.len();
        self.outcome.repeats += asked.repeats;
        self.outcome.faults = faults;
        self.world.stop().await;
        self.outcome
    }

    /// What happened at the panel and what was told of its outlets, for whoever looks for the reason of a fault.
    fn story(&self, evidence: &Evidence) -> String {
        let clock = &self.world.clock;
        let offset_us = clock.now_us() - clock.tick_ms() as i64 * 1_000;
        let wall = |tick_ms: u64| Timestamp::from_microsecond(offset_us + tick_ms as i64 * 1_000).unwrap();
        let history = self.world.panel.history();
        let at_panel = history
            .iter()
            .map(|h| format!("{} {} {:?}", wall(h.tick_ms), h.outlet.get(), h.what));
        let of_panel = evidence.events.iter().filter(|event| {
            event["outlet_id"]
                .as_str()
                .is_some_and(|id| self.world.outlets.iter().any(|known| known == id))
        });
        let told = of_panel.map(|event| format!("{} told {event}", event["timestamp"].as_str().unwrap()));
        let mut lines: Vec<String> = at_panel.chain(told).collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// What was asked last may wait until the controller has found the server again, or expires.
    async fn until_all_have_outcomes(&self) {
        let open = "SELECT count(*) FROM commands WHERE completed_at IS NULL";
        let begun = Instant::now();
        while self.cluster.query("events", open) != "0" && begun.elapsed() < LONGEST_COMMAND {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// I3: a breaker that closed for a session was open again soon after the session's end in time.
    fn late_ends(&self, evidence: &Evidence) -> Vec<String> {
        let clock = &self.world.clock;
        let offset_s = clock.now_us() as f64 / 1e6 - clock.tick_ms() as f64 / 1e3;
        let history = self.world.panel.history();
        let late = |session: &&Value| {
            let begun_s = checker::seconds(&session["energized_at"])?;
            let until_s = checker::seconds(&session["limits"]["until"])?;
            let n = self
                .world
                .outlets
                .iter()
                .position(|id| session["outlet_id"] == id.as_str())?
                + 1;
            let opened = history
                .iter()
                .filter(|h| h.outlet == World::number(n) && h.what == What::Opened);
            let mut opened_s = opened.map(|h| h.tick_ms as f64 / 1e3 + offset_s);
            let in_time = opened_s.any(|at_s| begun_s - 1.0 <= at_s && at_s <= until_s + OFF_WITHIN_S);
            (!in_time).then_some(())
        };
        let faults = evidence.sessions.iter().filter(|session| late(session).is_some());
        faults
            .map(|session| format!("I3: no OFF in time: {session}"))
            .collect()
    }

    /// I6: as many sessions as keys, by the rows themselves.
    fn made_once(&self, keys: &BTreeSet<String>, others: usize) -> Option<String> {
        let rows = self.cluster.query("events", "SELECT count(*) FROM sessions");
        let expected = keys.len() + others;
        (rows != expected.to_string()).then(|| format!("I6: {rows} sessions of {expected} accepted keys"))
    }
}
