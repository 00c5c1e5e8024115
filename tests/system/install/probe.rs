//! `probe` in front of a simulated panel: relay board 1, trip inputs 2, meters 11 to 18, main meter 20.

use std::path::PathBuf;
use std::time::Duration;

use denro::simulator::{self, SimulatedPanel};
use foundation::Clock;
use serde_json::Value;

use super::gateway::rtu_over_tcp;
use super::outlet_controller;

fn panel() -> SimulatedPanel {
    SimulatedPanel::start(simulator::Options::new(Clock::system())).unwrap()
}

async fn probe(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = outlet_controller(&[&["probe", "--json"], arguments].concat())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{errors}"));
    (output.status.code(), json, errors)
}

fn devices(report: &Value, id: u8) -> Vec<&str> {
    let units = report["units"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["id"] == id).unwrap();
    let devices = unit["devices"].as_array().unwrap();
    devices
        .iter()
        .map(|device| device["device"].as_str().unwrap())
        .collect()
}

fn ids(report: &Value) -> Vec<u64> {
    let units = report["units"].as_array().unwrap();
    units.iter().map(|unit| unit["id"].as_u64().unwrap()).collect()
}

#[track_caller]
fn assert_panel_is_known(report: &Value, spoken: &str) {
    assert_eq!(ids(report), [1, 2, 11, 18, 20], "{report:#}");
    assert!(devices(report, 1).contains(&"waveshare.relay8d"), "{report:#}");
    // Inputs and nothing else: no board that is sold is like that.
    assert_eq!(devices(report, 2), Vec::<&str>::new(), "{report:#}");
    assert_eq!(
        devices(report, 11),
        ["eastron.sdm120", "eastron.sdm230"],
        "{report:#}"
    );
    assert!(devices(report, 20).contains(&"eastron.sdm120"), "{report:#}");
    for unit in report["units"].as_array().unwrap() {
        assert_eq!(unit["spoken_to"], spoken);
    }
}

const IDS: &str = "1-3,10,11,18-20";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_behind_modbus_tcp_is_found_named_and_never_written_to() {
    let panel = panel();
    let address = panel.address().to_string();
    let (code, report, _) = probe(&["--tcp", &address, "--ids", IDS]).await;
    assert_eq!(code, Some(0));
    assert_panel_is_known(&report, "Modbus TCP");
    let serial = report["units"][2]["devices"][0]["serial"].as_str().unwrap();
    assert!(serial.starts_with("23"), "{serial}");
    assert!(panel.history().is_empty() && panel.forbidden_writes() == 0);
    let snippet: toml::Table = report["toml"].as_str().unwrap().parse().unwrap();
    assert_eq!(snippet["bus"]["a"]["transport"].as_str(), Some("tcp"));
    assert_eq!(snippet["unit"]["u11"]["id"].as_integer(), Some(11));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_in_the_other_framing_is_found_and_the_mix_up_is_said() {
    let panel = panel();
    let gateway = rtu_over_tcp(panel.address()).await.to_string();
    let (code, report, _) = probe(&["--tcp", &gateway, "--ids", IDS, "--timeout-ms", "100"]).await;
    assert_eq!(code, Some(0));
    assert_panel_is_known(&report, "RTU over TCP");
    let notes = report["notes"].to_string();
    assert!(notes.contains("RTU over TCP, not Modbus TCP"), "{notes}");
    assert!(panel.history().is_empty() && panel.forbidden_writes() == 0);
}

/// A serial port that leads to the gateway; it lasts until it was opened and closed once.
async fn serial_port(gateway: &str) -> (tokio::process::Child, PathBuf) {
    let link = std::env::temp_dir().join(foundation::ids::id("serial"));
    let socat = tokio::process::Command::new("socat")
        .arg(format!("PTY,raw,echo=0,link={}", link.display()))
        .arg(format!("TCP:{gateway}"))
        .kill_on_drop(true)
        .spawn()
        .expect("socat is needed");
    let made = async {
        while !link.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), made)
        .await
        .expect("socat makes no terminal");
    (socat, link)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_on_a_serial_line_is_found_with_its_speed_and_framing() {
    let panel = panel();
    let gateway = rtu_over_tcp(panel.address()).await.to_string();
    let (_socat, port) = serial_port(&gateway).await;
    let port = port.to_str().unwrap();
    let line = ["--serial", port, "--baud", "9600", "--framing", "8N1"];
    let (code, report, errors) = probe(&[&line[..], &["--ids", IDS]].concat()).await;
    assert_eq!(code, Some(0), "{errors}");
    assert_panel_is_known(&report, "9600 8N1");
    let snippet: toml::Table = report["toml"].as_str().unwrap().parse().unwrap();
    assert_eq!(snippet["bus"]["a"]["transport"].as_str(), Some("rtu"));
    assert_eq!(snippet["bus"]["a"]["port"].as_str(), Some(port));
    assert!(panel.history().is_empty() && panel.forbidden_writes() == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_answers_the_program_fails_and_says_so() {
    let panel = panel();
    let address = panel.address().to_string();
    panel.stop();
    panel.stopped().await;
    let (code, report, errors) = probe(&["--tcp", &address, "--ids", "1-2"]).await;
    assert_eq!(code, Some(1));
    assert_eq!(ids(&report), Vec::<u64>::new());
    assert!(errors.contains("nothing answered"), "{errors}");
}

#[tokio::test]
async fn wrong_ids_are_one_line_and_nothing_is_asked() {
    let output = outlet_controller(&["probe", "--tcp", "127.0.0.1:9", "--ids", "0-5"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("expected unit ids from 1 to 247"), "{errors}");
}
