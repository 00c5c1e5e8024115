//! The script that installs what controllers hand over, followed with other programs in the places of `dpkg` and `systemctl`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use system_tests::program::Launch;
use system_tests::world::Options;
use tokio::process::Command;

use super::site::{Site, ask, outcome, until_status};

fn write_program(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the script; `refused` is the package that cannot be installed.
async fn install(site: &Site, refused: &str) -> bool {
    let programs = site.world.folder.join("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let launch = Launch::beside_this_test();
    let program = format!("exec {} outlet-controller \"$@\"", launch.executable.display());
    write_program(&programs, "outlet-controller", &program);
    let log = site.world.folder.join("installed").display().to_string();
    let dpkg = format!("cat \"$2\" >> {log}; echo >> {log}; ! grep -q '{refused}' \"$2\"");
    write_program(&programs, "dpkg", &dpkg);
    write_program(&programs, "systemctl", "true");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/firmware/install-firmware");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let status = Command::new("sh")
        .arg(script)
        .env("PATH", path)
        .env("DENRO_CONFIG", site.world.folder.join("outlet-controller.toml"))
        .env("DENRO_FIRMWARE", site.folder())
        .env("DENRO_STORE", site.world.folder.join("store"))
        .status();
    status.await.unwrap().success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_package_that_cannot_be_installed_makes_room_for_the_one_before() {
    let Some(site) = Site::start(Options::default()).await else {
        return;
    };
    for (name, is_good) in [("first", true), ("second", false)] {
        let firmware = site.firmware(name, name.as_bytes());
        let command_id = ask(&site.world, "firmware-updates", &site.signed(name, &firmware)).await;
        site.until_it_waits().await;
        assert_eq!(install(&site, "second").await, is_good, "{name}");
        let told = outcome(&site.world, &command_id).await;
        assert_eq!(told["state"] == "confirmed", is_good, "{told}");
        if !is_good {
            assert_eq!(told["reason"], json!("installation_failed"));
            assert!(
                told["detail"]
                    .as_str()
                    .unwrap()
                    .contains("the one before is back"),
                "{told}"
            );
        }
    }
    let installed = std::fs::read_to_string(site.world.folder.join("installed")).unwrap();
    assert_eq!(installed, "first\nsecond\nfirst\n");
    assert!(!install(&site, "").await, "there is nothing to be installed");
    until_status(&site.world, "installation_failed").await;
    site.world.stop().await;
}
