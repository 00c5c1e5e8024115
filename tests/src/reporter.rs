//! A station that reports again and again, and tells once more whatever was not acknowledged.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use foundation::Clock;
use serde_json::json;

use crate::api::Api;
use crate::crowd::{Login, logins, provision};
use crate::raw_station::RawStation;

/// Between two reports, and before it comes back.
const PAUSE: Duration = Duration::from_millis(100);
const HOURS_AGO_US: i64 = 6 * 3_600_000_000;

/// One that has begun a charge.
#[derive(Debug)]
pub struct Reporter {
    server: SocketAddr,
    login: Login,
    station: RawStation,
    begun_wh: i64,
    reported: Reported,
}

/// What it has told, all of it acknowledged.
#[derive(Debug)]
pub struct Reported {
    pub session_id: String,
    /// The energy that all its reports add up to.
    pub acknowledged_wh: i64,
    pub reports: usize,
    /// How often it had to come back.
    pub repeats: usize,
    /// Answers that said no.
    pub refusals: Vec<String>,
}

/// Makes a station, connects it, and starts a charge at its outlet through the API.
pub async fn begin(api: &Api, server: SocketAddr) -> Reporter {
    let controllers = provision(api, 1).await;
    let login = logins(&controllers).remove(0);
    let at_us = Clock::system().now_us() - HOURS_AGO_US;
    let connected = RawStation::connect(server, &login.station_id, &login.password, at_us).await;
    let mut station = connected.unwrap();
    station.boot().await.unwrap();
    let body = json!({"outlet_id": controllers[0]["outlets"][0]["id"], "driver_id": "reporter"});
    let (accepted, started) = tokio::join!(api.post("/v1/sessions", &body), station.start_when_asked());
    started.unwrap();
    let session_id = accepted.ok()["session"]["id"].as_str().unwrap().to_owned();
    Reporter {
        server,
        login,
        begun_wh: station.register_wh(),
        station,
        reported: Reported {
            session_id,
            acknowledged_wh: 0,
            reports: 0,
            repeats: 0,
            refusals: Vec::new(),
        },
    }
}

impl Reporter {
    /// Reports until it is over and the last report is acknowledged.
    pub async fn run(mut self, over: Arc<AtomicBool>) -> Reported {
        while !over.load(SeqCst) {
            let mut told = self.station.tell_minute().await;
            while let Err(error) = told {
                self.note(&error);
                tokio::time::sleep(PAUSE).await;
                let Login { station_id, password } = &self.login;
                told = self.station.come_back(self.server, station_id, password).await;
            }
            self.reported.reports += 1;
            tokio::time::sleep(PAUSE).await;
        }
        self.reported.acknowledged_wh = self.station.register_wh() - self.begun_wh;
        self.reported
    }

    /// A connection may be lost; to be told no is a fault, as a station might forget what it has told.
    fn note(&mut self, error: &io::Error) {
        let text = error.to_string();
        self.reported.repeats += 1;
        if text.starts_with("[4,") {
            self.reported
                .refusals
                .push(format!("a report was refused: {text}"));
        }
    }
}
