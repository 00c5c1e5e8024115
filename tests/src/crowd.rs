//! Many stations at one server, each with a charge, and the load that they make: one report each under way.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use foundation::Clock;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::figures::Durations;
use crate::raw_station::RawStation;

const AT_ONCE: usize = 64;
const HOURS_AGO_US: i64 = 6 * 3_600_000_000;

/// What a station connects with.
#[derive(Clone, Debug)]
pub struct Login {
    pub station_id: String,
    pub password: String,
}

/// How stations tell their reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The next one as soon as the last is acknowledged.
    Closed,
    /// So many a second together, each at its time; none before the station's last is acknowledged.
    Offered(usize),
}

/// Connected stations.
#[derive(Debug)]
pub struct Crowd(Vec<RawStation>);

impl Crowd {
    /// Connects all and lets them boot.
    pub async fn connect(server: SocketAddr, logins: &[Login]) -> Self {
        let at_us = Clock::system().now_us() - HOURS_AGO_US;
        let open = |login: &Login| {
            let Login { station_id, password } = login.clone();
            async move {
                let mut station = RawStation::connect(server, &station_id, &password, at_us).await?;
                station.boot().await?;
                io::Result::Ok(station)
            }
        };
        let opened = stream::iter(logins.iter().map(open)).buffered(AT_ONCE);
        Self(opened.map(Result::unwrap).collect().await)
    }

    /// Starts a charge at each: through the API, one for each outlet in the order of the stations, or by themselves.
    pub async fn start_charges(self, through: Option<(&Api, &[Value])>) -> Self {
        let asked = through.is_some();
        let all_run = CancellationToken::new();
        let start = |station| {
            let all_run = all_run.clone();
            tokio::spawn(async move {
                started(station, asked)
                    .await
                    .idle_until(all_run.cancelled())
                    .await
            })
        };
        let waiting: Vec<_> = self.0.into_iter().map(start).collect();
        if let Some((api, controllers)) = through {
            let start = |controller: &Value| {
                let body = json!({"outlet_id": controller["outlets"][0]["id"], "driver_id": "bench"});
                async move { api.post("/v1/sessions", &body).await.ok() }
            };
            let starts = stream::iter(controllers.iter().map(start)).buffer_unordered(AT_ONCE);
            starts.collect::<Vec<_>>().await;
        }
        all_run.cancel();
        let mut stations = Vec::new();
        for task in waiting {
            stations.push(task.await.unwrap().unwrap());
        }
        Self(stations)
    }

    /// Lets all report for so long; answers with how long each report took until it was acknowledged.
    pub async fn report(self, pace: Pace, time: Duration) -> (Self, Durations) {
        let (begun, count) = (Instant::now(), self.0.len());
        // Whoever gives up on this ends them all.
        let mut tasks = JoinSet::new();
        let tell = |(n, station)| {
            match pace {
                Pace::Closed => tasks.spawn(one_after_another(station, begun + time)),
                Pace::Offered(rate) => {
                    let period = Duration::from_secs_f64(count as f64 / rate as f64);
                    let first = begun + period.mul_f64(n as f64 / count as f64);
                    tasks.spawn(each_at_its_time(station, first, period, begun + time))
                }
            };
        };
        self.0.into_iter().enumerate().for_each(tell);
        let (mut stations, mut all) = (Vec::new(), Durations::default());
        while let Some(told) = tasks.join_next().await {
            let (station, durations) = told.unwrap();
            stations.push(station);
            all.extend(durations);
        }
        (Self(stations), all)
    }
}

async fn started(mut station: RawStation, asked: bool) -> RawStation {
    let told = match asked {
        true => station.start_when_asked().await,
        false => station.start_unasked().await,
    };
    told.unwrap();
    station
}

async fn one_after_another(mut station: RawStation, until: Instant) -> (RawStation, Durations) {
    let mut durations = Durations::default();
    let mut now = Instant::now();
    while now < until {
        let sent = now;
        station.tell_minute().await.unwrap();
        now = Instant::now();
        durations.push(now - sent);
    }
    (station, durations)
}

/// A report that had to wait for the one before counts from when it was due.
async fn each_at_its_time(
    mut station: RawStation,
    first: Instant,
    period: Duration,
    until: Instant,
) -> (RawStation, Durations) {
    let (mut durations, mut due) = (Durations::default(), first);
    while due < until {
        tokio::time::sleep_until(due.into()).await;
        station.tell_minute().await.unwrap();
        durations.push(due.elapsed());
        due += period;
    }
    (station, durations)
}

/// Makes a controller with one outlet for each station; answers with them as the API does.
pub async fn provision(api: &Api, size: usize) -> Vec<Value> {
    let site = api.post("/v1/sites", &json!({"name": "Bench"})).await.ok();
    let make = |n: usize| {
        let outlets = json!([{"name": "1", "rated_a": 20}]);
        let body = json!({"site_id": site["id"], "name": format!("Panel {n}"), "outlets": outlets});
        async move { api.post("/v1/controllers", &body).await.ok() }
    };
    stream::iter(0..size)
        .map(make)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

/// What the stations of these controllers connect with.
pub fn logins(controllers: &[Value]) -> Vec<Login> {
    let login = |controller: &Value| {
        let text = |key: &str| controller[key].as_str().unwrap().to_owned();
        Login {
            station_id: text("station_id"),
            password: text("password"),
        }
    };
    controllers.iter().map(login).collect()
}
