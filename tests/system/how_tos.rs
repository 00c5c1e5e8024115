//! The how-to about devices, followed: its files drive the devices that it tells of.

use std::path::{Path, PathBuf};

use domain::ids::OutletNumber;
use domain::observation::Position;
use domain::outlet::Wanted;
use domain::units::{MilliAmps, MilliVolts, WattHours};
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::Panel;
use outlet_controller::modbus::panel_io::PanelIo;
use system_tests::peer::Runtime;

/// The whole files of a page, in their order.
fn files(page: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("docs/how-to").join(page)).unwrap();
    text.split("```toml\n")
        .skip(1)
        .map(|after| after.split_once("\n```").unwrap().0.to_owned())
        .filter(|block| block.contains("schema = 1\n"))
        .collect()
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
