//! A file system that takes no more: nothing acknowledged is lost, nothing is torn, and it goes on when there is room.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use foundation::Clock;
use reqwest::Method;
use serde_json::json;
use system_tests::power_cut::{self, Campaign};
use system_tests::program::{Launch, Process};
use system_tests::world::{DEADLINE, Servers};
use system_tests::{api, reporter};

const CAMPAIGN: Campaign = Campaign {
    seed: 5,
    acts: 150,
    cuts: 0,
    unsynced: false,
};
/// No file grows beyond so many KiB: the log reaches that in the middle of a commit.
const LIMIT_KIB: u32 = 777;

/// As on a full disk the write fails in mid-page; the limit, unlike a disk, needs no rights.
#[tokio::test]
async fn a_full_disk_tears_nothing_and_is_good_again_once_there_is_room() {
    let folder = std::env::temp_dir().join(foundation::ids::id("full-disk"));
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut command = Command::new("bash");
    let limited = format!("trap '' XFSZ; ulimit -S -f {LIMIT_KIB}; exec \"$0\" \"$@\"");
    command
        .arg("-c")
        .arg(limited)
        .arg(Launch::beside_this_test().executable);
    command.args(CAMPAIGN.writer_args(&data, power_cut::STUBBORN));
    let mut writer = command.stdout(Stdio::piped()).spawn().unwrap();
    let (mut done, mut failed) = (0, 0);
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        match line.unwrap().as_str() {
            "ack" => done += 1,
            "failed" => {
                failed += 1;
                if failed == 3 {
                    assert_eq!(CAMPAIGN.loss_now(&data, &folder.join("copy"), done).await, None);
                    let pid = writer.id().to_string();
                    let freed = Command::new("prlimit")
                        .args(["--pid", &pid, "--fsize=unlimited"])
                        .status();
                    assert!(freed.unwrap().success());
                }
            }
            other => panic!("{other}"),
        }
    }
    assert!(writer.wait().unwrap().success());
    assert!(failed >= 3, "the limit was never reached");
    assert_eq!(done, CAMPAIGN.acts);
    assert_eq!(CAMPAIGN.loss_now(&data, &folder.join("end"), done).await, None);
    std::fs::remove_dir_all(folder).unwrap();
}

/// What keeps the event-server from writing.
struct Disk {
    folder: PathBuf,
    /// Mounted, so small that it can be filled.
    small: bool,
}

impl Disk {
    /// `None` where nobody may mount anything.
    fn small() -> Option<Self> {
        let folder = std::env::temp_dir().join(foundation::ids::id("small-disk"));
        std::fs::create_dir(&folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        let small = mount.is_ok_and(|mounted| mounted.success());
        if !small {
            eprintln!("SKIPPED: needs the right to mount a file system");
            std::fs::remove_dir(&folder).unwrap();
        }
        small.then_some(Self { folder, small })
    }

    /// An ordinary one, of which the server gets no more than it is allowed.
    fn ordinary() -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("disk"));
        std::fs::create_dir(&folder).unwrap();
        Self { folder, small: false }
    }

    fn fill(&self, server: &Process) {
        if !self.small {
            return limit(server, "65536:");
        }
        let mut ballast = std::fs::File::create(self.folder.join("ballast")).unwrap();
        for size in [65_536, 512, 1] {
            while ballast.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn free(&self, server: &Process) {
        if !self.small {
            return limit(server, "unlimited:");
        }
        std::fs::remove_file(self.folder.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.small {
            let _still_in_use = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

fn limit(server: &Process, size: &str) {
    let pid = server.id().to_string();
    let limited = Command::new("prlimit")
        .args(["--pid", &pid, &format!("--fsize={size}")])
        .status();
    assert!(limited.unwrap().success());
}

async fn until_ready(servers: &Servers, ready: bool) {
    let status = if ready { 200 } else { 503 };
    let asked = async {
        loop {
            let answer = api::answer(servers.api.bare(Method::GET, "/readyz"))
                .await
                .unwrap();
            if answer.status == status {
                return assert_eq!(answer.body, json!({"database": ready, "keys": true}));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, asked)
        .await
        .expect("/readyz tells");
}

async fn sites(servers: &Servers) -> usize {
    servers.api.get("/v1/sites").await["data"]
        .as_array()
        .unwrap()
        .len()
}

/// Stations report all the time, and none of them is ever told no.
async fn an_event_server_outlives(disk: Disk) {
    let program = Launch::beside_this_test().executable;
    let launch = Launch {
        executable: "bash".into(),
        prefix: vec![
            "-c".into(),
            "trap '' XFSZ; exec \"$0\" \"$@\"".into(),
            program.display().to_string(),
        ],
    };
    let (clock, url) = (
        Clock::system(),
        format!("sqlite:{}", disk.folder.join("events.db").display()),
    );
    let mut servers = Servers::start_on(Some(&url), clock.clone(), Some(launch)).await;
    until_ready(&servers, true).await;
    let over = Arc::new(AtomicBool::new(false));
    let mut reporters = Vec::new();
    for _ in 0..4 {
        let begun = reporter::begin(&servers.api, servers.address()).await;
        reporters.push(tokio::spawn(begun.run(over.clone())));
    }
    let before = sites(&servers).await;
    disk.fill(servers.event_server());
    until_ready(&servers, false).await;
    let refused = servers.api.post("/v1/sites", &json!({"name": "No room"})).await;
    assert_eq!(refused.problem(), (503, "unavailable"));
    assert_eq!(refused.header("retry-after"), "1");
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("disk is full or fails")
    );
    assert_eq!(sites(&servers).await, before, "what is there can be read");
    let log = servers.event_server().log_text();
    assert!(
        log.contains("disk is full") || log.contains("disk I/O error"),
        "{log}"
    );
    disk.free(servers.event_server());
    until_ready(&servers, true).await;
    servers.api.post("/v1/sites", &json!({"name": "Room"})).await.ok();
    over.store(true, SeqCst);
    let mut told = Vec::new();
    for reporter in reporters {
        told.push(reporter.await.unwrap());
    }
    // What was acknowledged meanwhile and since is on the disk, and nothing that was not.
    servers.restart_after(&clock, || ()).await;
    for told in told {
        assert_eq!(told.refusals, Vec::<String>::new());
        let session = servers
            .api
            .get(&format!("/v1/sessions/{}", told.session_id))
            .await;
        assert_eq!(session["energy_wh"], told.acknowledged_wh, "{session:#}");
    }
    assert_eq!(sites(&servers).await, before + 1);
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_server_whose_disk_is_full_says_so_acknowledges_nothing_and_heals_once_there_is_room() {
    if let Some(disk) = Disk::small() {
        an_event_server_outlives(disk).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_server_whose_writes_fail_says_so_acknowledges_nothing_and_heals_once_they_succeed() {
    an_event_server_outlives(Disk::ordinary()).await;
}
