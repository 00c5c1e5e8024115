//! The program itself: wrong configuration is one line and exit code 2, and nothing is started.

use std::path::Path;
use std::process::{Command, Output};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::authority::Authority;
use super::world::World;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let program = env!("CARGO_BIN_EXE_outlet-controller");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program).args(arguments).output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn config(world: &World, changes: &[(&str, &str)]) -> String {
    let good = format!(
        "panel = {:?}\ndata_dir = {:?}\n[server]\nurl = \"ws://127.0.0.1:9/ocpp/\"\nstation_id = \"p1\"\npassword = \"secret\"\n",
        world.folder.join("panel.toml"),
        world.folder.join("data"),
    );
    changes.iter().fold(good, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// Whoever cannot be verified is sent no code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enrol_believes_the_authorities_of_the_configuration_and_leaves_nothing_when_refused() {
    let world = World::prepare().await;
    let authority = Authority::new();
    let address = refusing_auth_server(&authority).await;
    let (file, ca_file) = (world.folder.join("controller.toml"), world.folder.join("ca.pem"));
    let identity = world.folder.join("identity");
    let server = format!("https://{address}");
    for (root, part) in [
        (authority.root_pem(), "refuses: 422"),
        (Authority::new().root_pem(), "no answer from"),
    ] {
        std::fs::write(&ca_file, root).unwrap();
        let keys = format!("identity_dir = {identity:?}\nca_file = {ca_file:?}\n");
        std::fs::write(
            &file,
            config(&world, &[("password = \"secret\"\n", keys.as_str())]),
        )
        .unwrap();
        let arguments = ["--config", file.to_str().unwrap(), "enrol", "--lang", "en"];
        let asked = ["--code", "dnr_en_x", "--server", server.as_str()];
        let arguments = [&arguments[..], &asked[..]].concat();
        let (code, _, error) = tokio::task::block_in_place(|| run(&arguments));
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.contains("nothing was changed") && error.contains(part),
            "{error}"
        );
        assert!(!identity.exists());
    }
}

/// Answers every request with 422.
async fn refusing_auth_server(authority: &Authority) -> std::net::SocketAddr {
    let (chain, key) = authority.server_chain("127.0.0.1");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let tls = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = [0; 4096];
                let _read = stream.read(&mut request).await;
                let answer =
                    b"HTTP/1.1 422 Unprocessable Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _gone = stream.write_all(answer).await;
                let _gone = stream.shutdown().await;
            }
        }
    });
    address
}

fn check(file: &Path, text: &str) -> (Option<i32>, String, String) {
    std::fs::write(file, text).unwrap();
    run(&["--config", file.to_str().unwrap(), "check-config"])
}

#[tokio::test]
async fn a_wrong_configuration_is_one_line_and_starts_nothing() {
    let world = World::prepare().await;
    let file = world.folder.join("controller.toml");
    for (changes, part) in [
        ([("data_dir", "datadir")], "unknown field `datadir`"),
        ([("password = \"secret\"", "")], "server.password: missing"),
        ([("ws://127.0.0.1:9", "ws://192.0.2.1")], "server.allow_clear"),
        (
            [("station_id = \"p1\"", "station_id = \"p:1\"")],
            "server.station_id",
        ),
        ([("panel.toml", "nowhere.toml")], "nowhere.toml: cannot be read"),
    ] {
        let (code, out, error) = check(&file, &config(&world, &changes));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
        assert!(error.contains(part) && error.lines().count() == 1, "{error}");
    }
    assert!(!world.folder.join("data").exists());
}

#[tokio::test]
async fn a_fault_in_the_panel_file_is_found_before_anything_starts() {
    let world = World::prepare().await;
    let file = world.folder.join("controller.toml");
    let text = config(&world, &[]);
    let (code, out, error) = check(&file, &text);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let expected = "waveshare-sdm120 has 8 outlets; bus a, Modbus TCP at 127.0.0.1:";
    assert!(out.contains(expected), "{out}");
    assert!(
        out.contains("11 units, ") && out.ends_with("by the test\n"),
        "{out}"
    );

    let panel = world.folder.join("panel.toml");
    let wrong = std::fs::read_to_string(&panel)
        .unwrap()
        .replace("waveshare.io8", "waveshare.io9");
    std::fs::write(&panel, wrong).unwrap();
    for command in [
        &["--config", file.to_str().unwrap(), "check-config"][..],
        &["--config", file.to_str().unwrap()],
    ] {
        let (code, _, error) = run(command);
        assert_eq!(code, Some(2), "{error}");
        assert!(
            error.contains("waveshare.io9") && error.lines().count() == 1,
            "{error}"
        );
    }
}

#[tokio::test]
async fn state_from_a_newer_program_is_refused_and_no_breaker_stays_closed() {
    use diesel::prelude::*;
    let mut world = World::start().await;
    world.charge(1, 1, json!({"duration_ms": 600_000})).await;
    world.stop_controller().await;
    assert!(world.house.is_closed(1));
    let file = world.folder.join("data/controller.db");
    let mut c = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout = 10000")
        .execute(&mut c)
        .unwrap();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
    diesel::sql_query(insert).execute(&mut c).unwrap();
    let started = outlet_controller::start(world.config(), world.clock.clone()).await;
    let error = started.unwrap_err().to_string();
    assert!(error.contains("newer than this program"), "{error}");
    assert!(!world.house.is_closed(1));
}

#[test]
fn device_types_are_listed_with_what_is_known_of_them_and_shown_whole() {
    let (code, out, error) = run(&["devices"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(out.contains("eastron.sdm120\n    Eastron SDM120-Modbus"), "{out}");
    assert!(
        out.contains("meter, transcribed from Eastron SDM120Modbus protocol V2.4; "),
        "{out}"
    );
    assert!(out.contains("switches and contacts, guess from nothing"), "{out}");
    let (_, out, _) = run(&["devices", "--json"]);
    let list: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    let relay = list.iter().find(|row| row["id"] == "waveshare.relay8d").unwrap();
    assert_eq!(relay["roles"], json!(["switches", "contacts"]));
    assert_eq!(relay["status"], "transcribed");
    assert!(list.len() >= 23 && list.iter().all(|row| row["sources"].is_array()));
    let (_, text, _) = run(&["devices", "show", "waveshare.relay8d"]);
    assert!(text.contains("id = \"waveshare.relay8d\"") && text.ends_with("holding = [[0x0000, 0xFFFF]]\n"));
    let (code, _, error) = run(&["devices", "show", "waveshare.relay9"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no device type \"waveshare.relay9\""), "{error}");
    let folder = std::env::temp_dir().join(foundation::ids::id("devices"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("own.toml"), text.replace("relay8d", "relay99")).unwrap();
    let own = ["devices", "--devices-dir", folder.to_str().unwrap()];
    assert!(run(&own).1.contains("waveshare.relay99"));
    std::fs::write(folder.join("own.toml"), text.replace("count = 8", "count = 0")).unwrap();
    let (code, _, error) = run(&own);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("own.toml: banks.") && error.lines().count() == 1,
        "{error}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn without_a_configuration_the_program_says_what_it_needs() {
    let (code, _, error) = run(&[]);
    assert_eq!(
        (code, error.as_str()),
        (Some(2), "outlet-controller: --config FILE is needed\n")
    );
}
