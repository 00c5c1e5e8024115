//! The real controller is killed with -9 at random moments during charges; a recorder and the panel's own history see it.

mod judge;

use std::path::{Path, PathBuf};
use std::time::Duration;

use denro::simulator::panel_file::PanelFile;
use denro::simulator::{self, Happening, SimulatedPanel};
use domain::ids::OutletNumber;
use foundation::Clock;
use serde_json::json;

use crate::program::{Launch, Process};
use crate::random::Random;
use crate::recorder::{Heard, Recorder};

const OUTLETS: u8 = 4;
/// Cars and meters live so many times faster: 6 kW are 100 Wh in a second.
const SPEED: u32 = 60;

/// A start that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    outlet: u8,
    remote_start_id: i64,
    /// Where the answer was heard: the transaction it became.
    accepted: Option<String>,
    /// When the answer came, or was given up.
    answered_ms: u64,
    duration_ms: u64,
    energy_wh: Option<i64>,
    /// When its stop was accepted.
    stopped_ms: Option<u64>,
}

/// What is known at the end of a campaign.
#[derive(Debug, Default)]
pub struct Evidence {
    asked: Vec<Asked>,
    /// From the moment that it runs until it was killed, or until the end.
    alive_ms: Vec<(u64, u64)>,
    heard: Vec<Heard>,
    history: Vec<Happening>,
    delivered_mwh: Vec<(u8, i64)>,
    /// Wall clock less tick, in milliseconds.
    wall_offset_ms: i64,
    pub kills: usize,
}

/// A controller that is killed again and again.
struct Campaign {
    clock: Clock,
    panel: SimulatedPanel,
    recorder: Recorder,
    config: PathBuf,
    random: Random,
    evidence: Evidence,
}

/// Kills the controller `kills` times; the seed decides when, and what is asked of it.
///
/// # Panics
/// If the controller does not come back.
pub async fn run(seed: u64, kills: usize) -> Evidence {
    let folder = std::env::temp_dir().join(foundation::ids::id("kill-campaign"));
    std::fs::create_dir_all(&folder).unwrap();
    let clock = Clock::system();
    let options = simulator::Options {
        outlets: OUTLETS,
        travel_ms: 30,
        speed: SPEED,
        seed,
        ..simulator::Options::new(clock.clone())
    };
    let panel = SimulatedPanel::start(options).unwrap();
    let recorder = Recorder::start(clock.clone(), seed, 2).await;
    let config = configure(&folder, &panel, &recorder);
    let mut campaign = Campaign {
        clock,
        panel,
        recorder,
        config,
        random: Random::new(seed),
        evidence: Evidence::default(),
    };
    for n in 1..=OUTLETS {
        campaign.panel.plug_in(number(n), None);
    }
    for _ in 0..kills {
        campaign.live_and_die().await;
    }
    campaign.live_in_peace().await;
    campaign.panel.stop();
    std::fs::remove_dir_all(folder).unwrap();
    campaign.evidence
}

fn configure(folder: &Path, panel: &SimulatedPanel, recorder: &Recorder) -> PathBuf {
    let file = PanelFile {
        outlets: OUTLETS,
        travel_ms: 30,
        verify_ms: 500,
        min_off_s: 0,
        max_ops_per_hour: 600,
        fast_ms: 50,
        speed: SPEED,
        ..PanelFile::default()
    };
    let files = file.write(&folder.join("panel"), panel.address()).unwrap();
    let (data, url) = (folder.join("data"), format!("ws://{}/ocpp", recorder.address));
    let text = format!(
        "data_dir = {data:?}\npanel = {:?}\ndevices_dir = {:?}\n\n[server]\nurl = {url:?}\n\
         station_id = \"panel-1\"\npassword = \"dnr_st_0123456789\"\n",
        files.panel, files.devices
    );
    let config = folder.join("controller.toml");
    std::fs::write(&config, text).unwrap();
    config
}

fn number(n: u8) -> OutletNumber {
    OutletNumber::new(n).unwrap()
}

impl Campaign {
    async fn start(&mut self) -> (Process, u64) {
        let boots = boots(&self.recorder.heard());
        let process = Launch::beside_this_test().start("outlet-controller", &self.config);
        process.until_it_says("outlet-controller runs").await;
        let since = self.clock.tick_ms();
        // Sometimes it is killed before it has reached the server.
        if self.random.percent(80) {
            let again = |heard: &[Heard]| (crate::kill_campaign::boots(heard) > boots).then_some(());
            self.recorder.until("a registration", again).await;
        }
        (process, since)
    }

    /// One life: some starts and stops, then SIGKILL at a random moment.
    async fn live_and_die(&mut self) {
        let (mut process, since) = self.start().await;
        for _ in 0..=self.random.below(3) {
            for n in 1..=OUTLETS {
                self.ask(n).await;
            }
            self.rest(1_200).await;
        }
        process.kill();
        self.evidence.alive_ms.push((since, self.clock.tick_ms()));
        self.evidence.kills += 1;
        self.rest(600).await;
    }

    /// A random moment is the point here.
    async fn rest(&mut self, longest_ms: usize) {
        let ms = self.random.below(longest_ms) as u64;
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn ask(&mut self, outlet: u8) {
        match (self.running(outlet), self.random.below(10)) {
            (None, 0..7) => self.ask_start(outlet).await,
            (Some(transaction), 0..2) => self.ask_stop(&transaction).await,
            (None | Some(_), _) => {}
        }
    }

    /// The transaction that was begun last and has not ended, as far as the server was told.
    fn running(&self, outlet: u8) -> Option<String> {
        let heard = self.recorder.heard();
        let asked = self
            .evidence
            .asked
            .iter()
            .rev()
            .find(|asked| asked.outlet == outlet)?;
        let transaction = asked.accepted.clone()?;
        (!judge::has_ended(&heard, &transaction)).then_some(transaction)
    }

    async fn ask_start(&mut self, outlet: u8) {
        let remote_start_id = self.evidence.asked.len() as i64 + 1;
        let duration_ms = 500 + self.random.below(6_000) as u64;
        let mut limits = json!({"duration_ms": duration_ms});
        let limited = self.random.percent(30);
        let energy_wh = limited.then(|| 20 + self.random.below(300) as i64);
        if let Some(energy_wh) = energy_wh {
            limits["energy_wh"] = energy_wh.into();
        }
        let payload = json!({
            "evseId": outlet,
            "remoteStartId": remote_start_id,
            "idToken": {"idToken": "driver", "type": "Central"},
            "customData": {"vendorId": "denro", "limits": limits},
        });
        let answer = self.recorder.call("RequestStartTransaction", payload).await;
        let accepted = answer.filter(|answer| answer["status"] == "Accepted");
        self.evidence.asked.push(Asked {
            outlet,
            remote_start_id,
            accepted: accepted.map(|answer| answer["transactionId"].as_str().unwrap().to_owned()),
            answered_ms: self.clock.tick_ms(),
            duration_ms,
            energy_wh,
            stopped_ms: None,
        });
    }

    async fn ask_stop(&mut self, transaction: &str) {
        let payload = json!({"transactionId": transaction});
        let answer = self.recorder.call("RequestStopTransaction", payload).await;
        let of = |asked: &&mut Asked| asked.accepted.as_deref() == Some(transaction);
        if answer.is_some_and(|answer| answer["status"] == "Accepted")
            && let Some(asked) = self.evidence.asked.iter_mut().find(of)
        {
            asked.stopped_ms = asked.stopped_ms.or(Some(self.clock.tick_ms()));
        }
    }

    /// The last life: everything ends and is told.
    async fn live_in_peace(&mut self) {
        self.recorder.answer_all();
        let (_process, since) = self.start().await;
        let accepted: Vec<String> = self
            .evidence
            .asked
            .iter()
            .filter_map(|asked| asked.accepted.clone())
            .collect();
        let all_ended = |heard: &[Heard]| {
            let ended = |transaction: &String| judge::has_ended(heard, transaction);
            accepted.iter().all(ended).then_some(())
        };
        self.recorder.until("the end of every charge", all_ended).await;
        // Of a start whose answer was lost the server may have heard nothing yet.
        let no_more = |heard: &[Heard]| judge::running(heard).is_empty().then_some(());
        self.recorder
            .until("the end of every other charge", no_more)
            .await;
        let longest = Duration::from_millis(8_000);
        let open = async {
            while (1..=OUTLETS).any(|n| self.panel.position(number(n)) != domain::observation::Position::Open)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(longest, open)
            .await
            .expect("every breaker opens");
        self.recorder
            .until("the end of every other charge", no_more)
            .await;
        self.evidence.alive_ms.push((since, self.clock.tick_ms()));
        self.evidence.heard = self.recorder.heard();
        self.evidence.history = self.panel.history();
        self.evidence.delivered_mwh = (1..=OUTLETS)
            .map(|n| (n, self.panel.delivered_mwh(number(n))))
            .collect();
        self.evidence.wall_offset_ms = self.clock.now_us() / 1_000 - self.clock.tick_ms() as i64;
    }
}

fn boots(heard: &[Heard]) -> usize {
    heard
        .iter()
        .filter(|heard| heard.action == "BootNotification")
        .count()
}
