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

    /// Lets time pass at once, between two rounds through the meters, so that no register is read before and taken in
    /// after; then waits until the controller has looked at all of the panel.
    pub async fn pass(&self, time: Duration) {
        assert!(!self.processes, "time cannot be let pass for processes");
        // The round under way at the jump, a look, and a scan: the fourth begins after the third was taken in.
        const ROUNDS: u32 = 4;
        let (clock, mut begins, mut rounds) = (self.clock.clone(), begins_a_round(), 0);
        let (passed, has_passed) = tokio::sync::oneshot::channel();
        let is_over = move |request: &[u8]| {
            if !begins(request) {
                return false;
            }
            rounds += 1;
            if rounds == 1 {
                clock.advance(time);
            }
            rounds == ROUNDS
        };
        self.wire.before_next(is_over, move || {
            let _nobody_waits = passed.send(());
        });
        tokio::time::timeout(super::DEADLINE, has_passed)
            .await
            .expect("the controller looks at its panel")
            .expect("nobody else lets time pass");
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

    /// The same, whether or not the controller has found it yet.
    pub async fn start_server_again(&mut self) {
        self.server.start(&self.clock).await;
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

    /// The event-server's own process.
    pub fn server_process(&self) -> &Process {
        self.server.process()
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

/// Tells a request with which the registers are read anew: one of a meter that is not behind the last one in their order.
/// Where none is read, as nothing flows, any look at the inputs of the relay board will do.
fn begins_a_round() -> impl FnMut(&[u8]) -> bool + Send {
    const LOOKS_WITHOUT_REGISTERS: u32 = 3;
    let (mut last, mut looks) = (None, 0);
    move |request| match asked(request) {
        Asked::Inputs => {
            looks = (looks + 1) % LOOKS_WITHOUT_REGISTERS;
            looks == 0
        }
        Asked::Register(unit) => {
            looks = 0;
            last.replace(unit).is_some_and(|last| unit <= last)
        }
        Asked::Other => false,
    }
}

enum Asked {
    /// The inputs of the relay board, at unit 1.
    Inputs,
    /// The energy of the meter at this unit.
    Register(u8),
    Other,
}

fn asked(request: &[u8]) -> Asked {
    const ENERGY: u16 = 0x0048;
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        unit,
        function,
        addr_high,
        addr_low,
        count_high,
        count_low,
        ..,
    ] = request
    else {
        return Asked::Other;
    };
    let addr = u16::from_be_bytes([*addr_high, *addr_low]);
    let count = u16::from_be_bytes([*count_high, *count_low]);
    match (unit, function) {
        (1, 2) => Asked::Inputs,
        (_, 4) if (addr..addr + count).contains(&ENERGY) => Asked::Register(*unit),
        (_, _) => Asked::Other,
    }
}
