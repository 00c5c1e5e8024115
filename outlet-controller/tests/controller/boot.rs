//! Starts that go wrong: no breaker stays closed, and what the panel does not need keeps nothing from running.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use outlet_controller::Config;
use outlet_controller::config::LocalListen;
use serde_json::json;

use super::server::Heard;
use super::world::World;

/// The real program; it ends with the test.
struct Program(Child);

impl Program {
    fn start(world: &World, change: impl Fn(String) -> String) -> Self {
        let file = world.folder.join("controller.toml");
        let text = format!(
            "panel = {:?}\ndata_dir = {:?}\n[server]\nurl = \"ws://{}/ocpp/\"\nstation_id = \"p1\"\npassword = \"secret\"\n",
            world.folder.join("panel.toml"),
            world.folder.join("data"),
            world.csms.address,
        );
        std::fs::write(&file, change(text)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_outlet-controller"))
            .arg("--config")
            .arg(file)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Its exit code and what it said.
    async fn ended(mut self) -> (Option<i32>, String) {
        tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            let mut stderr = self.0.stderr.take().unwrap();
            std::io::Read::read_to_string(&mut stderr, &mut said).unwrap();
            (self.0.wait().unwrap().code(), said)
        })
        .await
        .unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = (self.0.kill(), self.0.wait());
    }
}

fn lost(heard: &[Heard]) -> Option<()> {
    let told = heard.iter().filter(|heard| heard.action == "NotifyEvent");
    told.map(|heard| &heard.payload["eventData"][0]["techInfo"])
        .any(|info| info == "state_lost")
        .then_some(())
}

#[tokio::test]
async fn what_the_panel_does_not_need_keeps_no_charge_from_ending() {
    type Fault = fn(&mut Config);
    let faults: [Fault; 6] = [
        |config| config.server.url = "no address".into(),
        |config| config.server.password = None,
        |config| {
            (config.server.password, config.server.password_file) = (None, Some(PathBuf::from("/nowhere")))
        },
        |config| config.server.ca_file = Some(PathBuf::from("/nowhere")),
        |config| config.journal.max_mb = 1,
        |config| {
            let listen: SocketAddr = "0.0.0.0:0".parse().unwrap();
            config.metrics = Some(LocalListen {
                listen,
                open_to_network: false,
            });
        },
    ];
    for fault in faults {
        let mut world = World::start().await;
        world.charge(1, 1, json!({"duration_ms": 600_000})).await;
        world.stop_controller().await;
        let mut config = world.config();
        fault(&mut config);
        assert!(config.check().is_err());
        config.status = Some(LocalListen::loopback());
        world.start_with(config).await;
        assert!(world.addresses().metrics.is_none());
        world.settle().await;
        assert!(world.house.is_closed(1));
        world.pass(601);
        world.until_breaker(1, false).await;
    }
}

#[tokio::test]
async fn a_fault_of_the_servers_part_is_on_the_status_page() {
    let mut world = World::prepare().await;
    let mut config = world.config();
    (config.server.password, config.server.password_file) = (None, Some(PathBuf::from("/nowhere")));
    config.status = Some(LocalListen::loopback());
    world.start_with(config).await;
    let url = format!("http://{}/status.json", world.addresses().status.unwrap());
    let told = async {
        loop {
            let status: serde_json::Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            if let Some(trouble) = status["link"]["trouble"].as_str() {
                return trouble.to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(30), told)
        .await
        .unwrap();
    assert!(told.starts_with("server.password_file: /nowhere: "), "{told}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_leaves_no_breaker_of_its_panel_closed() {
    let world = World::prepare().await;
    world.house.change(4, |outlet| outlet.closed = true);
    let program = Program::start(&world, |text| text.replace("station_id", "stationid"));
    let (code, said) = program.ended().await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("stationid") && said.lines().count() == 1, "{said}");
    assert!(!world.house.is_closed(4));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_touches_no_panel_with_which_a_controller_works() {
    let world = World::start().await;
    world.charge(1, 1, json!({"duration_ms": 600_000})).await;
    let program = Program::start(&world, |text| text + "nonsense = 1\n");
    assert_eq!(program.ended().await.0, Some(2));
    assert!(world.house.is_closed(1));
}

#[tokio::test]
async fn a_broken_database_is_put_aside_and_the_program_runs_with_every_breaker_open() {
    let world = World::prepare().await;
    world.house.change(4, |outlet| outlet.closed = true);
    let data = world.folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("controller.db"), "no database at all. ".repeat(300)).unwrap();
    let _program = Program::start(&world, |text| text);
    world.csms.until("the loss", lost).await;
    world.until_available().await;
    world.until_breaker(4, false).await;
    let kept = std::fs::read_dir(&data).unwrap();
    let kept = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        kept.filter(|name| name.starts_with("controller.db.corrupt-"))
            .count(),
        1
    );
    world.charge(1, 1, json!({"duration_ms": 600_000})).await;
}

#[tokio::test]
async fn an_outlet_whose_row_cannot_be_read_begins_anew_and_the_others_go_on() {
    use diesel::connection::SimpleConnection;
    let mut world = World::start().await;
    let kept = world.charge(1, 1, json!({"duration_ms": 600_000})).await;
    world.charge(2, 2, json!({"duration_ms": 600_000})).await;
    world.stop_controller().await;
    let mut disk = world.lock_disk();
    disk.batch_execute("UPDATE outlets SET saved = 'nothing' WHERE number = 2; COMMIT")
        .unwrap();
    drop(disk);
    world.start_controller().await;
    world.csms.until("the loss", lost).await;
    world.until_breaker(2, false).await;
    assert!(world.house.is_closed(1));
    world.pass(601);
    let ended = world.until_event(&kept, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

#[tokio::test]
async fn a_program_that_is_told_to_stop_says_so_in_plain_text_and_ends() {
    let world = World::prepare().await;
    let program = Program::start(&world, |text| text);
    let registered = |heard: &[Heard]| {
        let mut heard = heard.iter().map(|heard| &heard.action);
        heard.any(|action| action == "BootNotification").then_some(())
    };
    world.csms.until("a registration", registered).await;
    let pid = program.0.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    let (code, said) = program.ended().await;
    assert_eq!(code, Some(0), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.ends_with("stopped") && !said.contains('\u{1b}'), "{said}");
}
