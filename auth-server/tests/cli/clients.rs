//! `client …` and `token …`.

use serde_json::Value;

use crate::folder::{Folder, str_of, text};
use crate::running::Running;

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
fn a_client_may_be_bound_to_proofs_of_a_key() {
    let folder = Folder::new();
    let create = [
        "client",
        "create",
        "--name",
        "App",
        "--tenant",
        "ten_a",
        "--scope",
        "outlets:read",
    ];
    let bound = [&create[..], &["--dpop-bound"]].concat();
    assert!(
        folder
            .answer(&bound)
            .contains("Tokens    with a proof of a key (DPoP) alone")
    );
    assert!(!folder.answer(&create).contains("DPoP"));
    let json = folder.json(&[&bound[..], &["--json"]].concat());
    assert_eq!(json.get("dpop_bound_access_tokens"), Some(&Value::Bool(true)));
    let list = folder.json(&["client", "list", "--json"]);
    assert_eq!(
        list.pointer("/0/dpop_bound_access_tokens"),
        Some(&Value::Bool(true))
    );
    assert_eq!(
        list.pointer("/1/dpop_bound_access_tokens"),
        Some(&Value::Bool(false))
    );
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
    let listed = folder.json(&["client", "list", "--json"]);
    let id = str_of(&listed[0], "client_id");
    let refused = text(&folder.run(&["client", "rotate-secret", id]).stderr);
    assert!(refused.contains("has no secret"), "{refused}");
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
