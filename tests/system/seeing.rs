//! What a controller shows of itself, read by programs that others wrote.

use std::collections::BTreeSet;

use foundation::Clock;
use foundation::logging::LogFormat;
use outlet_controller::Config;
use outlet_controller::config::{LocalListen, Server};
use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Options, World};

/// What a name may end with: a unit, `_total` behind it, or what has none.
const ENDINGS: [&str; 25] = [
    "_milliamperes",
    "_millivolts",
    "_watts",
    "_watthours",
    "_seconds",
    "_bytes",
    "_ratio",
    "_messages",
    "_info",
    "_ready",
    "_right",
    "_state",
    "_closed",
    "_tripped",
    "_fault",
    "_connected",
    "_connections",
    "_failures",
    "_turns",
    "_errors",
    "_requests",
    "_answers",
    "_trouble",
    "_commands",
    "_operations",
];

async fn figures() -> (World, String) {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let world = World::start(options).await;
    let config = Config {
        panel: world.folder.join("panel/panel.toml"),
        devices_dir: Some(world.folder.join("panel/devices")),
        data_dir: world.folder.join("shown-controller"),
        server: Server::local(
            format!("ws://{}/ocpp", world.link.address()),
            &world.station_id,
            &world.station_password,
        ),
        log_format: LogFormat::default(),
        status: None,
        metrics: Some(LocalListen::loopback()),
        journal: outlet_controller::config::Journal::default(),
    };
    let controller = outlet_controller::start(config, Clock::system()).await.unwrap();
    world.until_online(true).await;
    world.until_usable().await;
    world.charging(1, json!({"duration_s": 600})).await;
    let address = controller.addresses().metrics.unwrap();
    let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    let text = answer.text().await.unwrap();
    controller.stop().await;
    (world, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_own_parser_reads_every_figure_of_a_controller() {
    if !Runtime::Python.is_there() {
        return;
    }
    let (world, text) = figures().await;
    let mut parser = Runtime::Python.start("metrics.py", &[]);
    parser.tell(&json!({ "text": text }).to_string()).await;
    let said = parser.finish().await;
    let families = said[0]["families"].as_array().unwrap();
    let mut names = BTreeSet::new();
    for family in families {
        let name = family["name"].as_str().unwrap();
        assert!(names.insert(name), "{name} comes twice");
        assert!(name.starts_with("denro_"), "{name}");
        assert!(
            ENDINGS.iter().any(|ending| name.ends_with(ending)),
            "{name} has no unit"
        );
        assert!(family["help"].as_str().unwrap().len() > 10, "{family}");
        assert_ne!(family["type"], "unknown", "{family}");
    }
    let value = |name: &str, outlet: Option<&str>| {
        let mut samples = families
            .iter()
            .flat_map(|family| family["samples"].as_array().unwrap());
        let fits = |sample: &&Value| {
            sample["name"] == name && outlet.is_none_or(|outlet| sample["labels"]["outlet"] == outlet)
        };
        samples.find(fits).map(|sample| sample["value"].as_f64().unwrap())
    };
    assert_eq!(value("denro_outlet_breaker_closed", Some("1")), Some(1.0));
    assert_eq!(value("denro_outlet_breaker_closed", Some("2")), Some(0.0));
    assert!(value("denro_outlet_current_milliamperes", Some("1")) >= Some(1_000.0));
    assert!(value("denro_outlet_energy_watthours_total", Some("2")).is_some());
    assert_eq!(value("denro_link_connected", None), Some(1.0));
    assert!(value("denro_commands_total", None) >= Some(1.0));
    assert!(value("denro_bus_answers_total", None) >= Some(10.0));
    assert!(value("denro_control_loop_scan_duration_seconds_count", None) >= Some(1.0));
    world.stop().await;
}
