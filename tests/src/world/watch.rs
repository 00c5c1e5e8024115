//! What a test can wait for and look at in a world.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Charge, DEADLINE, Seen, World};
use crate::checker::Evidence;

/// Between two looks at the API.
const PAUSE: Duration = Duration::from_millis(15);
/// So much time is let pass at once while a controller waits to try again.
const NUDGE: Duration = Duration::from_millis(500);
const PAGE: usize = 100;

impl World {
    /// All events so far, in order.
    pub async fn events(&self) -> Vec<Value> {
        loop {
            let after = self
                .seen
                .lock()
                .unwrap()
                .events
                .last()
                .map(|event| event["id"].as_str().unwrap().to_owned());
            let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
            let page = self.api.get(&format!("/v1/events?limit={PAGE}{after}")).await;
            let page = page["data"].as_array().unwrap().clone();
            let full = page.len() == PAGE;
            let mut seen = self.seen.lock().unwrap();
            seen.append(page);
            if !full {
                return seen.events.clone();
            }
        }
    }

    /// Returns what `look` finds in the events, as soon as it finds something.
    ///
    /// # Panics
    /// After [`DEADLINE`] without.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&[Value]) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            let events = self.events().await;
            if let Some(found) = look(&events) {
                return found;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "not seen in {DEADLINE:?}: {what}; events: {:#?}",
                told(&events)
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first event of that type about an outlet that `fits`.
    pub async fn until_event(&self, kind: &str, n: usize, fits: impl Fn(&Value) -> bool) -> Value {
        let outlet_id = self.outlet_id(n);
        let look =
            |event: &&Value| event["type"] == kind && event["outlet_id"] == outlet_id && fits(&event["data"]);
        self.until(&format!("{kind} at outlet {n}"), |events| {
            events.iter().find(look).cloned()
        })
        .await
    }

    /// The event of that type about a charge; answers with its session.
    pub async fn until_session_event(&self, charge: &Charge, kind: &str) -> Value {
        let of_charge = |data: &Value| data["session"]["id"] == charge.session_id.as_str();
        self.until_event(kind, charge.n, of_charge).await["data"]["session"].clone()
    }

    /// Current has been seen; time is let pass for the car's soft start where it can be.
    pub async fn until_charging(&self, charge: &Charge) -> Value {
        if !self.processes {
            self.pass(Duration::from_secs(3)).await;
        }
        self.until_session_event(charge, "session.charging_started").await
    }

    /// The charge has ended; answers with the session.
    pub async fn until_ended(&self, charge: &Charge) -> Value {
        self.until_session_event(charge, "session.ended").await
    }

    /// The command has its outcome; answers with it.
    pub async fn until_outcome(&self, command_id: &str) -> Value {
        let look = |event: &&Value| {
            event["type"] == "command.completed" && event["data"]["command"]["id"] == command_id
        };
        let event = self
            .until("an outcome", |events| events.iter().find(look).cloned())
            .await;
        event["data"]["command"].clone()
    }

    /// The controller is connected, or not. Lets time pass, so that nobody waits for a second try.
    pub async fn until_online(&self, online: bool) {
        let started = Instant::now();
        while self
            .api
            .get(&format!("/v1/controllers/{}", self.controller_id))
            .await["online"]
            != online
        {
            assert!(
                started.elapsed() < DEADLINE,
                "the controller is not online: {}",
                !online
            );
            if started.elapsed() > Duration::from_millis(300) && !self.processes {
                self.nudge().await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lets a little time pass, for those who wait before they try again.
    async fn nudge(&self) {
        if self.controller.is_running() {
            self.pass(NUDGE).await;
        } else {
            self.clock.advance(NUDGE);
        }
    }

    /// Every outlet of a panel that was just connected has been told of and can be used.
    pub async fn until_usable(&self) {
        let started = Instant::now();
        for outlet_id in &self.outlets {
            loop {
                let outlet = self.api.get(&format!("/v1/outlets/{outlet_id}")).await;
                if outlet["breaker"] != "unknown" && outlet["state"] != "faulted" {
                    break;
                }
                assert!(started.elapsed() < DEADLINE, "not usable: {outlet:#}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// An outlet as the API shows it.
    pub async fn outlet(&self, n: usize) -> Value {
        self.api.get(&format!("/v1/outlets/{}", self.outlet_id(n))).await
    }

    /// A session as the API shows it.
    pub async fn session(&self, charge: &Charge) -> Value {
        self.api.get(&format!("/v1/sessions/{}", charge.session_id)).await
    }

    /// Lets time pass, little by little, until the receiver has got something that `fits`.
    ///
    /// # Panics
    /// After [`DEADLINE`] without.
    pub async fn until_delivered(&self, what: &str, fits: impl Fn(&crate::receiver::Delivery) -> bool) {
        let look = |deliveries: &[crate::receiver::Delivery]| deliveries.iter().any(&fits).then_some(());
        let nudges = async {
            loop {
                self.pass(Duration::from_secs(5)).await;
            }
        };
        tokio::select! {
            () = self.receiver.until(what, DEADLINE, look) => {}
            () = nudges => {}
        }
    }

    /// Returns when `look` finds something at the panel.
    ///
    /// # Panics
    /// After [`DEADLINE`] without.
    pub async fn until_panel<T>(
        &self,
        what: &str,
        look: impl Fn(&denro::simulator::SimulatedPanel) -> Option<T>,
    ) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look(&self.panel) {
                return found;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "not seen at the panel: {what}; {:#?}",
                self.panel.history()
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Everything that the checker wants, once the receiver has every event.
    pub async fn evidence(&self) -> Evidence {
        let events = self.events().await;
        let last: Vec<String> = events
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect();
        let all = |deliveries: &[crate::receiver::Delivery]| {
            let accepted = deliveries.iter().filter(|d| d.status < 300);
            let accepted: std::collections::BTreeSet<&str> = accepted.map(|d| d.id()).collect();
            last.iter().all(|id| accepted.contains(id.as_str())).then_some(())
        };
        self.receiver.until("every event", DEADLINE, all).await;
        let (sessions, commands, doubtful_outlets, slow_outcomes) = {
            let seen = self.seen.lock().unwrap();
            (
                seen.sessions.clone(),
                seen.commands.clone(),
                seen.doubtful.clone(),
                seen.slow_outcomes,
            )
        };
        Evidence {
            sessions: self.resources("sessions", sessions).await,
            commands: self.resources("commands", commands).await,
            delivered_mwh: self.truth(),
            doubtful_outlets,
            // At 3 kW and the speed of the cars: what flows in 50 ms.
            unseen_wh: if self.processes { 25 } else { 0 },
            deliveries: self.receiver.deliveries(),
            slow_outcomes,
            events,
        }
    }

    fn truth(&self) -> std::collections::BTreeMap<String, i64> {
        let delivered = |n: usize| {
            (
                self.outlet_id(n).to_owned(),
                self.panel.delivered_mwh(Self::number(n)),
            )
        };
        (1..=self.outlets.len()).map(delivered).collect()
    }

    async fn resources(&self, kind: &str, ids: std::collections::BTreeSet<String>) -> Vec<Value> {
        let mut found = Vec::new();
        for id in ids {
            found.push(self.api.get(&format!("/v1/{kind}/{id}")).await);
        }
        found
    }
}

impl Seen {
    /// Two askers may get the same page: each event is kept once.
    fn append(&mut self, page: Vec<Value>) {
        for event in page {
            if self
                .events
                .last()
                .is_none_or(|last| last["id"].as_str() < event["id"].as_str())
            {
                self.events.push(event);
            }
        }
    }
}

fn told(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| format!("{} {} {}", event["timestamp"], event["type"], event["data"]);
    events.iter().rev().take(30).map(line).collect()
}
