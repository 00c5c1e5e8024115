//! `key …` and `audit …`.

use serde_json::Value;

use crate::folder::{Folder, str_of, text};

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
    // One in sixty-four names begins with a hyphen.
    for nobody in ["nobody", "-5n4u"] {
        let output = folder.run(&["key", "revoke", nobody]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            text(&output.stderr),
            format!("auth-server: there is no signing key {nobody}\n")
        );
    }
    let output = folder.run(&["audit", "verify", "--head", "-MEl"]);
    let error = text(&output.stderr) + &text(&output.stdout);
    assert!(!error.contains("unexpected argument"), "{error}");
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
