//! A mail server that others wrote (PyPI aiosmtpd): over TLS, with a password.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use foundation::mail::{Mail, MailSecurity};
use serde_json::Value;

const USER: &str = "denro";
const MAIL_PASSWORD: &str = "a secret of the mail server";

/// The running server, and what it says.
pub(crate) struct Mailbox {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    port: u16,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Mailbox {
    /// Refuses so many mails at first. `None` where Python is not there and need not be.
    pub(crate) fn start(refusals: &str) -> Option<Self> {
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
        if !python.exists() {
            assert!(std::env::var_os("CI").is_none(), "needs {}", python.display());
            eprintln!("SKIPPED: needs .venv: bash .ci/install");
            return None;
        }
        let folder = std::env::temp_dir().join(foundation::ids::id("mail"));
        std::fs::create_dir_all(&folder).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(folder.join("password"), MAIL_PASSWORD).unwrap();
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/mailbox.py"))
            .args([folder.join("cert.pem"), folder.join("key.pem")])
            .args([USER, MAIL_PASSWORD, refusals])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut mailbox = Self {
            child,
            lines,
            folder,
            port: 0,
        };
        mailbox.port = u16::try_from(mailbox.next()["port"].as_u64().unwrap()).unwrap();
        Some(mailbox)
    }

    /// What it says next.
    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    pub(crate) fn config(&self) -> Mail {
        Mail {
            server: "localhost".into(),
            port: Some(self.port),
            security: MailSecurity::Tls,
            user: Some(USER.into()),
            password_file: Some(self.folder.join("password")),
            ca_file: Some(self.folder.join("cert.pem")),
            from: "電路 <denro@example.jp>".into(),
        }
    }
}
