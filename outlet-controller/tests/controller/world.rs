//! A house, a server, and a controller between them.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use foundation::Clock;
use foundation::logging::LogFormat;
use futures_util::FutureExt;
use outlet_controller::config::{Journal, Server};
use outlet_controller::modbus::library::shipped_panel;
use outlet_controller::modbus::panel_io::PanelIo;
use outlet_controller::wire::Wire;
use outlet_controller::{Config, Controller, Dial, Ground, Store};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::house::House;
use super::server::{Csms, Heard};

/// What an installer would add to a panel file that is shipped as a model.
const COMMISSIONED: &str = r#"
[commissioned]
at = "2026-01-01T00:00:00Z"
by = "the test"
outlets = [1, 2, 3, 4, 5, 6, 7, 8]

[rules]
random_delay_s = 0
"#;

/// Houses take turns, however many threads there are: their panels are asked five times a second.
static TURN: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

pub(crate) struct World {
    pub(crate) house: House,
    pub(crate) csms: Csms,
    pub(crate) clock: Clock,
    pub(crate) folder: PathBuf,
    controller: Option<Controller>,
    _turn: OwnedMutexGuard<()>,
}

impl World {
    /// Everything runs, and every outlet was seen and told once to be off, as after each start.
    pub(crate) async fn start() -> Self {
        let mut world = Self::prepare().await;
        world.start_controller().await;
        world.until_available().await;
        let breakers = |heard: &[Heard]| {
            (heard.iter().filter(|heard| heard.action == "NotifyEvent").count() >= 8).then_some(())
        };
        world.csms.until("eight breakers", breakers).await;
        world.until_house(|house| house.writes() >= 8).await;
        world
    }

    /// Everything but the controller.
    pub(crate) async fn prepare() -> Self {
        let turn = TURN.clone().lock_owned().await;
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-controller-test"));
        std::fs::create_dir_all(&folder).unwrap();
        let house = House::start().await;
        let panel = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let port = format!("port = {}", house.address.port());
        let panel = panel
            .replace("\"192.0.2.10\"", "\"127.0.0.1\"")
            .replace("port = 502", &port)
            .replace("fast_ms = 1000", "fast_ms = 200");
        std::fs::write(folder.join("panel.toml"), panel + COMMISSIONED).unwrap();
        Self {
            house,
            csms: Csms::start().await,
            clock: Clock::system(),
            folder,
            controller: None,
            _turn: turn,
        }
    }

    pub(crate) fn config(&self) -> Config {
        let url = format!("ws://{}/ocpp/", self.csms.address);
        Config {
            panel: self.folder.join("panel.toml"),
            devices_dir: None,
            data_dir: self.folder.join("data"),
            server: Server::local(url, "panel-1", "dnr_st_0123456789"),
            journal: Journal::default(),
            log_format: LogFormat::Text,
            status: None,
            metrics: None,
            telemetry: None,
            firmware: None,
        }
    }

    pub(crate) fn addresses(&self) -> outlet_controller::Addresses {
        self.controller.as_ref().unwrap().addresses()
    }

    pub(crate) async fn start_controller(&mut self) {
        let config = self.config();
        self.start_with(config).await;
    }

    pub(crate) async fn start_with(&mut self, config: Config) {
        let started = outlet_controller::start(config, self.clock.clone()).await;
        self.controller = Some(started.unwrap());
    }

    /// On a disk of the test's own.
    pub(crate) async fn start_on(&mut self, store: Store) -> anyhow::Result<()> {
        let config = self.config();
        let address = self.csms.address;
        let dial: Dial = Arc::new(move || {
            let opened = async move {
                let stream = TcpStream::connect(address).await?;
                Ok(Box::new(stream) as Box<dyn Wire>)
            };
            opened.boxed()
        });
        let ground = Ground {
            io: PanelIo::open(config.load_panel()?),
            store: Ok(store),
            dial,
            clock: self.clock.clone(),
        };
        self.controller = Some(outlet_controller::start_on(config, ground).await?);
        Ok(())
    }

    /// Waits until the controller has looked at its panel after now.
    pub(crate) async fn settle(&self) {
        let before = self.house.reads();
        self.until_house(|house| house.reads() >= before + 8).await;
    }

    async fn until_house(&self, is_so: impl Fn(&House) -> bool) {
        let becomes_so = async {
            while !is_so(&self.house) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), becomes_so)
            .await
            .unwrap();
    }

    /// Changes the panel file; each replacement must find its place.
    pub(crate) fn change_panel(&self, changes: &[(&str, &str)]) {
        let file = self.folder.join("panel.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let changed = changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        std::fs::write(file, changed).unwrap();
    }

    /// While this lives the controller's disk takes nothing.
    pub(crate) fn lock_disk(&self) -> diesel::SqliteConnection {
        use diesel::Connection;
        use diesel::connection::SimpleConnection;
        let file = self.folder.join("data/controller.db");
        let mut c = diesel::SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        c.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE")
            .unwrap();
        c
    }

    /// As `kill -9`: nothing is finished.
    pub(crate) fn crash(&mut self) {
        drop(self.controller.take());
    }

    /// Waits until the controller has ended by itself.
    pub(crate) async fn until_ended(&self) {
        let ended = self.controller.as_ref().unwrap().ended();
        tokio::time::timeout(Duration::from_secs(30), ended)
            .await
            .unwrap();
    }

    pub(crate) async fn stop_controller(&mut self) {
        self.controller.take().unwrap().stop().await;
    }

    pub(crate) async fn until_available(&self) {
        for number in 1..=8 {
            self.until_state(number, "Available").await;
        }
    }

    /// Waits for an outlet's last known state.
    pub(crate) async fn until_state(&self, number: i64, state: &str) {
        let what = format!("outlet {number} {state}");
        let is_outlet =
            |heard: &&Heard| heard.action == "StatusNotification" && heard.payload["evseId"] == number;
        let look = |heard: &[Heard]| {
            let last = heard.iter().rev().find(is_outlet)?;
            (last.payload["connectorStatus"] == state).then_some(())
        };
        self.csms.until(&what, look).await;
    }

    /// Asks for a start; gives back the answer's payload.
    pub(crate) async fn ask_start(&self, number: i64, remote_start_id: i64, limits: Value) -> Value {
        let payload = json!({
            "evseId": number,
            "remoteStartId": remote_start_id,
            "idToken": {"idToken": "driver-1", "type": "Central"},
            "customData": {"vendorId": "denro", "limits": limits},
        });
        self.csms.call("RequestStartTransaction", payload).await[2].clone()
    }

    /// Starts a charge and waits until it is energized; gives back its transaction.
    pub(crate) async fn charge(&self, number: i64, remote_start_id: i64, limits: Value) -> String {
        let answer = self.ask_start(number, remote_start_id, limits).await;
        assert_eq!(answer["status"], "Accepted", "{answer}");
        let transaction = answer["transactionId"].as_str().unwrap().to_owned();
        self.until_event(&transaction, "Started").await;
        transaction
    }

    pub(crate) async fn stop(&self, transaction: &str) -> Value {
        self.csms
            .call("RequestStopTransaction", json!({"transactionId": transaction}))
            .await[2]
            .clone()
    }

    /// Waits for a transaction's first event of a type.
    pub(crate) async fn until_event(&self, transaction: &str, kind: &str) -> Value {
        let look = |heard: &[Heard]| {
            events(heard, transaction)
                .into_iter()
                .find(|event| event["eventType"] == kind)
        };
        self.csms.until(&format!("{kind} of {transaction}"), look).await
    }

    /// The events of a transaction so far, in the order in which they came.
    pub(crate) fn events(&self, transaction: &str) -> Vec<Value> {
        events(&self.csms.heard(), transaction)
    }

    /// Lets time pass in steps that the control loop can follow.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until an outlet's breaker is where it should be.
    pub(crate) async fn until_breaker(&self, number: usize, closed: bool) {
        let moved = async {
            while self.house.is_closed(number) != closed {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), moved)
            .await
            .unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.crash();
        // What cannot be removed stays in the temporary folder.
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

fn events(heard: &[Heard], transaction: &str) -> Vec<Value> {
    let of_transaction = |payload: &Value| payload["transactionInfo"]["transactionId"] == transaction;
    let calls = heard.iter().filter(|heard| heard.action == "TransactionEvent");
    let mut events: Vec<Value> = calls
        .map(|heard| heard.payload.clone())
        .filter(of_transaction)
        .collect();
    // After a crash the last message may come again, unchanged.
    events.dedup();
    events
}

/// The numbers of events, which must be 0, 1, 2 …
pub(crate) fn assert_numbered(events: &[Value]) {
    let numbers: Vec<i64> = events
        .iter()
        .map(|event| event["seqNo"].as_i64().unwrap())
        .collect();
    let expected: Vec<i64> = (0..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
}
