//! The program itself: its commands, what they print, and how they end.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::Value;

/// A folder with a configuration, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Self(std::env::temp_dir().join(foundation::ids::id("auth-cli-test")));
        std::fs::create_dir(&folder.0).unwrap();
        folder.configure("");
        folder
    }

    /// `more` comes first: keys of no table.
    fn configure(&self, more: &str) {
        let database = self.0.join("auth.db");
        let text = format!(
            "{more}\n[database]\nurl = \"sqlite:{}\"\n[listen]\naddress = \"127.0.0.1:0\"\n",
            database.display()
        );
        self.write(&text);
    }

    fn write(&self, text: &str) {
        std::fs::write(self.0.join("auth.toml"), text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
        command.args(args).arg("--config").arg(self.0.join("auth.toml"));
        command.env_remove("RUST_LOG").env_remove("AUTH_SERVER_CONFIG");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command does that is told something on its standard input.
    fn told(&self, args: &[&str], input: &str) -> Output {
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
    fn answer(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.answer(args)).unwrap()
    }

    fn create(&self) -> Value {
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn str_of<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer.get(member).unwrap().as_str().unwrap()
}

#[test]
fn a_client_is_created_listed_rotated_and_disabled() {
    let folder = Folder::new();
    assert!(folder.answer(&["client", "list"]).starts_with("No clients yet"));
    let created = folder.create();
    let (id, secret) = (str_of(&created, "client_id"), str_of(&created, "client_secret"));
    assert!(id.starts_with("cli_") && secret.starts_with("dnr_cs_"));
    assert_eq!(str_of(&created, "audience"), "urn:denro:event-server");

    let rotated = folder.json(&["client", "rotate-secret", id, "--overlap", "1h", "--json"]);
    assert_ne!(str_of(&rotated, "client_secret"), secret);
    let list = folder.answer(&["client", "list", "--json"]);
    assert!(!list.contains("dnr_cs_"), "{list}");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.pointer("/0/secrets").unwrap().as_array().unwrap().len(), 2);
    assert_eq!(
        list.pointer("/0/secrets/1/expires_at"),
        rotated.get("previous_expires_at")
    );

    assert!(folder.answer(&["client", "disable", id]).contains(id));
    let list = folder.json(&["client", "list", "--json"]);
    let disabled_at = list.pointer("/0/disabled_at").unwrap().clone();
    assert!(disabled_at.is_string());
    folder.answer(&["client", "disable", id]);
    let list = folder.json(&["client", "list", "--json"]);
    assert_eq!(*list.pointer("/0/disabled_at").unwrap(), disabled_at);
}

#[test]
fn for_people_the_secret_stands_on_one_line_and_once() {
    let folder = Folder::new();
    let answer = folder.answer(&[
        "client",
        "create",
        "--name",
        "店 App",
        "--tenant",
        "ten_a",
        "--scope",
        "outlets:read",
    ]);
    assert_eq!(answer.matches("dnr_cs_").count(), 1, "{answer}");
    assert!(
        answer.contains("店 App") && answer.contains("not shown again"),
        "{answer}"
    );
    let list = folder.answer(&["client", "list"]);
    assert!(
        list.contains("店 App") && list.contains("enabled") && !list.contains("dnr_cs_"),
        "{list}"
    );
}

#[test]
fn a_wrong_configuration_is_one_line_and_exit_code_2_and_nothing_is_made() {
    let folder = Folder::new();
    let database = "[database]\nurl = \"sqlite:auth.db\"\n";
    let cases = [
        ("", "missing field `database`"),
        (
            "[database]\nurl = \"mysql://x\"\n",
            "database.url: line 2: expected sqlite:PATH",
        ),
        ("[database]\nurl = \"sqlite:\"\n", "database.url"),
        (
            &format!("tokn_ttl_s = 1\n{database}"),
            "unknown field `tokn_ttl_s`",
        ),
        (
            &format!("token_ttl_s = 901\n{database}"),
            "token_ttl_s: 901: expected 1 to 900",
        ),
        (&format!("token_ttl_s = -1\n{database}"), "token_ttl_s: line 1"),
        (
            &format!("issuer = \"http://a.example\"\n{database}"),
            "issuer: \"http://a.example\": http is for loopback",
        ),
        (
            &format!("log_format = \"xml\"\n{database}"),
            "log_format: line 1: unknown variant `xml`",
        ),
        (
            &format!("{database}[listen]\naddress = \"0.0.0.0:1\"\n"),
            "listen.address: 0.0.0.0:1 is not loopback",
        ),
        (
            &format!("{database}[listen]\naddress = \"x\"\n"),
            "listen.address: line 4",
        ),
        (
            &format!(
                "{database}[listen]\naddress = \"127.0.0.1:0\"\ntls = {{ certificate = \"/no\", key = \"/no\" }}\n"
            ),
            "listen.tls: /no: No such file",
        ),
        ("[database\n", "line 1"),
    ];
    for (config, expected) in cases {
        folder.write(config);
        for command in [&["check-config"][..], &[], &["client", "list"]] {
            let output = folder.run(command);
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{config}: {error}");
            assert!(
                error.contains(expected) && error.contains("auth.toml"),
                "{config}: {error}"
            );
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(output.stdout.is_empty());
        }
    }
    assert!(!folder.0.join("auth.db").exists());
}

#[test]
fn a_good_configuration_is_said_to_be_good_and_makes_nothing() {
    let folder = Folder::new();
    assert!(folder.answer(&["check-config"]).ends_with("auth.toml: good\n"));
    assert!(!folder.0.join("auth.db").exists());
}

#[test]
fn what_cannot_be_done_is_one_line_and_exit_code_1() {
    let folder = Folder::new();
    let create = |tenant, name, audience| {
        let scope = "outlets:read";
        [
            "client",
            "create",
            "--name",
            name,
            "--tenant",
            tenant,
            "--scope",
            scope,
            "--audience",
            audience,
        ]
        .to_vec()
    };
    let cases = [
        (
            vec!["client", "disable", "cli_none"],
            "there is no client cli_none",
        ),
        (
            vec!["client", "rotate-secret", "cli_none"],
            "there is no client cli_none",
        ),
        (
            create("Flats", "App", "urn:x"),
            "tenant: expected the id of a tenant",
        ),
        (create("ten_a", " ", "urn:x"), "name: expected"),
        (create("ten_a", "a\nb", "urn:x"), "name: expected"),
        (create("ten_a", "App", "x"), "audience: expected a URI"),
    ];
    for (args, expected) in cases {
        let output = folder.run(&args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {error}");
        assert!(
            error.contains(expected) && error.lines().count() == 1,
            "{args:?}: {error}"
        );
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = Folder::new();
    let cases: [&[&str]; 5] = [
        &["client", "create", "--name", "x"],
        &[
            "client", "create", "--name", "x", "--tenant", "ten_a", "--scope", "root",
        ],
        &["client", "rotate-secret", "cli_x", "--overlap", "soon"],
        &["client", "rotate-secret", "cli_x", "--overlap=-1h"],
        &["serve"],
    ];
    for args in cases {
        assert_eq!(folder.run(args).status.code(), Some(2), "{args:?}");
    }
    let mut no_config = Command::new(env!("CARGO_BIN_EXE_auth-server"));
    let output = no_config.env_remove("AUTH_SERVER_CONFIG").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "auth-server: --config FILE is needed\n");
}

/// The program, serving.
struct Running {
    process: Child,
    log: BufReader<ChildStderr>,
    logged: String,
    address: String,
}

impl Running {
    /// With everything in its log that there is to say.
    fn start(folder: &Folder) -> Self {
        folder.configure("log_format = \"json\"");
        let mut command = folder.command(&[]);
        let mut process = command
            .env("RUST_LOG", "debug")
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

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let request = reqwest::Client::new().post(format!("http://{}{path}", self.address));
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// All that it has logged, to its end.
    fn stop(mut self) -> String {
        let mut kill = Command::new("kill");
        assert!(
            kill.arg(self.process.id().to_string())
                .status()
                .unwrap()
                .success()
        );
        assert!(self.process.wait().unwrap().success());
        self.log.read_to_string(&mut self.logged).unwrap();
        self.logged
    }
}

#[tokio::test]
async fn neither_logs_nor_audit_nor_database_hold_a_secret_or_a_token() {
    const GRANT: &str = "grant_type=client_credentials";
    let folder = Folder::new();
    let created = folder.create();
    let (id, secret) = (str_of(&created, "client_id"), str_of(&created, "client_secret"));
    let server = Running::start(&folder);
    let wrong = server
        .post("/oauth2/token")
        .basic_auth(secret, Some(secret))
        .body(GRANT);
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let right = server
        .post("/oauth2/token")
        .basic_auth(id, Some(secret))
        .body(GRANT);
    let issued: Value = right.send().await.unwrap().json().await.unwrap();
    let token = str_of(&issued, "access_token");
    let assertion =
        format!("{token}&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let asserted = server
        .post("/oauth2/token")
        .body(format!("{GRANT}&client_assertion={assertion}"));
    assert_eq!(asserted.send().await.unwrap().status(), 401);
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let asked = server
            .post(path)
            .basic_auth(id, Some(secret))
            .body(format!("token={token}"));
        assert_eq!(asked.send().await.unwrap().status(), 200);
    }
    let logged = server.stop();
    assert!(
        logged.contains("client authentication failed") && logged.contains("access token issued"),
        "{logged}"
    );
    let audit = folder.answer(&["audit", "tail", "-n", "100", "--json"]);
    for event in [
        "token.issued",
        "token.revoked",
        "client.authentication",
        "key.published",
    ] {
        assert!(audit.contains(event), "{event}: {audit}");
    }
    assert!(
        audit.contains("\"source\":\"127.0.0.1\"") && audit.contains("\"count\":1"),
        "{audit}"
    );
    let mut kept = vec![logged.into_bytes(), audit.into_bytes()];
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        kept.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for unspeakable in [secret, token] {
        let unspeakable = unspeakable.as_bytes();
        let holds = |content: &Vec<u8>| content.windows(unspeakable.len()).any(|part| part == unspeakable);
        assert!(!kept.iter().any(holds));
    }
}

#[test]
fn a_token_is_got_and_taken_apart_from_the_command_line() {
    let folder = Folder::new();
    let created = folder.create();
    let (id, secret) = (str_of(&created, "client_id"), str_of(&created, "client_secret"));
    let server = Running::start(&folder);
    let got = folder.told(
        &["token", "get", "--client", id, "--scope", "outlets:read"],
        secret,
    );
    assert!(got.status.success(), "{}", text(&got.stderr));
    let token = text(&got.stdout);
    let seen = folder.told(&["token", "inspect", "--json"], &token);
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert_eq!(seen.pointer("/claims/client_id").unwrap(), id);
    assert_eq!(seen.get("active"), Some(&Value::Bool(true)));
    let seen = text(&folder.told(&["token", "inspect"], &token).stdout);
    assert!(
        seen.contains("Active  good until") && seen.contains("at+jwt"),
        "{seen}"
    );

    let wrong = folder.told(&["token", "get", "--client", id], "wrong");
    assert_eq!(wrong.status.code(), Some(1));
    let error = text(&wrong.stderr);
    assert!(
        error.contains("no token from http://") && error.contains("client authentication failed"),
        "{error}"
    );
    let (head, _) = token.rsplit_once('.').unwrap();
    let problems = [
        (format!("{head}.AAAA"), "not active: the signature is wrong"),
        ("x".into(), "token: expected a signed JWT"),
        (String::new(), "an access token is expected on standard input"),
    ];
    for (token, expected) in problems {
        let output = folder.told(&["token", "inspect"], &token);
        let error = text(&output.stderr);
        assert!(
            output.status.code() == Some(1) && error.contains(expected),
            "{error}"
        );
    }
    folder.answer(&["client", "disable", id]);
    let output = folder.told(&["token", "inspect"], &token);
    assert!(text(&output.stderr).contains("its client is disabled or gone"));
    server.stop();
}

#[test]
fn a_client_with_a_public_key_has_no_secret() {
    let folder = Folder::new();
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#;
    let file = folder.0.join("key.json");
    let create = |content: &str| {
        std::fs::write(&file, content).unwrap();
        let args = [
            "client",
            "create",
            "--name",
            "App",
            "--tenant",
            "ten_a",
            "--scope",
            "outlets:read",
            "--public-key",
        ];
        folder.run(&[&args[..], &[file.to_str().unwrap()]].concat())
    };
    let made = create(jwk);
    let answer = text(&made.stdout);
    assert!(
        answer.contains("Key       0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        "{answer}"
    );
    assert!(!answer.contains("Secret"), "{answer}");
    for (content, expected) in [
        (
            jwk.replace("\"kty\"", "\"d\":\"x\",\"kty\""),
            "key.json: a private key",
        ),
        ("x".into(), "key.json: expected a P-256 public key"),
    ] {
        let output = create(&content);
        let error = text(&output.stderr);
        assert!(
            output.status.code() == Some(1) && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn keys_are_listed_rotated_and_revoked_before_the_server_ever_ran() {
    let folder = Folder::new();
    assert!(folder.answer(&["key", "list"]).starts_with("No keys yet"));
    let first = folder.json(&["key", "rotate", "--now", "--json"]);
    let kid = str_of(&first, "kid");
    let list = folder.answer(&["key", "list"]);
    assert!(list.contains(kid) && list.contains("active"), "{list}");
    let next = folder.json(&["key", "revoke", kid, "--json"]);
    assert_ne!(str_of(&next, "kid"), kid);
    let list = folder.json(&["key", "list", "--json"]);
    let states: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|key| str_of(key, "state"))
        .collect();
    assert_eq!(states, ["active", "revoked"]);
    let output = folder.run(&["key", "revoke", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "auth-server: there is no signing key nobody\n"
    );
}

impl Folder {
    fn sql(&self, statement: &str) {
        use diesel::RunQueryDsl;
        let url = foundation::db::DatabaseUrl::sqlite(self.0.join("auth.db"));
        let mut conn = foundation::db::Conn::open(&url).unwrap();
        diesel::sql_query(statement)
            .execute(conn.sqlite().unwrap())
            .unwrap();
    }

    /// What `audit verify` says of a log that is not whole.
    fn broken(&self, args: &[&str]) -> String {
        let output = self.run(&[&["audit", "verify"], args].concat());
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    }
}

#[test]
fn the_audit_log_tells_who_did_what_and_holds_no_secret() {
    let folder = Folder::new();
    let created = folder.create();
    let (id, secret) = (str_of(&created, "client_id"), str_of(&created, "client_secret"));
    folder.answer(&["client", "rotate-secret", id]);
    folder.answer(&["client", "disable", id]);
    let tail = folder.answer(&["audit", "tail", "--json"]);
    let entries: Vec<Value> = tail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = entries.iter().map(|entry| str_of(entry, "event")).collect();
    assert_eq!(
        events,
        ["client.created", "client.secret_rotated", "client.disabled"]
    );
    for entry in &entries {
        assert_eq!(
            (str_of(entry, "client_id"), str_of(entry, "outcome")),
            (id, "success")
        );
        assert_eq!(entry.get("schema"), Some(&Value::from(1)));
        assert!(entry.pointer("/actor/host").is_some(), "{entry}");
    }
    assert!(!tail.contains(secret) && !tail.contains("dnr_cs_"));
    let last = folder.answer(&["audit", "tail", "-n", "1"]);
    assert!(
        last.contains("client.disabled") && last.lines().count() == 1,
        "{last}"
    );
}

#[test]
fn a_changed_a_missing_and_a_cut_off_entry_are_found() {
    let folder = Folder::new();
    let created = folder.create();
    let id = str_of(&created, "client_id");
    folder.answer(&["client", "rotate-secret", id]);
    folder.answer(&["client", "disable", id]);
    let whole = folder.json(&["audit", "verify", "--json"]);
    let head = str_of(&whole, "head");
    assert_eq!(whole.get("entries"), Some(&Value::from(3)));
    assert!(
        folder
            .answer(&["audit", "verify", "--head", head])
            .contains("Whole: 3 entries")
    );
    assert!(
        folder
            .broken(&["--head", "AAAA"])
            .contains("the head that was noted is not in it")
    );

    folder.sql("UPDATE audit SET entry = replace(entry, 'rotated', 'renewed') WHERE sequence = 2");
    assert!(folder.broken(&[]).contains("entry 2: the text was changed"));
    folder.sql("DELETE FROM audit WHERE sequence = 2");
    assert!(folder.broken(&[]).contains("entry 2: an entry is missing here"));
    folder.sql("DELETE FROM audit WHERE sequence = 3");
    assert!(
        folder
            .broken(&[])
            .contains("entries after 1 are missing: 3 were written")
    );
}
