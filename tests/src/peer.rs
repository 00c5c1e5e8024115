//! Programs that others wrote, as processes that talk in JSON lines: Python, Node and Rust peers.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const DEADLINE: Duration = Duration::from_secs(60);

/// Where peers can run, and what to do if they cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// The virtual environment `.venv` beside the workspace, with `tests/requirements.txt`.
    Python,
    /// Node, with the packages of `tests/peers/node`.
    Node,
    /// The workspace `tests/peers/rust`, built.
    Rust,
    /// What peers on Node drive as a person would: the system's Chromium, or the one that `CHROMIUM` names.
    Chromium,
}

/// A running peer; killed when dropped.
#[derive(Debug)]
pub struct Peer {
    name: String,
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<Value>,
}

/// The folder of the peers.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

impl Runtime {
    /// Whether it is there; says how to get it if not, and insists on it where the variable `CI` is set.
    ///
    /// # Panics
    /// If it is missing and `CI` is set.
    pub fn is_there(self) -> bool {
        let (needed, install) = match self {
            Self::Python => (
                self.executable(),
                "python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt",
            ),
            Self::Node => (
                folder().join("node/node_modules/openid-client"),
                "npm ci --prefix tests/peers/node",
            ),
            Self::Rust => (
                self.executable(),
                "cargo build --manifest-path tests/peers/rust/Cargo.toml",
            ),
            Self::Chromium => (self.executable(), "apt-get install chromium"),
        };
        if needed.exists() {
            return true;
        }
        let text = format!("SKIPPED: needs {}; to install: {install}", needed.display());
        assert!(std::env::var_os("CI").is_none(), "{text}");
        eprintln!("{text}");
        false
    }

    /// The file of the program itself.
    pub fn executable(self) -> PathBuf {
        match self {
            Self::Python => Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python"),
            Self::Node => "node".into(),
            Self::Rust => folder().join("rust/target/debug/openidconnect-peer"),
            Self::Chromium => std::env::var_os("CHROMIUM").map_or("/usr/bin/chromium".into(), PathBuf::from),
        }
    }

    /// Starts `script`, a file in the folder of the peers; of Rust, the name of the one program there is.
    pub fn start(self, script: &str, arguments: &[&str]) -> Peer {
        let mut command = Command::new(self.executable());
        command.args(script_of(self, script)).args(arguments);
        Peer::start(script, command)
    }
}

/// What a runtime is told to run; a program of Rust is its own.
fn script_of(runtime: Runtime, script: &str) -> Option<PathBuf> {
    (runtime != Runtime::Rust).then(|| folder().join(script))
}

impl Peer {
    /// Starts any program that talks in JSON lines.
    pub fn start(name: &str, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name: name.to_owned(),
            stdin: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            heard: Vec::new(),
        }
    }

    /// Its process, while it runs.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The first line, old or new, that has `key`.
    ///
    /// # Panics
    /// If the peer ends first, or does not say it in time.
    pub async fn until(&mut self, key: &str) -> Value {
        self.until_any(&[key]).await
    }

    /// The first line, old or new, that has one of the keys.
    ///
    /// # Panics
    /// As [`Peer::until`].
    pub async fn until_any(&mut self, keys: &[&str]) -> Value {
        let has = |line: &Value| keys.iter().any(|key| !line[*key].is_null());
        if let Some(found) = self.heard.iter().find(|line| has(line)) {
            return found.clone();
        }
        loop {
            let Ok(line) = tokio::time::timeout(DEADLINE, self.lines.next_line()).await else {
                panic!(
                    "{}: no {keys:?} in {DEADLINE:?}; said {:#?}",
                    self.name, self.heard
                );
            };
            let Some(line) = line.unwrap() else {
                let errors = self.errors().await;
                panic!(
                    "{}: ended before {keys:?}; said {:#?}\n{errors}",
                    self.name, self.heard
                );
            };
            let said: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
            self.heard.push(said.clone());
            if has(&said) {
                return said;
            }
        }
    }

    /// Everything it said so far.
    pub fn heard(&self) -> &[Value] {
        &self.heard
    }

    /// Forgets what it said, so that [`Peer::until`] waits for something new.
    pub fn forget(&mut self) {
        self.heard.clear();
    }

    /// Gives it a line.
    pub async fn tell(&mut self, line: &str) {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        self.stdin.flush().await.unwrap();
    }

    /// Closes its input, waits for its end, and answers with all it said.
    ///
    /// # Panics
    /// If it fails.
    pub async fn finish(mut self) -> Vec<Value> {
        drop(self.stdin);
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.heard
                .push(serde_json::from_str(&line).unwrap_or(Value::String(line)));
        }
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .await
            .unwrap();
        let status = self.child.wait().await.unwrap();
        assert!(
            status.success(),
            "{}: {status}; said {:#?}\n{errors}",
            self.name,
            self.heard
        );
        self.heard
    }

    async fn errors(&mut self) -> String {
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut text).await.unwrap();
        }
        text
    }
}
