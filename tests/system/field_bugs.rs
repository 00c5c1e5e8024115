//! What other systems' users report from the field, as tests against the real programs; docs/reliability.md has the list.

mod database;
mod lines;
mod many;
mod meters;
mod reports;
mod station;

use jiff::Timestamp;
use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Charge, Options, World};

use station::FieldStation;

/// The register when a charge begins.
const FIRST_WH: i64 = 1_000_000;
const HOUR_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;

/// The event-server as a process, and PyPI's station at it.
struct Field {
    world: World,
    station: FieldStation,
}

/// A report of a transaction.
#[derive(Clone, Debug)]
struct Report {
    kind: &'static str,
    seq_no: i64,
    /// What the meter's entries say; without any, there is none.
    sampled: Vec<Value>,
    at: Timestamp,
    start_id: Option<i64>,
}

impl Field {
    /// `None` where there is no Python.
    async fn start() -> Option<Self> {
        let options = Options {
            processes: true,
            controller: false,
            ..Options::default()
        };
        Self::start_with(options).await
    }

    /// In this process, where time can be let pass.
    async fn start_here() -> Option<Self> {
        let options = Options {
            controller: false,
            ..Options::default()
        };
        Self::start_with(options).await
    }

    async fn start_with(options: Options) -> Option<Self> {
        if !Runtime::Python.is_there() {
            return None;
        }
        let world = World::start(options).await;
        let station = FieldStation::boot(&world).await;
        Some(Self { world, station })
    }

    /// A charge that the API has asked for and the station has taken; with the number that its start was asked by.
    async fn asked_for(&mut self) -> (Charge, i64) {
        let charge = self.world.start_charge(1, json!({"duration_s": 7200})).await;
        let asked = self.station.asked("RequestStartTransaction").await;
        (charge, asked["remoteStartId"].as_i64().unwrap())
    }

    async fn tell(&mut self, report: &Report) {
        self.station
            .call("TransactionEvent", report.payload())
            .await
            .unwrap();
    }

    /// The sessions of the outlet, the newest first.
    async fn sessions(&self) -> Vec<Value> {
        let path = format!("/v1/sessions?outlet_id={}", self.world.outlet_id(1));
        self.world.api.get(&path).await["data"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The only session there is.
    async fn session(&self) -> Value {
        let mut sessions = self.sessions().await;
        assert_eq!(sessions.len(), 1, "{sessions:#?}");
        sessions.remove(0)
    }

    async fn count_events(&self, kind: &str) -> usize {
        let events = self.world.events().await;
        events.iter().filter(|event| event["type"] == kind).count()
    }

    async fn finish(self) {
        self.station.leave().await;
        self.world.stop().await;
    }
}

impl Report {
    /// The `seq_no`-th minute of a charge that began an hour ago, with this register.
    fn new(kind: &'static str, seq_no: i64, register_wh: i64) -> Self {
        let began = Timestamp::now().as_microsecond() - HOUR_US;
        Self {
            kind,
            seq_no,
            sampled: vec![energy(register_wh, "Wh")],
            at: Timestamp::from_microsecond(began + seq_no * MINUTE_US).unwrap(),
            start_id: None,
        }
    }

    fn of_start(self, start_id: i64) -> Self {
        Self {
            start_id: Some(start_id),
            ..self
        }
    }

    fn at(self, at: &str) -> Self {
        Self {
            at: at.parse().unwrap(),
            ..self
        }
    }

    fn sampled(self, sampled: Vec<Value>) -> Self {
        Self { sampled, ..self }
    }

    fn payload(&self) -> Value {
        let at = self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut payload = json!({
            "eventType": self.kind,
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": self.seq_no,
            "transactionInfo": {"transactionId": "tx-1", "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1},
        });
        if let Some(start_id) = self.start_id {
            payload["transactionInfo"]["remoteStartId"] = json!(start_id);
        }
        if !self.sampled.is_empty() {
            payload["meterValue"] = json!([{"timestamp": at, "sampledValue": self.sampled}]);
        }
        payload
    }
}

fn energy(value: i64, unit: &str) -> Value {
    json!({"value": value, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": unit}})
}

/// Started, two minutes, Ended: 150 Wh.
fn charge_of(start_id: i64) -> [Report; 4] {
    [
        Report::new("Started", 0, FIRST_WH).of_start(start_id),
        Report::new("Updated", 1, FIRST_WH + 40),
        Report::new("Updated", 2, FIRST_WH + 90),
        Report::new("Ended", 3, FIRST_WH + 150),
    ]
}
