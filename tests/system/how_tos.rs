//! The how-to about devices, followed: its files drive the devices that it tells of, and its commands say what it says.

use std::path::{Path, PathBuf};

use domain::ids::OutletNumber;
use domain::observation::Position;
use domain::outlet::Wanted;
use domain::units::{MilliAmps, MilliVolts, WattHours};
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::Panel;
use outlet_controller::modbus::panel_io::PanelIo;
use system_tests::peer::Runtime;
use system_tests::program::Launch;

use crate::install::outlet_controller;

/// The TOML blocks of a page, in their order.
fn blocks(page: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("docs/how-to").join(page)).unwrap();
    text.split("```toml\n")
        .skip(1)
        .map(|after| after.split_once("\n```").unwrap().0.to_owned())
        .collect()
}

/// The whole files of a page.
fn files(page: &str) -> Vec<String> {
    let mut files = blocks(page);
    files.retain(|block| block.contains("schema = 1\n"));
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_of_the_how_to_drive_the_devices_that_it_tells_of() {
    if !Runtime::Python.is_there() {
        return;
    }
    let folder: PathBuf = std::env::temp_dir().join(foundation::ids::id("how-to"));
    std::fs::create_dir(&folder).unwrap();
    for (number, text) in files("add-a-device.md").iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.toml")), text).unwrap();
    }
    let library = Library::with_directory(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let mut peer = Runtime::Python.start("how_to.py", &[]);
    let port = peer.until("port").await["port"].to_string();
    let text = files("describe-a-panel.md").remove(0).replace("15020", &port);
    let panel = Panel::parse(Path::new("panel.toml"), &text, &library).unwrap();
    let io = PanelIo::open(panel);
    let third = OutletNumber::new(3).unwrap();
    let seen = io.look_at(third).await;
    assert_eq!((seen.position, seen.tripped), (Position::Open, Some(false)));
    io.switch(third, Wanted::Closed).await.unwrap();
    assert_eq!(io.look_at(third).await.position, Position::Closed);
    let reading = io.read_meter(third).await;
    assert_eq!(reading.voltage, Ok(MilliVolts(203_400)));
    assert_eq!(reading.current, Ok(MilliAmps(14_200)));
    assert_eq!(reading.register, Ok(WattHours(1_234_560)));
    let others = io.look().await;
    let open = others
        .iter()
        .filter(|(_, seen)| seen.position == Position::Open)
        .count();
    assert_eq!(open, 3);
    io.switch(third, Wanted::Open).await.unwrap();
    assert_eq!(io.look_at(third).await.position, Position::Open);
    assert!(peer.heard().iter().all(|line| line["wrong"].is_null()));
    io.close().await;
}

/// Its whole answer, after a good end.
async fn answer(folder: &Path, arguments: &[&str]) -> String {
    let output = outlet_controller(arguments)
        .current_dir(folder)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}\n{errors}");
    text
}

/// The program's own file, as the page gives it, but for the port.
fn controller() -> String {
    let page = blocks("describe-a-panel.md");
    let file = page.into_iter().find(|block| block.contains("data_dir"));
    file.unwrap().replace(":8090", ":0")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_how_to_go_from_an_empty_folder_to_a_commissioned_panel() {
    if !Runtime::Python.is_there() {
        return;
    }
    // Meters that count fast: a commissioning waits for their registers.
    let mut peer = Runtime::Python.start("how_to.py", &["0", "20"]);
    let port = peer.until("port").await["port"].to_string();
    let folder: PathBuf = std::env::temp_dir().join(foundation::ids::id("how-to"));
    std::fs::create_dir_all(folder.join("devices")).unwrap();
    for (name, text) in ["acme.m1", "acme.b4"].iter().zip(files("add-a-device.md")) {
        std::fs::write(folder.join(format!("devices/{name}.toml")), text).unwrap();
    }
    let panel = files("describe-a-panel.md").remove(0).replace("15020", &port);
    std::fs::write(folder.join("panel.toml"), panel).unwrap();
    std::fs::write(folder.join("controller.toml"), controller()).unwrap();

    let listed = answer(&folder, &["devices", "--devices-dir", "devices"]).await;
    assert!(listed.contains("ACME M1: single-phase meter") && listed.contains("ACME B4: four breakers"));
    let bus = format!("127.0.0.1:{port}");
    let ids = ["--ids", "1,11-14", "--devices-dir", "devices"];
    let found = answer(&folder, &[&["probe", "--tcp", &bus], &ids[..]].concat()).await;
    for part in [
        "looks like acme.m1",
        "M1-00001",
        "M1-00004",
        "203.4 V",
        "1234.56 kWh",
        "acme.b4",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    let checked = answer(&folder, &["--config", "controller.toml", "check-config"]).await;
    assert!(
        checked.contains("not commissioned: no breaker is closed from afar"),
        "{checked}"
    );
    let skip = ["--yes", "--by", "the test", "--skip-trip", "no test buttons"];
    let walk = [&["--config", "controller.toml", "commission"], &skip[..]].concat();
    let protocol = answer(&folder, &walk).await;
    assert!(protocol.contains("Result: PASSED"), "{protocol}");
    let checked = answer(&folder, &["--config", "controller.toml", "check-config"]).await;
    assert!(checked.trim_end().ends_with("by the test"), "{checked}");
    let panel: toml::Table = std::fs::read_to_string(folder.join("panel.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(panel["pinned"]["m3"].as_str(), Some("M1-00003"));
    let mut running = Launch::beside_this_test().start("outlet-controller", &folder.join("controller.toml"));
    running.until_it_says("outlet-controller runs").await;
    running.kill();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(peer.heard().iter().all(|line| line["wrong"].is_null()));
}
