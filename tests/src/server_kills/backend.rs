//! An app backend that insists: it asks with the same key until it has an answer, and writes down what it was told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::random::Random;

const PAUSE: Duration = Duration::from_millis(50);

/// What was asked, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The successes.
    pub(super) answers: Vec<Value>,
    /// The keys of starts that were accepted.
    pub(super) keys: BTreeSet<String>,
    pub(super) repeats: usize,
    pub(super) faults: Vec<String>,
}

impl Asked {
    pub(super) fn extend(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.keys.extend(other.keys);
        self.repeats += other.repeats;
        self.faults.extend(other.faults);
    }
}

/// One outlet's part of it.
struct Backend {
    api: Api,
    outlet_id: String,
    random: Random,
    asked: Asked,
}

/// Charges one after another until it is over.
pub(super) async fn run(api: Api, outlet_id: String, random: Random, over: Arc<AtomicBool>) -> Asked {
    let mut backend = Backend {
        api,
        outlet_id,
        random,
        asked: Asked::default(),
    };
    while !over.load(SeqCst) {
        backend.charge().await;
    }
    backend.asked
}

impl Backend {
    async fn charge(&mut self) {
        let key = foundation::ids::random_text();
        let duration_s = 1 + self.random.below(5);
        let limits = json!({"duration_s": duration_s});
        let body = json!({"outlet_id": self.outlet_id, "driver_id": "driver", "limits": limits});
        let answer = self.insist("/v1/sessions", &body, &key).await;
        if answer.status != 202 {
            // Busy, or the controller is not there: that is no answer to remember.
            return tokio::time::sleep(PAUSE).await;
        }
        let session_id = answer.body["session"]["id"].clone();
        if self.random.percent(30) {
            let again = self.insist("/v1/sessions", &body, &key).await;
            if again.body["session"]["id"] != session_id {
                self.asked
                    .faults
                    .push(format!("I6: {session_id}, and again: {:#}", again.body));
            }
        }
        self.asked.keys.insert(key);
        self.asked.answers.push(answer.body);
        let path = format!("/v1/sessions/{}", session_id.as_str().unwrap());
        let stop_early = self.random.percent(40);
        while !self.is_over(&path).await {
            if stop_early && self.random.percent(10) {
                let key = foundation::ids::random_text();
                let stop = self.insist(&format!("{path}/stop"), &json!({}), &key).await;
                if stop.status == 202 {
                    self.asked.answers.push(stop.body);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks until there is an answer that says yes or no.
    async fn insist(&mut self, path: &str, body: &Value, key: &str) -> Answer {
        loop {
            match self.api.post_with_key(path, body, key).await {
                Ok(answer) if answer.status.as_u16() < 500 => return answer,
                Ok(answer) if answer.status != 503 => {
                    self.asked.faults.push(format!("{path}: {:#}", answer.body));
                }
                Ok(_) | Err(_) => {}
            }
            self.asked.repeats += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn is_over(&mut self, path: &str) -> bool {
        let Ok(answer) = self.api.try_get(path).await else {
            return false;
        };
        match answer.status.as_u16() {
            200 => ["ended", "failed"].contains(&answer.body["state"].as_str().unwrap()),
            503 => false,
            other => {
                self.asked
                    .faults
                    .push(format!("I7: {path}: {other}: {:#}", answer.body));
                true
            }
        }
    }
}
