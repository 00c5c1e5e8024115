//! Two outlets in front of `commission`, and whoever answers it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use denro::simulator::panel_file::PanelFile;
use denro::simulator::{self, SimulatedPanel};
use domain::ids::OutletNumber;
use domain::observation::Position;
use foundation::Clock;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

use super::outlet_controller;

const DEADLINE: Duration = Duration::from_secs(90);

/// Two outlets, and a folder with the files that describe them.
pub(super) struct Site {
    pub(super) panel: SimulatedPanel,
    pub(super) folder: PathBuf,
}

pub(super) fn number(outlet: u8) -> OutletNumber {
    OutletNumber::new(outlet).unwrap()
}

impl Site {
    /// `changes` are made in the panel file, so that the wiring does not agree with it.
    pub(super) fn new(changes: &[(&str, &str)]) -> Self {
        let options = simulator::Options {
            outlets: 2,
            travel_ms: 30,
            speed: 60,
            ..simulator::Options::new(Clock::system())
        };
        let panel = SimulatedPanel::start(options).unwrap();
        let folder = std::env::temp_dir().join(foundation::ids::id("commission"));
        let file = PanelFile {
            outlets: 2,
            travel_ms: 300,
            min_off_s: 0,
            speed: 60,
            ..PanelFile::default()
        };
        let written = file.write(&folder, panel.address()).unwrap();
        let text = std::fs::read_to_string(&written.panel).unwrap();
        let text = format!("# As wired on Tuesday.\n{text}");
        let text = changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        std::fs::write(&written.panel, text).unwrap();
        Self { panel, folder }
    }

    pub(super) fn panel_file(&self) -> PathBuf {
        self.folder.join("panel.toml")
    }

    pub(super) fn commission(&self, arguments: &[&str]) -> Child {
        let (panel, devices) = (self.panel_file(), self.folder.join("devices"));
        let fixed = ["commission", "--json", "--lang", "en", "--by", "Yamada"];
        let files = ["--panel", text(&panel), "--devices-dir", text(&devices)];
        outlet_controller(&[&fixed[..], &files, arguments].concat())
            .spawn()
            .unwrap()
    }

    pub(super) fn assert_all_off(&self) {
        for outlet in [1, 2] {
            assert_eq!(
                self.panel.position(number(outlet)),
                Position::Open,
                "outlet {outlet}"
            );
        }
    }

    /// What a good installer does at the panel when he is told this line.
    fn obey(&self, line: &str) {
        let Some(outlet) = line
            .split("Outlet ")
            .nth(1)
            .and_then(|rest| rest[..1].parse().ok())
        else {
            return;
        };
        let outlet = number(outlet);
        if line.contains("plug a load") {
            self.panel.plug_in(outlet, None);
        } else if line.contains("press the test button of") {
            self.panel.trip(outlet);
        } else if line.contains("ready again (lever") {
            self.panel.reset_trip(outlet);
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How the program ended, its protocol, and what it said to people.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) protocol: Value,
    pub(super) said: String,
}

/// Obeys and answers every question with Enter, until `last` is said; then `then` decides, and the end is awaited.
pub(super) async fn until_end(
    site: &Site,
    mut child: Child,
    last: Option<&str>,
    then: impl FnOnce(&mut Child),
) -> Ended {
    let walking = async {
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut stdin = child.stdin.take();
        let (mut said, mut then) = (String::new(), Some(then));
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
            site.obey(&line);
            if last.is_some_and(|last| line.contains(last))
                && let Some(then) = then.take()
            {
                stdin = None;
                then(&mut child);
            }
            if let Some(stdin) = stdin
                .as_mut()
                .filter(|_| line.trim_start().starts_with('[') && line.contains("quit]"))
            {
                let _ended = stdin.write_all(b"\n").await;
            }
        }
        let mut out = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .await
            .unwrap();
        let code = child.wait().await.unwrap().code();
        let protocol = serde_json::from_str(&out).unwrap_or(Value::Null);
        Ended { code, protocol, said }
    };
    tokio::time::timeout(DEADLINE, walking)
        .await
        .expect("the walk does not end")
}

pub(super) async fn walked(site: &Site) -> Ended {
    let child = site.commission(&[]);
    until_end(site, child, None, |_| {}).await
}

/// Outlet, step and kind of fault of what has failed.
pub(super) fn faults(protocol: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for outlet in protocol["outlets"].as_array().unwrap() {
        for check in outlet["checks"].as_array().unwrap() {
            if check["result"] == "failed" {
                let kind = &check["fault"]["kind"];
                faults.push(format!(
                    "{} {} {}",
                    outlet["outlet"],
                    check["step"].as_str().unwrap(),
                    kind.as_str().unwrap()
                ));
            }
        }
    }
    faults
}
