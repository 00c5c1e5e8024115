//! A file system that takes no more while charges run: the whole controller on the real store.

use std::process::{Command, Stdio};

use serde_json::json;

use super::server::Heard;
use super::world::{World, assert_numbered};

/// Set for the process in which no file can grow.
const INSIDE: &str = "DENRO_FULL_DISK";

/// The limit is a whole process's, so the story is told in one of its own: this test, started once more.
#[tokio::test]
async fn a_full_disk_stops_the_charges_safely_and_is_good_again_once_there_is_room() {
    if std::env::var_os(INSIDE).is_some() {
        return story().await;
    }
    let name = "full_disk::a_full_disk_stops_the_charges_safely_and_is_good_again_once_there_is_room";
    // A write beyond the limit is to fail, not to kill.
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn let_files_grow(limit: &str) {
    let pid = std::process::id().to_string();
    let set = Command::new("prlimit")
        .args(["--pid", &pid, &format!("--fsize={limit}:unlimited")])
        .status();
    assert!(set.unwrap().success());
}

fn alarm(heard: &[Heard], active: &str) -> Option<()> {
    let told = heard.iter().filter(|heard| heard.action == "NotifyEvent");
    let data = told.map(|heard| &heard.payload["eventData"][0]);
    let mut of_disk = data.filter(|data| data["techInfo"] == "disk_failed" && data["actualValue"] == active);
    of_disk.next().map(drop)
}

async fn story() {
    let mut world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 3_600_000})).await;
    let_files_grow("1");
    // The minute's samples cannot be written.
    world.pass(60);
    world.csms.until("an alarm", |heard| alarm(heard, "true")).await;
    world.pass(60);
    world.until_breaker(1, false).await;

    let_files_grow("unlimited");
    // The longest wait for a journal that could not be read.
    world.pass(31);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "disk_failed");
    assert_numbered(&world.events(&transaction));
    world
        .csms
        .until("the end of the alarm", |heard| alarm(heard, "false"))
        .await;
    world.charge(2, 2, json!({"duration_ms": 60_000})).await;
    world.stop_controller().await;
    assert_eq!(integrity(&world), "ok");
}

fn integrity(world: &World) -> String {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Verdict {
        #[diesel(sql_type = diesel::sql_types::Text)]
        integrity_check: String,
    }
    let file = world.folder.join("data/controller.db");
    let mut c = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    // The controller's own connection may be closing still.
    diesel::sql_query("PRAGMA busy_timeout = 60000")
        .execute(&mut c)
        .unwrap();
    let found: Verdict = diesel::sql_query("PRAGMA integrity_check")
        .get_result(&mut c)
        .unwrap();
    found.integrity_check
}
