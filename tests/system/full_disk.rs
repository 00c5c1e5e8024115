//! A file system that takes no more: nothing acknowledged is lost, nothing is torn, and it goes on when there is room.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use system_tests::power_cut::{self, Campaign};
use system_tests::program::Launch;

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
