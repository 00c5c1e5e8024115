//! The program, serving in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::folder::Folder;

/// The program, serving.
pub(crate) struct Running {
    process: Child,
    log: BufReader<ChildStderr>,
    logged: String,
    address: String,
}

impl Running {
    /// With everything in its log that there is to say.
    pub(crate) fn start(folder: &Folder) -> Self {
        folder.configure("log_format = \"json\"");
        let mut command = folder.command(&[]);
        let mut process = command
            .env("RUST_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut logged = String::new();
        let address = loop {
            let start = logged.len();
            assert_ne!(log.read_line(&mut logged).unwrap(), 0, "{logged}");
            let line: Value = serde_json::from_str(logged.get(start..).unwrap()).unwrap();
            if let Some(address) = line.get("address") {
                break address.as_str().unwrap().to_owned();
            }
        };
        // From here on the other commands find it.
        folder.configure(&format!("issuer = \"http://{address}\""));
        Self {
            process,
            log,
            logged,
            address,
        }
    }

    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let request = reqwest::Client::new().post(format!("http://{}{path}", self.address));
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// All that it has logged and said, to its end.
    pub(crate) fn stop(mut self) -> (String, String) {
        let mut kill = Command::new("kill");
        assert!(
            kill.arg(self.process.id().to_string())
                .status()
                .unwrap()
                .success()
        );
        assert!(self.process.wait().unwrap().success());
        self.log.read_to_string(&mut self.logged).unwrap();
        let mut said = String::new();
        self.process
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        (self.logged, said)
    }
}
