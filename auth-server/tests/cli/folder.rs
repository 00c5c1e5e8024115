//! A folder with a configuration, the program's commands on it, and what they answer.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder with a configuration, gone at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(std::env::temp_dir().join(foundation::ids::id("auth-cli-test")));
        std::fs::create_dir(&folder.0).unwrap();
        folder.configure("");
        folder
    }

    /// `more` comes first: keys of no table.
    pub(crate) fn configure(&self, more: &str) {
        let database = self.0.join("auth.db");
        let text = format!(
            "{more}\n[database]\nurl = \"sqlite:{}\"\n[listen]\naddress = \"127.0.0.1:0\"\n",
            database.display()
        );
        self.write(&text);
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::write(self.0.join("auth.toml"), text).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
        command.args(args).arg("--config").arg(self.0.join("auth.toml"));
        command.env_remove("RUST_LOG").env_remove("AUTH_SERVER_CONFIG");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command does that is told something on its standard input.
    pub(crate) fn told(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        process.wait_with_output().unwrap()
    }

    /// Standard output of a command that succeeds.
    pub(crate) fn answer(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.answer(args)).unwrap()
    }

    pub(crate) fn create(&self) -> Value {
        self.json(&[
            "client",
            "create",
            "--name",
            "App",
            "--tenant",
            "ten_a",
            "--scope",
            "outlets:read",
            "--json",
        ])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn str_of<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer.get(member).unwrap().as_str().unwrap()
}
