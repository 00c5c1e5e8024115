//! The demo as a person meets it: keys of a terminal, and a building that has been lived in.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::{Value, json};

use crate::developers::{Demo, Running, denro};

/// A keyboard, and the terminal that it is at.
fn terminal() -> (OwnedFd, OwnedFd) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap();
    let terminal = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    (keyboard, terminal)
}

struct AtTerminal {
    demo: Demo,
    keyboard: OwnedFd,
    terminal: OwnedFd,
}

impl AtTerminal {
    async fn start() -> Self {
        let (keyboard, terminal) = terminal();
        let folder: PathBuf = std::env::temp_dir().join(foundation::ids::id("demo"));
        let file = folder.join("facts.json");
        let mut command = denro(&file, &["demo", "--bare", "--speed", "60"]);
        command.stdin(Stdio::from(terminal.try_clone().unwrap()));
        let mut running = Running::start(&mut command);
        running
            .until("the hint", |line| line.contains("Try: press 3"))
            .await;
        let facts = std::fs::read_to_string(&file).unwrap();
        let demo = Demo {
            folder,
            file,
            facts: serde_json::from_str(&facts).unwrap(),
            running,
        };
        Self {
            demo,
            keyboard,
            terminal,
        }
    }

    /// Presses keys, and waits for lines that hold these texts, in whatever order.
    async fn press(&mut self, keys: &str, told: &[&str]) {
        rustix::io::write(&self.keyboard, keys.as_bytes()).unwrap();
        let left = RefCell::new(told.to_vec());
        let all_told = |line: &str| {
            let mut left = left.borrow_mut();
            left.retain(|text| !line.contains(text));
            left.is_empty()
        };
        if !told.is_empty() {
            self.demo.running.until(&told.join(", "), all_told).await;
        }
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.terminal).unwrap().local_modes
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_does_what_its_line_says_and_the_terminal_is_left_as_it_was() {
    let before = {
        let (_keyboard, terminal) = terminal();
        tcgetattr(&terminal).unwrap().local_modes
    };
    let mut at = AtTerminal::start().await;
    assert!(!at.modes().intersects(LocalModes::ICANON | LocalModes::ECHO));
    at.press(
        "8",
        &["A-8: a car is plugged in — it charges once somebody starts A-8"],
    )
    .await;
    let outlet = at.demo.facts["outlets"][7]["id"].clone();
    let asked = json!({"outlet_id": outlet, "driver_id": "d", "limits": {"duration_s": 36_000}});
    assert_eq!(at.demo.post("/v1/sessions", &asked).await.0, 202);
    at.press("", &["session.charging_started"]).await;
    let cut = ["outlet A-8 will still stop at ", "controller.offline"];
    at.press("n", &cut).await;
    at.press("n", &["network is back", "controller.online"]).await;
    at.press("k", &["outlet A-8 stays on", "controller.offline"])
        .await;
    at.press("k", &["outlet A-8 is found as it was left", "controller.online"])
        .await;
    at.press("8", &["A-8: the car is gone — its charge pauses"]).await;
    at.press("p", &["every breaker is open and no meter answers"])
        .await;
    at.press("p", &["power is back"]).await;
    at.press("w8", &["which breaker?", "A-8: the contact is welded"])
        .await;
    at.press("w8", &["A-8: the breaker is repaired"]).await;
    at.press("x?", &["q    end the demo"]).await;
    at.press("q", &[]).await;
    let ended = at.demo.running.child.wait().await.unwrap();
    assert!(ended.success());
    assert_eq!(at.modes(), before);
}

/// Oldest first.
fn of_outlet<'a>(sessions: &'a [Value], outlet: &Value) -> Vec<&'a Value> {
    let mut of: Vec<&Value> = sessions
        .iter()
        .filter(|session| session["outlet_id"] == outlet["id"])
        .collect();
    of.sort_by_key(|session| session["requested_at"].as_str().unwrap().to_owned());
    of
}

/// What all sessions have taken, which is what every outlet's register has moved by, from each session to the next.
async fn adds_up(demo: &Demo, sessions: &[Value]) -> i64 {
    let mut in_all = 0;
    for outlet in demo.facts["outlets"].as_array().unwrap() {
        let of = of_outlet(sessions, outlet);
        let energy: i64 = of
            .iter()
            .map(|session| session["energy_wh"].as_i64().unwrap())
            .sum();
        in_all += energy;
        for two in of.windows(2) {
            assert_eq!(two[0]["stop_register_wh"], two[1]["start_register_wh"]);
        }
        let (Some(first), Some(last)) = (of.first(), of.last()) else {
            continue;
        };
        let wh = |session: &Value, member: &str| session[member].as_i64().unwrap();
        assert_eq!(
            energy,
            wh(last, "stop_register_wh") - wh(first, "start_register_wh")
        );
        let path = format!("/v1/outlets/{}", outlet["id"].as_str().unwrap());
        assert_eq!(demo.get(&path).await["register_wh"], last["stop_register_wh"]);
    }
    in_all
}

/// As a month of its own, which has been lived in.
async fn last_month_is_there(demo: &Demo, sessions: usize) {
    let site = demo.facts["site_id"].as_str().unwrap();
    let months = demo.get(&format!("/v1/sites/{site}/statements")).await;
    let months = months["data"].as_array().unwrap();
    let counts = months.iter().map(|month| month["sessions"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), sessions as u64, "{months:#?}");
    assert!(
        months.len() >= 2 && months[1]["sessions"] != json!(0),
        "{months:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_building_has_a_past_that_adds_up_and_its_meters_go_on_from_there() {
    let demo = Demo::start_with(&[]).await;
    let sessions = demo.get("/v1/sessions?limit=200").await;
    let sessions = sessions["data"].as_array().unwrap().clone();
    assert!((40..150).contains(&sessions.len()), "{}", sessions.len());
    let in_all = adds_up(&demo, &sessions).await;
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (from, to) = (
        now.checked_sub(jiff::Span::new().days(70)),
        now.checked_add(jiff::Span::new().days(2)),
    );
    let path = format!(
        "/v1/usage?group_by=site&from={}&to={}",
        from.unwrap(),
        to.unwrap()
    );
    let usage = demo.get(&path).await["data"][0].clone();
    assert_eq!(
        (&usage["energy_wh"], &usage["unattributed_wh"], &usage["sessions"]),
        (&json!(in_all), &json!(0), &json!(sessions.len()))
    );
    last_month_is_there(&demo, sessions.len()).await;
    let open = demo.get("/v1/alarms?state=open").await;
    let faulted = &demo.facts["outlets"][5]["id"];
    let open: Vec<&Value> = open["data"].as_array().unwrap().iter().collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(
        (&open[0]["outlet_id"], &open[0]["cause"]),
        (faulted, &json!("tripped"))
    );
    // And the next charge begins where the last one has ended.
    let outlet = &demo.facts["outlets"][0];
    let before = of_outlet(&sessions, outlet).pop().unwrap()["stop_register_wh"].clone();
    let asked = json!({"outlet_id": outlet["id"], "driver_id": "d", "limits": {"duration_s": 3600}});
    let (status, accepted) = demo.post("/v1/sessions", &asked).await;
    assert_eq!(status, 202, "{accepted}");
    let path = format!("/v1/sessions/{}", accepted["session"]["id"].as_str().unwrap());
    let begun = async {
        loop {
            let session = demo.get(&path).await;
            if !session["start_register_wh"].is_null() {
                return session["start_register_wh"].clone();
            }
        }
    };
    let begun = tokio::time::timeout(crate::developers::DEADLINE, begun);
    assert_eq!(begun.await.unwrap(), before);
    assert_eq!(
        demo.get("/v1/events?types=meter.anomaly").await["data"],
        json!([])
    );
}
