//! A board of the Python peer, our controller at it, and a world of servers around.

use std::path::Path;
use std::time::{Duration, Instant};

use foundation::Clock;
use outlet_controller::Controller;
use serde_json::{Value, json};
use system_tests::checker::Evidence;
use system_tests::peer::{Peer, Runtime};
use system_tests::world::{Charge, DEADLINE, Options, World};

use super::files;

/// Cars charge so many times faster: 80 Wh a second.
pub(super) const SPEED: i64 = 100;
/// What the peer's cars draw: 14.2 A at 203.4 V.
const WATTS: i64 = 2_889;
/// What flows at this speed while a register is read, a quarter of a second.
const UNREAD_WH: i64 = WATTS * SPEED / 4 / 3_600;
/// How long a breaker of the board takes to move.
const TRAVEL_MS: i64 = 40;
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Relays,
    Smartlink,
    Motor,
    Kmn,
    LowWords,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    RtuOverTcp,
    Rtu,
}

/// What of a layout a story must know.
pub(super) struct Units {
    /// Where the breaker of outlet 1 is commanded and seen.
    pub(super) board: u8,
    /// The meter of outlet 1.
    pub(super) meter: u8,
}

impl Layout {
    pub(super) const ALL: [Self; 5] = [
        Self::Relays,
        Self::Smartlink,
        Self::Motor,
        Self::Kmn,
        Self::LowWords,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Relays => "relays",
            Self::Smartlink => "smartlink",
            Self::Motor => "motor",
            Self::Kmn => "kmn",
            Self::LowWords => "low-words",
        }
    }

    pub(super) fn baud(self) -> u32 {
        match self {
            Self::Relays | Self::Kmn => 9_600,
            Self::Smartlink | Self::Motor | Self::LowWords => 19_200,
        }
    }

    pub(super) fn units(self) -> Units {
        let (board, meter) = match self {
            Self::Relays => (1, 11),
            Self::Smartlink => (1, 151),
            Self::Motor => (1, 10),
            Self::Kmn => (1, 21),
            Self::LowWords => (5, 9),
        };
        Units { board, meter }
    }
}

impl Transport {
    pub(super) const ALL: [Self; 3] = [Self::Tcp, Self::RtuOverTcp, Self::Rtu];

    fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::RtuOverTcp => "rtu-over-tcp",
            Self::Rtu => "rtu",
        }
    }
}

/// Everything, running.
pub(super) struct Board {
    pub(super) world: World,
    peer: Peer,
    /// All that the peer has said.
    said: Vec<Value>,
    commands: u64,
    controller: Controller,
}

impl Board {
    /// Whether the peer can be run here.
    pub(super) fn can_be() -> bool {
        Runtime::Python.is_there()
    }

    /// Starts all of it, and waits until both outlets can be used.
    pub(super) async fn start(layout: Layout, transport: Transport) -> Self {
        let speed = SPEED.to_string();
        let travel = TRAVEL_MS.to_string();
        let arguments = [layout.name(), transport.name(), "2", &speed, &travel];
        let mut peer = Runtime::Python.start("panel/panel.py", &arguments);
        let options = Options {
            controller: false,
            speed: u32::try_from(SPEED).unwrap(),
            ..Options::default()
        };
        let world = World::start(options).await;
        let place = peer.until("place").await["place"].clone();
        files::write(&world.folder, layout, transport, &place);
        let controller = outlet_controller::start(config(&world), Clock::system())
            .await
            .unwrap();
        world.until_online(true).await;
        world.until_usable().await;
        Self {
            world,
            peer,
            said: Vec::new(),
            commands: 0,
            controller,
        }
    }

    /// Gives the peer a command; answers with its answer.
    pub(super) async fn tell(&mut self, mut command: Value) -> Value {
        self.commands += 1;
        command["id"] = self.commands.into();
        self.peer.tell(&command.to_string()).await;
        let done = self.peer.until("done").await;
        assert_eq!(done["done"], self.commands);
        self.said.extend(self.peer.heard().iter().cloned());
        self.peer.forget();
        done
    }

    /// Something goes wrong on the wire from now on.
    pub(super) async fn fault(&mut self, fault: Value) {
        self.tell(json!({"do": "fault", "fault": fault})).await;
    }

    /// Wire and meters are well again.
    pub(super) async fn well(&mut self) {
        self.tell(json!({"do": "well"})).await;
    }

    pub(super) async fn truth(&mut self) -> Value {
        self.tell(json!({"do": "truth"})).await
    }

    /// Waits until the truth `fits`.
    pub(super) async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let truth = self.truth().await;
            if fits(&truth) {
                return truth;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "not seen at the board: {what}: {truth}; {:#?}",
                self.said_but_done()
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// So many Wh more have flowed at an outlet.
    pub(super) async fn until_delivered(&mut self, n: usize, wh: i64) {
        let before = flowed_mwh(&self.truth().await, n);
        self.until("energy", |truth| flowed_mwh(truth, n) >= before + 1000 * wh)
            .await;
    }

    /// The API shows a status, newer than now, with as much energy as had flowed by now.
    pub(super) async fn until_metered(&mut self, n: usize) {
        let flowed = self.flowed_wh(n).await;
        self.until_register(n, flowed).await;
    }

    /// Asks for a status until the meter's register has moved by so much since the start of the board.
    pub(super) async fn until_register(&mut self, n: usize, moved_wh: i64) {
        let first_wh = 1_234_000 + 111 * i64::try_from(n).unwrap();
        let started = Instant::now();
        loop {
            let command = self.world.ask_for_status(n).await;
            self.world.until_outcome(&command).await;
            let outlet = self.world.outlet(n).await;
            if outlet["register_wh"].as_i64() >= Some(first_wh + moved_wh - 1) {
                return;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "no register of {moved_wh} Wh more: {outlet:#}"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What has flowed at an outlet.
    pub(super) async fn flowed_wh(&mut self, n: usize) -> i64 {
        flowed_mwh(&self.truth().await, n) / 1000
    }

    /// Makes wire and meters well; when that was, in ms of the peer's clock.
    pub(super) async fn now_when_well(&mut self) -> i64 {
        self.tell(json!({"do": "well"})).await["at"].as_i64().unwrap()
    }

    /// So many times more has something gone wrong.
    pub(super) async fn until_struck(&mut self, kind: &str, times: u64) {
        let count = |truth: &Value| truth["fired"][kind].as_u64().unwrap_or(0);
        let before = count(&self.truth().await);
        self.until(kind, |truth| count(truth) >= before + times).await;
    }

    /// A charge with current.
    pub(super) async fn charging(&mut self, n: usize) -> Charge {
        let charge = self.world.start_charge(n, json!({"duration_s": 600})).await;
        self.world.until_session_event(&charge, "session.energized").await;
        self.world
            .until_session_event(&charge, "session.charging_started")
            .await;
        charge
    }

    /// What the breaker of an outlet was told, in order.
    pub(super) fn orders(&self, n: usize) -> Vec<String> {
        let of_outlet = self.said.iter().filter(|line| line["outlet"] == n);
        of_outlet
            .filter_map(|line| Some(line["order"].as_str()?.to_owned()))
            .collect()
    }

    /// How often its breaker was told to close.
    pub(super) fn closes(&self, n: usize) -> usize {
        self.orders(n).iter().filter(|order| *order == "close").count()
    }

    /// When the contact of an outlet last opened, in ms of the peer's clock.
    pub(super) fn opened_at(&self, n: usize) -> Option<i64> {
        let opened = self
            .said
            .iter()
            .rfind(|line| line["outlet"] == n && line["contact"] == "open");
        opened?["at"].as_i64()
    }

    /// What had flowed at an outlet when its handle last moved to open.
    pub(super) fn flowed_when_opened_wh(&self, n: usize) -> i64 {
        let opened = self
            .said
            .iter()
            .rfind(|line| line["outlet"] == n && line["position"] == "open");
        opened.unwrap()["flowed_mwh"].as_i64().unwrap() / 1000
    }

    /// What is billed is what flowed, but for the last digit at both ends, and for what flows while the closing register is
    /// read: at this speed that is much, at a real panel's a fifth of a watt-hour.
    pub(super) async fn assert_billed(&mut self, n: usize, session: &Value) {
        let flowed = flowed_mwh(&self.truth().await, n) / 1000;
        let billed = session["energy_wh"].as_i64().unwrap();
        assert!(
            (flowed - UNREAD_WH - 1..=flowed + 1).contains(&billed),
            "{billed} Wh billed, {flowed} Wh flowed: {session}"
        );
        assert!(billed > 0, "{session}");
    }

    /// Nothing is billed that did not flow.
    pub(super) async fn assert_not_overbilled(&mut self, n: usize, session: &Value) -> i64 {
        let flowed = flowed_mwh(&self.truth().await, n) / 1000;
        let billed = session["energy_wh"].as_i64().unwrap();
        assert!(
            (0..=flowed + 1).contains(&billed),
            "{billed} Wh billed, {flowed} Wh flowed: {session}"
        );
        billed
    }

    /// Judges the run: nothing was written that means nothing, and the checker finds nothing.
    pub(super) async fn finish(mut self) {
        let truth = self.truth().await;
        let wrong: Vec<&Value> = self.said.iter().filter(|line| !line["wrong"].is_null()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let delivered = |n: usize| (self.world.outlet_id(n).to_owned(), flowed_mwh(&truth, n));
        let evidence = Evidence {
            delivered_mwh: [1, 2].map(delivered).into(),
            unseen_wh: 1 + UNREAD_WH,
            ..self.world.evidence().await
        };
        evidence.check();
        self.controller.stop().await;
        self.peer.finish().await;
        self.world.stop().await;
    }

    fn said_but_done(&self) -> Vec<&Value> {
        self.said.iter().filter(|line| line["done"].is_null()).collect()
    }
}

fn config(world: &World) -> outlet_controller::Config {
    let text = format!(
        r#"panel = "panel.toml"
devices_dir = "devices"
data_dir = "peer-controller"

[server]
url = "ws://{}/ocpp"
station_id = "{}"
password = "{}"
"#,
        world.link.address(),
        world.station_id,
        world.station_password
    );
    let file = world.folder.join("peer-controller.toml");
    std::fs::write(&file, in_folder(text, &world.folder)).unwrap();
    outlet_controller::Config::load(&file).unwrap()
}

/// Paths in the configuration are those of the folder.
fn in_folder(text: String, folder: &Path) -> String {
    ["panel.toml", "devices", "peer-controller"]
        .iter()
        .fold(text, |text, name| {
            text.replace(&format!("\"{name}\""), &format!("{:?}", folder.join(name)))
        })
}

fn flowed_mwh(truth: &Value, n: usize) -> i64 {
    truth["delivered_mwh"][n - 1].as_i64().unwrap()
}
