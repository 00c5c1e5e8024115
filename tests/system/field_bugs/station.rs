//! PyPI's station, told what to do.

use serde_json::{Value, json};
use system_tests::peer::{Peer, Runtime};
use system_tests::world::World;

/// A station that is connected.
pub(super) struct FieldStation {
    peer: Peer,
    calls: u64,
}

impl FieldStation {
    /// Connects and boots.
    pub(super) async fn boot(world: &World) -> Self {
        let mut station = Self::connect(world).await;
        station.say_boot("PowerUp").await;
        world.until_online(true).await;
        station
    }

    /// Connects and says nothing.
    pub(super) async fn connect(world: &World) -> Self {
        let url = format!("{}/ocpp", world.api.url("").replace("http", "ws"));
        let arguments = [&*url, &world.station_id, &world.station_password, "2.1"];
        let mut peer = Runtime::Python.start("field_station.py", &arguments);
        peer.until("connected").await;
        Self { peer, calls: 0 }
    }

    pub(super) async fn say_boot(&mut self, reason: &str) {
        let station = json!({"model": "Field", "vendorName": "PyPI"});
        let boot = json!({"reason": reason, "chargingStation": station});
        self.call("BootNotification", boot).await.unwrap();
    }

    /// Calls; answers with the result as the library has read it, or with the error's code.
    pub(super) async fn call(&mut self, action: &str, payload: Value) -> Result<String, String> {
        self.call_as(None, action, payload).await
    }

    /// The same with a message id of its own.
    pub(super) async fn call_as(
        &mut self,
        id: Option<&str>,
        action: &str,
        payload: Value,
    ) -> Result<String, String> {
        let n = self.begin_call(id, action, payload).await;
        self.answer_of(n).await
    }

    /// Calls and does not wait for the answer.
    pub(super) async fn begin_call(&mut self, id: Option<&str>, action: &str, payload: Value) -> u64 {
        self.calls += 1;
        let line = json!({"n": self.calls, "call": action, "payload": payload, "id": id});
        self.peer.tell(&line.to_string()).await;
        self.calls
    }

    pub(super) async fn answer_of(&mut self, n: u64) -> Result<String, String> {
        let (good, bad) = (format!("answer {n}"), format!("error {n}"));
        let line = self.peer.until_any(&[&good, &bad]).await;
        match line[&good]["is"].as_str() {
            Some(answer) => Ok(answer.to_owned()),
            None => Err(line[&bad].as_str().unwrap_or_default().to_owned()),
        }
    }

    /// The payload of a call of the server, the next one that was not asked for yet.
    pub(super) async fn asked(&mut self, action: &str) -> Value {
        let key = format!("asked {action}");
        let asked = self.peer.until(&key).await[&key].clone();
        self.peer.forget();
        asked
    }

    /// How calls of an action are answered; `null` never.
    pub(super) async fn answer_with(&mut self, action: &str, answer: Value) {
        self.peer
            .tell(&json!({"policy": {action: answer}}).to_string())
            .await;
        self.peer.until("policy").await;
    }

    /// Answers the oldest call that was left.
    pub(super) async fn answer_late(&mut self, action: &str) {
        self.peer.tell(&json!({"late": action}).to_string()).await;
        self.peer.until("late").await;
    }

    pub(super) async fn leave(self) {
        self.peer.finish().await;
    }
}
