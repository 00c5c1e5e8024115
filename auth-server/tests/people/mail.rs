//! Mail as a mail server that others wrote (PyPI aiosmtpd) takes it: over TLS, with a password, refused and tried again.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use auth_server::config::{Mail, MailSecurity};
use serde_json::Value;

use crate::browser::Browser;
use crate::flow::{BACK, EMAIL, client, operator, request};
use crate::world::World;

const USER: &str = "denro";
const MAIL_PASSWORD: &str = "a secret of the mail server";

/// The running server, and what it says.
struct Mailbox {
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
    /// `None` where Python is not there and need not be.
    fn start(refusals: &str) -> Option<Self> {
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
    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    fn config(&self) -> Mail {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_comes_by_mail_and_leads_to_what_the_person_wanted() {
    let Some(mut mailbox) = Mailbox::start("1") else {
        return;
    };
    let world = World::start_configured(|config| config.mail = Some(mailbox.config())).await;
    operator(&world).await;
    let client = client(&world, true).await;
    let mut browser = Browser::new(&world);
    let page = browser.follow(&request(&client, &[])).await;
    let kept = page.field("request");
    let page = browser
        .post(
            "/login/link",
            &[("request", &kept), ("email", " Aiko@Example.JP ")],
        )
        .await;
    assert!(page.html.contains("Look into your mail"), "{}", page.html);

    assert_eq!(mailbox.next()["refused"], true);
    world.clock.advance(Duration::from_secs(61));
    let mail = mailbox.next()["mail"].clone();
    assert_eq!(mail["to"], serde_json::json!([EMAIL]));
    assert_eq!(mail["from"], "電路 <denro@example.jp>");
    assert_eq!(mail["subject"], "Your link to sign in");
    let text = mail["text"].as_str().unwrap();
    let path = text
        .split_once(&world.issuer())
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    let code = path.split_once("code=").unwrap().1;

    // The mail is read on another device.
    let mut phone = Browser::new(&world);
    phone.get(path).await;
    let page = phone.submit("/login/by-link", &[("code", code)]).await;
    assert!(
        page.location().starts_with(BACK),
        "{} {}",
        page.location(),
        page.html
    );
    let code = page.parameter("code").unwrap();
    let answer = crate::flow::redemption(&world, &client, &code, &[])
        .send()
        .await
        .unwrap();
    let answer = crate::world::json(answer).await;
    let told = world.http.get(world.url("/oauth2/userinfo"));
    let told = told.bearer_auth(crate::flow::str_of(&answer, "access_token"));
    let told = crate::world::json(told.send().await.unwrap()).await;
    assert_eq!(told["email_verified"], true);
    world.stop().await;
}
