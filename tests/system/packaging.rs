//! The units for systemd, judged by systemd itself.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `systemd-analyze security` counts from 0 (closed) to 100 (open).
const MOST_EXPOSED: u8 = 20;

fn units() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn every_unit_is_closed_to_what_its_program_does_not_need() {
    for unit in units() {
        let threshold = format!("--threshold={MOST_EXPOSED}");
        let analyze = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", &threshold])
            .arg(&unit)
            .output();
        let Ok(said) = analyze else {
            eprintln!("SKIPPED: needs systemd-analyze (Debian package systemd)");
            return;
        };
        let text = String::from_utf8_lossy(&said.stdout);
        let errors = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{}: {text}{errors}", unit.display());
        assert!(!errors.contains("Unknown"), "{errors}");
    }
}

#[test]
fn serial_adapters_may_be_plugged_in_after_the_start() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd/outlet-controller.service");
    let text = std::fs::read_to_string(unit).unwrap();
    let allowed = text.lines().filter_map(|line| line.strip_prefix("DeviceAllow="));
    let allowed: Vec<&str> = allowed.collect();
    assert_eq!(
        allowed,
        ["char-4 rw", "char-166 rw", "char-188 rw", "char-204 rw"]
    );
}

#[test]
fn every_unit_is_understood() {
    for unit in units() {
        let analyze = Command::new("systemd-analyze").arg("verify").arg(&unit).output();
        let Ok(said) = analyze else {
            eprintln!("SKIPPED: needs systemd-analyze (Debian package systemd)");
            return;
        };
        let errors = String::from_utf8_lossy(&said.stderr);
        let name = unit.file_name().unwrap().to_str().unwrap();
        // That the program is not installed here is no fault of the unit.
        let about_it = |line: &&str| line.contains(name) && !line.contains("is not executable");
        let faults: Vec<&str> = errors.lines().filter(about_it).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn every_unit_starts_a_program_of_ours_and_never_gives_up() {
    let units = units();
    assert!(!units.is_empty());
    for unit in units {
        let name = unit.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&unit).unwrap();
        assert!(text.contains(&format!("\nExecStart=/usr/bin/{name} ")), "{name}");
        for line in ["Restart=always", "StartLimitIntervalSec=0", "NoNewPrivileges=yes"] {
            assert!(text.lines().any(|found| found == line), "{name}: {line}");
        }
    }
}
