//! Copies of databases in use, and what becomes of a charge that ran meanwhile.

use std::path::Path;
use std::process::{Command, ExitCode, Output};

use foundation::Clock;
use foundation::db::DatabaseUrl;
use serde_json::json;
use system_tests::program::Launch;
use system_tests::world::{Options, World};

fn event_server(world: &World, command: &str, file: &Path) -> Output {
    Command::new(Launch::beside_this_test().executable)
        .args(["event-server", command])
        .arg(file)
        .arg("--config")
        .arg(world.folder.join("event-server.toml"))
        .output()
        .unwrap()
}

async fn until_delivered(world: &World, wh: i64) {
    let enough = |panel: &denro::simulator::SimulatedPanel| {
        (panel.delivered_mwh(World::number(1)) >= wh * 1000).then_some(())
    };
    world.until_panel("energy", enough).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_a_charge_runs_is_restored_and_the_charge_goes_on() {
    let mut world = World::start(Options::processes()).await;
    let charge = world.charging(1, json!({})).await;
    until_delivered(&world, 500).await;
    // Nothing is told after the copy that the copy does not know.
    world.kill_controller();
    world.until_online(false).await;
    let (copy, database) = (world.folder.join("copy.db"), world.folder.join("events.db"));
    let copied = event_server(&world, "backup", &copy);
    assert!(copied.status.success(), "{copied:?}");
    let over = event_server(&world, "restore", &copy);
    assert!(
        !over.status.success() && String::from_utf8_lossy(&over.stderr).contains("nothing is overwritten")
    );
    world.kill_server();
    for end in ["", "-wal", "-shm"] {
        let file = world.folder.join(format!("events.db{end}"));
        std::fs::remove_file(file).unwrap();
    }
    let restored = event_server(&world, "restore", &copy);
    assert!(restored.status.success() && database.exists(), "{restored:?}");
    until_delivered(&world, 1_000).await;
    world.restart_server().await;
    world.restart_controller().await;
    world.until_online(true).await;
    assert_eq!(world.session(&charge).await["state"], "charging");
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    let (billed, flowed) = (
        session["energy_wh"].as_i64().unwrap(),
        world.panel.delivered_mwh(World::number(1)) / 1000,
    );
    assert!(
        billed >= 1_000 && billed <= flowed + 1,
        "{billed} Wh of {flowed} Wh"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn denro_copies_both_databases_as_one_folder_and_puts_them_back() {
    let folder = std::env::temp_dir().join(foundation::ids::id("backup"));
    std::fs::create_dir(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write(
        "auth.toml",
        format!("[database]\nurl = \"sqlite:{}\"\n", path("auth.db")),
    );
    write(
        "event.toml",
        format!(
            "[database]\nurl = \"sqlite:{}\"\n[auth]\nissuer = \"http://127.0.0.1:8401\"\n",
            path("event.db")
        ),
    );
    write(
        "denro.toml",
        "auth_server = \"auth.toml\"\nevent_server = \"event.toml\"\n".into(),
    );
    let denro = async |command: &str, what: &str| {
        let args = ["denro", command, &path(what), "--config", &path("denro.toml")].map(String::from);
        let run = tokio::task::spawn_blocking(move || denro::cli::run(args.map(Into::into)));
        run.await.unwrap()
    };
    let none_there = denro("backup", "copies").await;
    assert_ne!(none_there, ExitCode::SUCCESS);
    assert!(!folder.join("copies").exists() && !folder.join("copies.part").exists());
    let event = event_server::Config::load(&folder.join("event.toml")).unwrap();
    let mut auth = auth_server::Config::local(DatabaseUrl::sqlite(path("auth.db")));
    auth.listen = foundation::listen::Listen::loopback();
    let auth = auth_server::start(auth, Clock::system()).await.unwrap();
    let event = event_server::Config {
        listen: foundation::listen::Listen::loopback(),
        ..event
    };
    let event = event_server::start(event, Clock::system()).await.unwrap();
    assert_eq!(denro("backup", "copies").await, ExitCode::SUCCESS);
    assert_ne!(
        denro("backup", "copies").await,
        ExitCode::SUCCESS,
        "never overwritten"
    );
    assert_ne!(denro("restore", "copies").await, ExitCode::SUCCESS, "in use");
    event.stop().await;
    auth.stop().await;
    for name in ["auth.db", "event.db"] {
        for end in ["", "-wal", "-shm"] {
            let _gone_already = std::fs::remove_file(folder.join(format!("{name}{end}")));
        }
    }
    assert_eq!(denro("restore", "copies").await, ExitCode::SUCCESS);
    assert!(folder.join("auth.db").exists() && folder.join("event.db").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
