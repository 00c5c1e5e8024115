//! What is told wrong, what cannot be done, and how that is said.

use std::process::Command;

use crate::folder::{Folder, text};

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
    check(&folder, &cases);
}

#[test]
fn a_command_in_another_folder_makes_no_database_there() {
    let folder = Folder::new();
    let tables = "[database]\nurl = \"sqlite:auth.db\"\n[listen]\naddress = \"127.0.0.1:0\"\n";
    folder.write(&format!("issuer = \"http://127.0.0.1:7000\"\n{tables}"));
    let elsewhere = folder.0.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let run =
        |args: &[&str], place: &std::path::Path| folder.command(args).current_dir(place).output().unwrap();
    for args in [
        &["client", "list"][..],
        &["admin", "recover"],
        &["ca", "list"],
        &["key", "list"],
        &["audit", "tail"],
    ] {
        let output = run(args, &elsewhere);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(
            error.contains("auth.toml: database.url: sqlite:auth.db: there is no such file in ")
                && error.contains("elsewhere;"),
            "{error}"
        );
    }
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    let made = run(&["ca", "init", "--root-key", "root.key"], &folder.0);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(run(&["ca", "list"], &folder.0).status.success());
}

#[test]
fn no_link_is_made_to_a_server_whose_address_nobody_knows() {
    let folder = Folder::new();
    for args in [
        &["admin", "recover"][..],
        &["admin", "sign-in-link", "a@example.jp"],
    ] {
        let output = folder.command(args).output().unwrap();
        let error = text(&output.stderr);
        assert!(
            error.contains("issuer: not set") && error.contains("set issuer to"),
            "{error}"
        );
        assert!(!output.status.success() && output.stdout.is_empty());
    }
}

#[test]
fn a_mail_server_is_reached_safely_or_not_at_all() {
    let folder = Folder::new();
    let database = "[database]\nurl = \"sqlite:auth.db\"\n";
    let cases = [
        (
            format!("{database}[mail]\nserver = \"mail.example\"\nsecurity = \"none\"\nfrom = \"a@b.c\"\n"),
            "mail.security: \"none\" is for loopback only",
        ),
        (
            format!("{database}[mail]\nserver = \"mail.example\"\nuser = \"denro\"\nfrom = \"a@b.c\"\n"),
            "mail.user: expected together with mail.password_file",
        ),
        (
            format!("{database}[mail]\nserver = \"mail.example\"\nfrom = \"nobody\"\n"),
            "mail.from: ",
        ),
        (
            format!("{database}[mail]\nserver = \"mail.example\"\nca_file = \"/no\"\nfrom = \"a@b.c\"\n"),
            "mail.ca_file: /no: No such file",
        ),
    ];
    let cases: Vec<(&str, &str)> = cases
        .iter()
        .map(|(config, expected)| (config.as_str(), *expected))
        .collect();
    check(&folder, &cases);
}

fn check(folder: &Folder, cases: &[(&str, &str)]) {
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
        (
            "client create --name R --tenant ten_a --scope certificates:issue"
                .split(' ')
                .collect(),
            "audience: certificates:issue is for this server",
        ),
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
