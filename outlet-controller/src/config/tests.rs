//! Values that a configuration may not have.

use super::*;

fn check(server: &Server, expected: Result<(), &str>) {
    let found = server.check().map_err(|bad| bad.to_string());
    match expected {
        Ok(()) => assert_eq!(found, Ok(()), "{server:?}"),
        Err(part) => assert!(
            found.as_ref().is_err_and(|e| e.contains(part)),
            "{server:?}: {found:?}"
        ),
    }
}

fn local() -> Server {
    Server::local("ws://127.0.0.1:9/ocpp/", "panel-1", "a password")
}

#[test]
fn clear_text_is_for_loopback_unless_allowed() {
    let at = |url: &str| Server {
        url: url.into(),
        ..local()
    };
    for good in [
        "ws://localhost/ocpp/",
        "ws://[::1]:1/ocpp/",
        "wss://ocpp.example.com/ocpp",
    ] {
        check(&at(good), Ok(()));
    }
    check(&at("ws://10.0.0.1/ocpp/"), Err("server.allow_clear"));
    check(
        &Server {
            allow_clear: true,
            ..at("ws://10.0.0.1/ocpp/")
        },
        Ok(()),
    );
    for bad in [
        "",
        "ocpp.example.com",
        "https://a.example/",
        "wss://u:p@a.example/",
        "wss://a.example/?x",
    ] {
        check(&at(bad), Err("expected wss://HOST"));
    }
}

#[test]
fn identity_versions_and_password_are_checked() {
    check(
        &Server {
            station_id: "a:b".into(),
            ..local()
        },
        Err("server.station_id"),
    );
    check(
        &Server {
            station_id: String::new(),
            ..local()
        },
        Err("server.station_id"),
    );
    check(
        &Server {
            versions: vec!["ocpp1.6".into()],
            ..local()
        },
        Err("ocpp2.1 or ocpp2.0.1"),
    );
    check(
        &Server {
            versions: Vec::new(),
            ..local()
        },
        Err("found none"),
    );
    check(
        &Server {
            password: None,
            ..local()
        },
        Err("server.password: missing"),
    );
    let file = Some(PathBuf::from("/nowhere/password"));
    check(
        &Server {
            password: None,
            password_file: file.clone(),
            ..local()
        },
        Err("/nowhere/password"),
    );
    check(
        &Server {
            password_file: file,
            ..local()
        },
        Err("one of them"),
    );
}

#[test]
fn a_password_is_never_printed() {
    assert!(!format!("{:?}", local()).contains("a password"));
}

#[test]
fn the_sample_is_a_good_configuration() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/controller.sample.toml");
    let config: Config = foundation::config::load(Path::new(sample)).unwrap();
    let server = Server {
        password: Some(Password("x".into())),
        password_file: None,
        ..config.server
    };
    check(&server, Ok(()));
}
