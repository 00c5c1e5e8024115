//! What a test can make happen in a world.

use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use crate::api::Answer;
use crate::program::Process;

/// A session that was started, and the command that starts it.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Which outlet of the panel, from 1.
    pub n: usize,
    pub outlet_id: String,
    pub session_id: String,
    pub command_id: String,
}

impl World {
    /// Starts a charge with `limits` and waits for nothing more than the API's word.
    pub async fn start_charge(&self, n: usize, limits: Value) -> Charge {
        let accepted = self.try_start(n, limits).await;
        assert_eq!(accepted.status, 202, "{:#}", accepted.body);
        self.remember(&accepted.body);
        let id = |kind: &str| accepted.body[kind]["id"].as_str().unwrap().to_owned();
        Charge {
            n,
            outlet_id: self.outlet_id(n).to_owned(),
            session_id: id("session"),
            command_id: id("command"),
        }
    }

    /// What the API answers to a start.
    pub async fn try_start(&self, n: usize, limits: Value) -> Answer {
        self.api.post("/v1/sessions", &self.start_body(n, limits)).await
    }

    /// The body of a request to start.
    pub fn start_body(&self, n: usize, limits: Value) -> Value {
        json!({"outlet_id": self.outlet_id(n), "driver_id": format!("driver-{n}"), "limits": limits})
    }

    /// A charge that has a car and current: started, energized, charging.
    pub async fn charging(&self, n: usize, limits: Value) -> Charge {
        self.panel.plug_in(Self::number(n), None);
        let charge = self.start_charge(n, limits).await;
        self.until_session_event(&charge, "session.energized").await;
        self.until_charging(&charge).await;
        charge
    }

    /// Asks for the end of a charge.
    pub async fn stop_charge(&self, charge: &Charge) {
        let answer = self
            .api
            .post(&format!("/v1/sessions/{}/stop", charge.session_id), &json!({}))
            .await;
        assert_eq!(answer.status, 202, "{:#}", answer.body);
        self.remember(&answer.body);
    }

    /// Asks for a status now; answers with the command's id.
    pub async fn ask_for_status(&self, n: usize) -> String {
        let path = format!("/v1/outlets/{}/status-requests", self.outlet_id(n));
        let answer = self.api.post(&path, &json!({})).await;
        assert_eq!(answer.status, 202, "{:#}", answer.body);
        self.remember(&answer.body);
        answer.body["command"]["id"].as_str().unwrap().to_owned()
    }

    /// Keeps the ids in an answer, for the checker.
    pub fn remember(&self, body: &Value) {
        let mut seen = self.seen.lock().unwrap();
        if let Some(id) = body["command"]["id"].as_str() {
            seen.commands.insert(id.to_owned());
        }
        if let Some(id) = body["session"]["id"].as_str() {
            seen.sessions.insert(id.to_owned());
        }
    }

    /// Meters lie here, or energy flows that nobody asked for: what is billed is a lower bound only.
    pub fn doubt_the_meter(&self, n: usize) {
        self.seen
            .lock()
            .unwrap()
            .doubtful
            .insert(self.outlet_id(n).to_owned());
    }

    /// Lets time pass at once, at the beginning of a look at the panel, so that no look sees half of it before and half
    /// after; then waits until the controller has looked at all of the panel.
    pub async fn pass(&self, time: Duration) {
        assert!(!self.processes, "time cannot be let pass for processes");
        let clock = self.clock.clone();
        let (passed, has_passed) = tokio::sync::oneshot::channel();
        self.wire.before_next(begins_a_look, move || {
            clock.advance(time);
            let _nobody_waits = passed.send(());
        });
        let looked = async {
            has_passed.await.expect("nobody else lets time pass");
            // A scan takes two answers for the breakers, three for each meter, two for the main one; a look may come first.
            let answers = 12 + 5 * self.outlets.len() as u64;
            self.wire.until_answers(self.wire.answers(), answers).await;
        };
        tokio::time::timeout(super::DEADLINE, looked)
            .await
            .expect("the controller looks at its panel");
    }

    /// Lets so many minutes pass, each with its scan: always to five seconds past the full minute.
    pub async fn pass_minutes(&self, count: u32) {
        for _ in 0..count {
            let into_minute_us = self.clock.now_us().rem_euclid(60_000_000) as u64;
            self.pass(Duration::from_micros(65_000_000 - into_minute_us))
                .await;
        }
    }

    /// SIGKILL for the event-server.
    pub fn kill_server(&mut self) {
        self.slow_outcomes_are_fine();
        self.server.kill();
    }

    /// The same program again on the same database and address.
    pub async fn restart_server(&mut self) {
        self.server.start(&self.clock).await;
        self.until_online_if_it_can_be().await;
    }

    /// The event-server is gone, not killed.
    pub async fn stop_server(&mut self) {
        self.slow_outcomes_are_fine();
        self.server.stop().await;
    }

    /// SIGKILL for the controller.
    pub fn kill_controller(&mut self) {
        self.slow_outcomes_are_fine();
        self.controller.kill();
    }

    /// The controller's own process.
    pub fn controller_process(&self) -> &Process {
        self.controller.process()
    }

    /// The controller (again), with what it remembers.
    pub async fn restart_controller(&mut self) {
        self.controller.start(&self.clock).await;
    }

    /// The controller is gone, not killed.
    pub async fn stop_controller(&mut self) {
        self.slow_outcomes_are_fine();
        self.controller.stop().await;
    }

    /// Nothing passes between the controller and the event-server any more.
    pub fn cut_link(&self) {
        self.slow_outcomes_are_fine();
        self.link.cut();
    }

    /// The line works again.
    pub async fn restore_link(&self) {
        self.link.restore();
        self.until_online_if_it_can_be().await;
    }

    fn slow_outcomes_are_fine(&self) {
        self.seen.lock().unwrap().slow_outcomes = true;
    }

    async fn until_online_if_it_can_be(&self) {
        if self.controller.is_running() && self.server.is_running() {
            self.until_online(true).await;
        }
    }
}

/// A request to read the inputs of the relay board: every look begins with it.
fn begins_a_look(request: &[u8]) -> bool {
    const UNIT: usize = 6;
    const FUNCTION: usize = 7;
    request.get(UNIT) == Some(&1) && request.get(FUNCTION) == Some(&2)
}
