//! `commission` in front of a simulated panel, answered through its standard input as a person or a script would.

use std::path::Path;

use denro::simulator::{MeterFault, What};
use domain::observation::Position;
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::{Panel, Walked};
use serde_json::Value;
use tokio::process::Child;

use super::outlet_controller;
use super::site::{Site, faults, number, text, until_end, walked};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_panel_passes_and_its_file_is_pinned_and_commissioned() {
    let site = Site::new(&[]);
    let before = std::fs::read_to_string(site.panel_file()).unwrap();
    let ended = walked(&site).await;
    assert_eq!(ended.code, Some(0), "{}\n{:#}", ended.said, ended.protocol);
    assert_eq!(
        (&ended.protocol["passed"], &ended.protocol["by"]),
        (&Value::from(true), &Value::from("Yamada"))
    );
    site.assert_all_off();
    let after = std::fs::read_to_string(site.panel_file()).unwrap();
    assert!(after.starts_with("# As wired on Tuesday.\n") && before.len() < after.len());
    let table: toml::Table = after.parse().unwrap();
    assert_eq!(table["commissioned"]["by"].as_str(), Some("Yamada"));
    let outlets: Vec<i64> = table["commissioned"]["outlets"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(toml::Value::as_integer)
        .collect();
    assert_eq!(outlets, [1, 2]);
    let library = Library::with_directory(&site.folder.join("devices")).unwrap();
    let load = |text: &str| Panel::parse(Path::new("panel.toml"), text, &library).unwrap();
    let walked = |panel: &Panel| {
        panel
            .outlets
            .iter()
            .map(|outlet| outlet.walked)
            .collect::<Vec<_>>()
    };
    assert_eq!(walked(&load(&after)), [Walked::Done, Walked::Done]);
    let rewired = after.replace("trip.in{n}", "trip.in{n+1}");
    assert_eq!(
        walked(&load(&rewired)),
        [Walked::RewiredSince, Walked::RewiredSince]
    );
    let pinned = table["pinned"].as_table().unwrap();
    assert_eq!(pinned.keys().collect::<Vec<_>>(), ["m1", "m2", "main"]);
    assert!(pinned["m1"].as_str().unwrap().starts_with("23"));
    let checks = ended.protocol["outlets"][1]["checks"].as_array().unwrap();
    let counted = checks
        .iter()
        .find(|check| check["step"] == "register_counts")
        .unwrap();
    assert!(counted["measured"]["rise_wh"].as_i64().unwrap() > 0);
    assert_eq!(site.panel.forbidden_writes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_meters_are_found_at_both_outlets_and_the_file_stays_as_it_was() {
    let swapped =
        "[outlet.1]\nmeter = { points = \"m2\" }\n[outlet.2]\nmeter = { points = \"m1\" }\n\n[main]";
    let site = Site::new(&[("[main]", swapped)]);
    let before = std::fs::read_to_string(site.panel_file()).unwrap();
    let ended = walked(&site).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let seen_elsewhere = |outlet| format!("{outlet} load_seen other_meters_see_load");
    assert_eq!(faults(&ended.protocol), [seen_elsewhere(1), seen_elsewhere(2)]);
    assert_eq!(std::fs::read_to_string(site.panel_file()).unwrap(), before);
    site.assert_all_off();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_contacts_and_a_reversed_transformer_are_found() {
    let swapped = "[outlet.1]\ntripped = { in = \"trip.in2\", on = 1 }\n[outlet.2]\ntripped = { in = \"trip.in1\", on = 1 }\n\n[main]";
    let site = Site::new(&[("[main]", swapped)]);
    site.panel.meter_fault(number(2), Some(MeterFault::Reversed));
    let ended = walked(&site).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let expected = [
        "1 trip_seen trip_seen_elsewhere",
        "2 direction reversed",
        "2 trip_seen trip_seen_elsewhere",
    ];
    assert_eq!(faults(&ended.protocol), expected, "{:#}", ended.protocol);
    site.assert_all_off();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_the_walk_is_cut_off_no_breaker_stays_closed() {
    let interrupt = |child: &mut Child| {
        let id = child.id().unwrap().to_string();
        std::process::Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap();
    };
    let hang_up = |child: &mut Child| {
        let id = child.id().unwrap().to_string();
        std::process::Command::new("kill")
            .args(["-HUP", &id])
            .status()
            .unwrap();
    };
    // Nobody answers any more: standard input has ended.
    let go_away = |_: &mut Child| {};
    for (name, cut) in [
        ("interrupt", &interrupt as &dyn Fn(&mut Child)),
        ("hang up", &hang_up),
        ("go away", &go_away),
    ] {
        let site = Site::new(&[]);
        let child = site.commission(&[]);
        let closed = std::cell::Cell::new(false);
        let ended = until_end(&site, child, Some("plug a load"), |child| {
            closed.set(site.panel.position(number(1)) == Position::Closed);
            cut(child);
        })
        .await;
        assert!(closed.get(), "{name}: its breaker was closed");
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.said);
        assert_eq!(ended.protocol["finished"], false, "{name}");
        site.assert_all_off();
        let table: toml::Table = std::fs::read_to_string(site.panel_file())
            .unwrap()
            .parse()
            .unwrap();
        assert!(!table.contains_key("pinned"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_needs_no_answers_and_what_it_skips_is_in_the_protocol() {
    let site = Site::new(&[]);
    for outlet in [1, 2] {
        site.panel.plug_in(number(outlet), None);
    }
    let (out, protocol) = (site.folder.join("out.toml"), site.folder.join("protocol.txt"));
    let arguments = [
        "--yes",
        "--skip-trip",
        "no key",
        "--out",
        text(&out),
        "--protocol",
        text(&protocol),
    ];
    let ended = until_end(&site, site.commission(&arguments), None, |_| {}).await;
    assert_eq!(ended.code, Some(0), "{}\n{:#}", ended.said, ended.protocol);
    let table: toml::Table = std::fs::read_to_string(&out).unwrap().parse().unwrap();
    assert!(table.contains_key("pinned"));
    let words = std::fs::read_to_string(&protocol).unwrap();
    assert!(
        words.contains("skipped: no key") && words.contains("Signature"),
        "{words}"
    );
    let json: Value =
        serde_json::from_str(&std::fs::read_to_string(site.folder.join("protocol.txt.json")).unwrap())
            .unwrap();
    assert_eq!(json["passed"], true);
    site.assert_all_off();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_written_afterwards_is_said_before_anything_moves() {
    let site = Site::new(&[]);
    for option in ["--out", "--protocol"] {
        let nowhere = site.folder.join("nowhere/file");
        let child = site.commission(&["--yes", option, text(&nowhere)]);
        let ended = until_end(&site, child, None, |_| {}).await;
        assert_eq!(ended.code, Some(1), "{option}: {}", ended.said);
        assert!(
            ended.said.contains("could not be written afterwards"),
            "{}",
            ended.said
        );
    }
    assert!(site.panel.history().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_controller_runs_its_panel_is_not_commissioned() {
    let site = Site::new(&[]);
    let config = site.folder.join("controller.toml");
    let lines = format!(
        "panel = {:?}\ndevices_dir = {:?}\ndata_dir = {:?}\n[server]\nurl = \"ws://127.0.0.1:9/ocpp/\"\nstation_id = \"p1\"\npassword = \"secret\"\n",
        site.panel_file(),
        site.folder.join("devices"),
        site.folder.join("data"),
    );
    std::fs::write(&config, lines).unwrap();
    let mut controller =
        system_tests::program::Launch::beside_this_test().start("outlet-controller", &config);
    controller.until_it_says("outlet-controller runs").await;
    let ended = until_end(&site, site.commission(&["--yes"]), None, |_| {}).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.said.contains("another program works with it"),
        "{}",
        ended.said
    );
    let bus = site.panel.address().to_string();
    let probe = ["--config", text(&config), "probe", "--tcp", &bus, "--ids", "1"];
    let output = outlet_controller(&probe).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("another program works with it"), "{said}");
    // By its data directory too, where the panel file is a copy.
    let copy = site.folder.join("copy.toml");
    std::fs::copy(site.panel_file(), &copy).unwrap();
    let mut child = outlet_controller(&[
        "--config",
        text(&config),
        "commission",
        "--by",
        "Yamada",
        "--yes",
        "--panel",
        text(&copy),
    ]);
    let output = child.output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let closings = site
        .panel
        .history()
        .into_iter()
        .filter(|happening| happening.what == What::CoilOn);
    assert_eq!(closings.count(), 0, "nothing was switched ON");
    controller.kill();
}
