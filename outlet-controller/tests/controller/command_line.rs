//! The program itself: wrong configuration is one line and exit code 2, and nothing is started.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

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
    assert!(out.contains("waveshare-sdm120 has 8 outlets"), "{out}");

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
fn without_a_configuration_the_program_says_what_it_needs() {
    let (code, _, error) = run(&[]);
    assert_eq!(
        (code, error.as_str()),
        (Some(2), "outlet-controller: --config FILE is needed\n")
    );
}
