//! A developer's first ten minutes: the demo, `denro listen` and `denro trigger`, as the commands that a person types.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use system_tests::program::Launch;
use system_tests::receiver::{Delivery, Receiver};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

/// A command that goes on; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The first line that `fits`.
    pub(crate) async fn until(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let mut heard = Vec::new();
        let read = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if fits(&line) {
                    return Some(line);
                }
                heard.push(line);
            }
            None
        };
        match tokio::time::timeout(DEADLINE, read).await {
            Ok(Some(line)) => line,
            Ok(None) => panic!("ended before {what}: {heard:#?}"),
            Err(_) => panic!("no {what}: {heard:#?}"),
        }
    }
}

pub(crate) struct Demo {
    pub(crate) folder: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) facts: Value,
    pub(crate) running: Running,
}

pub(crate) fn denro(file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(Launch::beside_this_test().executable);
    command
        .arg("denro")
        .args(arguments)
        .env("DENRO_DEMO_FILE", file)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn start(file: &Path, arguments: &[&str]) -> Running {
    Running::start(&mut denro(file, arguments))
}

impl Demo {
    pub(crate) async fn start() -> Self {
        Self::start_with(&["--bare"]).await
    }

    pub(crate) async fn start_with(options: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("demo"));
        let file = folder.join("facts.json");
        let data = folder.to_str().unwrap();
        let json = ["demo", "--json", "--speed", "60", "--data", data];
        let mut running = start(&file, &[&json, options].concat());
        let facts = running.until("the facts", |line| line.starts_with('{')).await;
        Self {
            folder,
            file,
            facts: serde_json::from_str(&facts).unwrap(),
            running,
        }
    }

    /// From this moment on, whenever it gets there.
    async fn listen(&self, arguments: &[&str]) -> Running {
        let url = format!("{}/v1/events?limit=1000", self.facts["api"].as_str().unwrap());
        let request = system_tests::api::http_client()
            .get(url)
            .bearer_auth(self.token().await);
        let log: Value = request.send().await.unwrap().json().await.unwrap();
        let now = log["next_cursor"].as_str().unwrap();
        start(&self.file, &[&["listen", "--after", now], arguments].concat())
    }

    async fn trigger(&self, arguments: &[&str]) -> String {
        let output = denro(&self.file, &[&["trigger"], arguments].concat())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{errors}");
        said
    }

    pub(crate) async fn token(&self) -> String {
        let text = |key: &str| self.facts[key].as_str().unwrap();
        let request = system_tests::api::http_client()
            .post(text("token_endpoint"))
            .basic_auth(text("client_id"), Some(text("client_secret")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.facts["api"].as_str().unwrap());
        let request = system_tests::api::http_client()
            .get(url)
            .bearer_auth(self.token().await);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.facts["api"].as_str().unwrap());
        let request = system_tests::api::http_client()
            .post(url)
            .bearer_auth(self.token().await)
            .header("idempotency-key", foundation::ids::random_text())
            .json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_triggered_is_heard_by_whoever_listens_and_forwarded_with_a_good_signature() {
    let demo = Demo::start().await;
    let receiver = Receiver::start().await;
    let secret = format!("whsec_{}", STANDARD.encode([7; 32]));
    let to = receiver.url();
    let mut listen = demo.listen(&["--forward-to", &to, "--secret", &secret]).await;
    listen.until("the secret", |line| line.contains(&secret)).await;
    let outlet = demo.facts["outlets"][1]["id"].clone();
    let (status, _) = demo
        .post(
            "/v1/sessions",
            &serde_json::json!({"outlet_id": outlet, "driver_id": "resident-7", "limits": {"duration_s": 3600}}),
        )
        .await;
    assert_eq!(status, 202);
    listen
        .until("the charge", |line| {
            line.contains("session.charging_started") && line.ends_with("→ 204")
        })
        .await;
    let said = demo.trigger(&["trip", "--outlet", "A-2"]).await;
    assert_eq!(said.trim(), "trip: A-2");
    listen
        .until("the alarm", |line| {
            line.contains("A-2") && line.contains("alarm.opened")
        })
        .await;
    let alarm = |all: &[Delivery]| {
        let found = all.iter().find(|d| d.event()["type"] == "alarm.opened");
        found.cloned()
    };
    let alarm = receiver.until("the alarm", DEADLINE, alarm).await;
    assert!(
        crate::receive_events::is_good(&secret, &alarm).await,
        "the signature of a forwarded event"
    );
    demo.trigger(&["offline"]).await;
    listen
        .until("the panel gone", |line| line.contains("controller.offline"))
        .await;
    demo.trigger(&["online"]).await;
    listen
        .until("the panel again", |line| line.contains("controller.online"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_reset_comes_back_by_itself() {
    let demo = Demo::start().await;
    let outlet = demo.facts["outlets"][0]["id"].as_str().unwrap();
    let controller = demo.get(&format!("/v1/outlets/{outlet}")).await["controller_id"].clone();
    let path = format!("/v1/controllers/{}/reset-requests", controller.as_str().unwrap());
    let mut listen = demo.listen(&[]).await;
    for _ in 0..2 {
        let (status, _) = demo.post(&path, &serde_json::json!({"when": "immediate"})).await;
        assert_eq!(status, 202);
        for told in ["controller.offline", "controller.online"] {
            listen.until(told, |line| line.contains(told)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_demo_in_the_same_folder_is_refused() {
    let demo = Demo::start().await;
    let folder = demo.folder.to_str().unwrap();
    let second = denro(&demo.file, &["demo", "--json", "--data", folder]).output();
    let output = second.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains(&format!("{folder}: a demo already runs in it")),
        "{said}"
    );
    assert!(demo.file.exists(), "the first one goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_listens_goes_on_where_the_stream_was_cut() {
    let demo = Demo::start().await;
    let api: std::net::SocketAddr = demo.facts["api"].as_str().unwrap()["http://".len()..]
        .parse()
        .unwrap();
    let line = system_tests::proxy::Proxy::start(api).await;
    let token = demo.token().await;
    let through = format!("http://{}", line.address());
    let options = ["--api", &through, "--token", &token, "--types", "alarm.opened"];
    let mut listen = demo.listen(&options).await;
    let opened = |line: &str, name: &str| line.contains("alarm.opened") && line.contains(name);
    let mut outlets = ["A-1", "A-2", "A-3", "A-4"].into_iter();
    let first = outlets.next().unwrap();
    demo.trigger(&["trip", "--outlet", first]).await;
    listen.until(first, |line| opened(line, first)).await;
    line.cut();
    for name in outlets.clone() {
        demo.trigger(&["trip", "--outlet", name]).await;
    }
    line.restore();
    for name in outlets {
        listen.until(name, |line| opened(line, name)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_that_is_made_by_the_api_charges_a_car_and_loses_its_power() {
    let demo = Demo::start().await;
    let mut listen = demo.listen(&[]).await;
    let (_, site) = demo
        .post("/v1/sites", &serde_json::json!({"name": "sandbox"}))
        .await;
    let new = serde_json::json!({"site_id": site["id"], "name": "simulated", "outlets": 2, "speed": 60});
    let (status, panel) = demo.post("/v1/sandbox/panels", &new).await;
    assert_eq!(status, 201, "{panel}");
    assert!(panel["station_id"].as_str().unwrap().starts_with("sim_"));
    assert!(!panel.to_string().contains("password"));
    let path = |outlet: &Value| {
        format!(
            "/v1/sandbox/outlets/{}/happenings",
            outlet["id"].as_str().unwrap()
        )
    };
    let outlet = &panel["outlets"][0];
    let car = serde_json::json!({"what": "plug_in", "need_wh": 5000});
    assert_eq!(demo.post(&path(outlet), &car).await.0, 204);
    let body =
        serde_json::json!({"outlet_id": outlet["id"], "driver_id": "d", "limits": {"duration_s": 3600}});
    let started = tokio::time::timeout(DEADLINE, async {
        // The controller needs a moment to connect.
        while demo.post("/v1/sessions", &body).await.0 != 202 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    started.await.expect("the panel takes a charge");
    listen
        .until("the charge", |line| line.contains("session.charging_started"))
        .await;
    let cut = serde_json::json!({"what": "cut_power"});
    let whole = format!("/v1/sandbox/panels/{}/happenings", panel["id"].as_str().unwrap());
    assert_eq!(demo.post(&whole, &cut).await.0, 204);
    listen
        .until("a panel without power", |line| {
            line.contains("meter.anomaly") || line.contains("alarm.opened") || line.contains("unknown")
        })
        .await;
    let wrong = serde_json::json!({"what": "explode"});
    assert_eq!(demo.post(&whole, &wrong).await.0, 422);
    assert_eq!(
        demo.post("/v1/sandbox/panels/ctl_x/happenings", &cut).await.0,
        404
    );
}
