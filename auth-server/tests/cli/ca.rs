//! `ca …`: the authority from the command line.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::folder::{Folder, str_of, text};

impl Folder {
    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn init(&self) -> Value {
        self.json(&["ca", "init", "--root-key", &self.path("root.key"), "--json"])
    }

    fn request(&self, curve: &str) -> String {
        let (key, csr) = (self.path("panel.key"), self.path("panel.csr"));
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["req", "-new", "-nodes", "-subj", "/CN=whatever", "-newkey", "ec"]);
        openssl.args(["-pkeyopt", &format!("ec_paramgen_curve:{curve}")]);
        let output = openssl.args(["-keyout", &key, "-out", &csr]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        csr
    }

    fn refused(&self, args: &[&str], expected: &str) {
        let output = self.run(args);
        let error = text(&output.stderr);
        assert!(
            !output.status.success() && error.contains(expected),
            "{args:?}: {error}"
        );
        assert_eq!(text(&output.stdout), "", "{args:?}");
    }
}

#[test]
fn an_authority_is_made_once_and_its_root_key_is_the_operators() {
    let folder = Folder::new();
    folder.refused(&["ca", "root"], "there is no authority yet: auth-server ca init");
    folder.refused(&["ca", "enrol", "p", "--site", "s"], "there is no authority yet");
    let made = folder.init();
    let key = folder.0.join("root.key");
    assert_eq!(
        std::fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let private = std::fs::read_to_string(&key).unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----"), "{private}");
    assert!(!made.to_string().contains("PRIVATE"), "{made}");
    let database = std::fs::read(folder.0.join("auth.db")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains("BEGIN PRIVATE"));

    let (first, second) = (folder.path("root.key"), folder.path("second.key"));
    for key in [&first, &second] {
        folder.refused(
            &["ca", "init", "--root-key", key],
            "there is an authority already",
        );
    }
    folder.refused(
        &["ca", "init", "--root-key", &first, "--replace"],
        "root.key: cannot be made: File exists",
    );
    assert!(!folder.0.join("second.key").exists());
    assert_eq!(std::fs::read_to_string(&key).unwrap(), private);
    let shown = folder.json(&["ca", "root", "--json"]);
    assert_eq!(shown, made);
    assert_eq!(folder.answer(&["ca", "root"]), str_of(&made, "root"));

    let replaced = folder.answer(&["ca", "init", "--root-key", &second, "--replace"]);
    let new = folder.json(&["ca", "root", "--json"]);
    assert_ne!(new.get("fingerprint"), made.get("fingerprint"));
    assert!(replaced.contains(str_of(&new, "fingerprint")), "{replaced}");
}

#[test]
fn a_listener_for_certificates_is_checked_for_the_authority_that_they_are_of() {
    let folder = Folder::new();
    let (key, certificate) = (folder.path("tls.key"), folder.path("tls.crt"));
    let mut openssl = std::process::Command::new("openssl");
    openssl.args([
        "req", "-x509", "-new", "-nodes", "-subj", "/CN=auth", "-newkey", "ec",
    ]);
    openssl.args([
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
    assert!(openssl.output().unwrap().status.success());
    let table = format!(
        "[mutual_tls]\naddress = \"127.0.0.1:0\"\ntls = {{ certificate = {certificate:?}, key = {key:?} }}\n"
    );
    folder.configure(&table);
    folder.refused(
        &["check-config"],
        "auth.toml: mutual_tls: there is no authority yet whose certificates could be shown there",
    );
    assert!(!folder.0.join("auth.db").exists(), "it has made nothing");
    folder.answer(&["client", "list"]);
    folder.refused(&["check-config"], "auth-server ca init --root-key FILE");
    folder.init();
    assert!(folder.answer(&["check-config"]).ends_with("auth.toml: good\n"));
}

#[test]
fn a_secret_that_others_may_read_is_told_of_and_taken() {
    let folder = Folder::new();
    let secret = folder.0.join("mail-password");
    std::fs::write(&secret, "secret").unwrap();
    let table = format!(
        "[mail]\nserver = \"mail.example.com\"\nfrom = \"denro@example.com\"\nuser = \"denro\"\npassword_file = {secret:?}\n"
    );
    folder.configure(&table);
    for (mode, expected) in [
        (
            0o640,
            "mail-password: others on this machine may read the secret: chmod 600",
        ),
        (0o600, ""),
    ] {
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = folder.run(&["check-config"]);
        let warned = text(&output.stderr);
        assert!(output.status.success() && text(&output.stdout).ends_with("good\n"));
        assert!(
            warned.contains(expected) && warned.is_empty() == expected.is_empty(),
            "{warned}"
        );
    }
}

#[test]
fn a_code_is_shown_once_with_the_roots_fingerprint_and_a_picture() {
    let folder = Folder::new();
    let made = folder.init();
    let answer = folder.answer(&["ca", "enrol", "panel-7", "--site", "site_1"]);
    assert_eq!(answer.matches("dnr_en_").count(), 1, "{answer}");
    assert!(
        answer.contains(str_of(&made, "fingerprint")) && answer.contains('█'),
        "{answer}"
    );
    let json = folder.json(&[
        "ca", "enrol", "panel-7", "--site", "site_1", "--tenant", "ten_a", "--valid", "15m", "--json",
    ]);
    assert_eq!(str_of(&json, "tenant_id"), "ten_a");
    assert!(
        str_of(&json, "uri").ends_with("/site/site_1/controller/panel-7"),
        "{json}"
    );
    let log = folder.answer(&["audit", "tail"]);
    assert!(
        log.contains("certificate.enrolment_created") && !log.contains("dnr_en_"),
        "{log}"
    );
    let enrol = |more: &[&'static str]| [&["ca", "enrol"], more].concat();
    folder.refused(&enrol(&["a b", "--site", "s"]), "expected letters, digits, - _ .");
    folder.refused(&enrol(&["a/b", "--site", "s"]), "expected letters, digits, - _ .");
    folder.refused(&enrol(&["a", "--site", ""]), "expected letters, digits, - _ .");
    folder.refused(
        &enrol(&["a", "--site", "s", "--tenant", "x"]),
        "tenant: expected the id of a tenant",
    );
    folder.refused(
        &enrol(&["a", "--site", "s", "--valid", "8d"]),
        "expected 1m to 168h",
    );
}

#[test]
fn a_request_is_signed_on_the_host_listed_and_revoked() {
    let folder = Folder::new();
    folder.init();
    assert!(folder.answer(&["ca", "list"]).starts_with("No certificates yet"));
    let csr = folder.request("P-256");
    let issue = ["ca", "issue", "panel-7", "--site", "site_1", "--csr", &csr];
    let chain = folder.answer(&issue);
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2, "{chain}");
    let list = folder.json(&["ca", "list", "--json"]);
    let serial = str_of(list.get(0).unwrap(), "serial").to_owned();
    assert_eq!(str_of(list.get(0).unwrap(), "how"), "host");
    assert!(
        folder
            .answer(&["ca", "list"])
            .contains(&format!("{serial}  good until"))
    );

    assert!(folder.answer(&["ca", "revoke", &serial]).contains(&serial));
    assert!(
        folder
            .answer(&["ca", "list"])
            .contains(&format!("{serial}  revoked"))
    );
    let nothing = folder.answer(&["ca", "revoke", "--station", "panel-7"]);
    assert!(nothing.starts_with("Nothing to revoke"), "{nothing}");
    folder.answer(&issue);
    let revoked = folder.json(&["ca", "revoke", "--station", "panel-7", "--json"]);
    assert_eq!(revoked.as_array().unwrap().len(), 1);
    folder.refused(&["ca", "revoke", "00"], "there is no certificate 00");
    folder.refused(&["ca", "revoke"], "<SERIAL|--station <STATION_ID>>");
    folder.refused(&["ca", "revoke", "00", "--station", "p"], "cannot be used with");

    folder.answer(&issue);
    folder.answer(&[
        "ca",
        "init",
        "--root-key",
        &folder.path("second.key"),
        "--replace",
    ]);
    let list = folder.json(&["ca", "list", "--json"]);
    let newest = list.get(0).unwrap();
    assert_eq!(
        newest.get("is_issuer_replaced"),
        Some(&Value::Bool(true)),
        "{list}"
    );
    let shown = folder.answer(&["ca", "list"]);
    let line = format!(
        "{}  of no use: its authority was replaced",
        str_of(newest, "serial")
    );
    assert!(shown.contains(&line) && !shown.contains("good until"), "{shown}");
    folder.answer(&issue);
    assert!(folder.answer(&["ca", "list"]).contains("good until"));

    let csr = folder.request("P-384");
    let issue = ["ca", "issue", "panel-7", "--site", "site_1", "--csr", &csr];
    folder.refused(&issue, "panel.csr: the request's key is not a P-256 key");
}

#[test]
fn a_client_that_proves_itself_by_a_certificate_has_no_secret() {
    let folder = Folder::new();
    let uri = "spiffe://127.0.0.1/site/site_1/controller/panel-7";
    let create = |uri: &'static str| {
        let client = [
            "client",
            "create",
            "--name",
            "P",
            "--tenant",
            "ten_a",
            "--scope",
            "outlets:read",
        ];
        [&client[..], &["--certificate-uri", uri]].concat()
    };
    let answer = folder.answer(&create(uri));
    assert!(
        answer.contains(&format!("Proof     {uri}")) && !answer.contains("Secret"),
        "{answer}"
    );
    let json = folder.json(&[&create(uri)[..], &["--json"]].concat());
    assert_eq!(str_of(&json, "tls_client_auth_san_uri"), uri);
    folder.refused(
        &["client", "rotate-secret", str_of(&json, "client_id")],
        "client: it proves itself by a key or a certificate, and has no secret",
    );
    folder.refused(
        &create("spiffe://x"),
        "expected spiffe://DOMAIN/site/SITE_ID/controller/STATION_ID",
    );
}
