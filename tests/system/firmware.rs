//! Signed firmware by the API, and the logs of controllers, with the real programs and a file server of Python's own library.

mod script;
mod site;

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Options, World};

use site::{Signer, Site, ask, outcome, statuses, until_status};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn signed_firmware_waits_for_a_charge_and_is_then_handed_to_whoever_installs_it() {
    let Some(mut site) = Site::start(Options::default()).await else {
        return;
    };
    let firmware = site.firmware("new", b"a new program");
    let charge = site.world.charging(1, json!({"duration_s": 7200})).await;
    let command_id = ask(&site.world, "firmware-updates", &site.signed("new", &firmware)).await;
    until_status(&site.world, "install_scheduled").await;
    assert!(!site.waits(), "it is not given away while an outlet charges");
    // Nobody else has to wait until then.
    let other = site.world.start_charge(2, json!({})).await;
    site.world.until_session_event(&other, "session.energized").await;
    for charge in [&other, &charge] {
        assert!(!site.waits());
        site.world.stop_charge(charge).await;
        site.world.until_ended(charge).await;
    }
    until_status(&site.world, "installing").await;
    starts_nothing(&site.world, 2).await;
    assert_eq!(site.take().await.unwrap(), firmware);
    site.says("installed");
    assert_eq!(outcome(&site.world, &command_id).await["state"], "confirmed");
    let steps = [
        "downloading",
        "downloaded",
        "signature_verified",
        "install_scheduled",
        "installing",
        "installed",
    ];
    assert_eq!(statuses(&site.world).await, steps);
    assert!(!site.waits());
    let controller = format!("/v1/controllers/{}", site.world.controller_id);
    let version = site.world.api.get(&controller).await["firmware"].clone();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    site.world.until_usable().await;
    let after = site.world.start_charge(2, json!({})).await;
    site.world.until_session_event(&after, "session.energized").await;
    site.world.stop_charge(&after).await;
    site.world.until_ended(&after).await;
    site.server.forget();
    site.world.stop().await;
}

/// What is wrong, the request, and how it ends.
fn wrong(site: &Site) -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let firmware = site.firmware("new", b"a new program");
    let too_long = vec![0; (1 << 20) + 1];
    site.firmware("tampered", b"another program");
    site.firmware("long", &too_long);
    let good = site.signed("new", &firmware);
    let stranger = Signer::new();
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    let at = |path: &str| Value::String(site.url(path));
    vec![
        (
            "tampered",
            with("location", at("tampered")),
            "failed",
            "invalid_signature",
        ),
        (
            "by another signer of the root",
            with("signing_certificate", Signer::of(&site.signer).chain.into()),
            "failed",
            "invalid_signature",
        ),
        (
            "by a stranger",
            stranger.signs(&site.url("new"), &firmware),
            "refused",
            "InvalidCertificate",
        ),
        (
            "too long",
            site.signed("long", &too_long),
            "failed",
            "download_failed",
        ),
        (
            "cut off",
            with("location", at("cut/new")),
            "failed",
            "download_failed",
        ),
        (
            "not there",
            with("location", "https://127.0.0.1:9/new".into()),
            "failed",
            "download_failed",
        ),
        (
            "in clear",
            with("location", "http://files.example.com/new".into()),
            "refused",
            "BadLocation",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_not_what_was_signed_is_never_handed_over() {
    let Some(site) = Site::start(Options::default()).await else {
        return;
    };
    for (case, body, state, reason) in wrong(&site) {
        let command_id = ask(&site.world, "firmware-updates", &body).await;
        let told = outcome(&site.world, &command_id).await;
        assert_eq!(
            (told["state"].as_str(), told["reason"].as_str()),
            (Some(state), Some(reason)),
            "{case}: {told}"
        );
        assert!(!site.waits(), "{case}");
        assert!(site.take().await.is_err(), "{case}");
    }
    site.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_cannot_be_installed_has_failed_for_the_reason_that_whoever_tried_gives() {
    let Some(site) = Site::start(Options::default()).await else {
        return;
    };
    let firmware = site.firmware("new", b"a new program");
    let good = site.signed("new", &firmware);
    let command_id = ask(&site.world, "firmware-updates", &good).await;
    until_status(&site.world, "installing").await;
    site.take().await.unwrap();
    site.says("the package is for another machine");
    let told = outcome(&site.world, &command_id).await;
    assert_eq!(told["reason"], "installation_failed", "{told}");
    assert_eq!(told["detail"], "the package is for another machine");
    site.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_installs_firmware_takes_none_that_was_changed_behind_the_controllers_back() {
    let Some(site) = Site::start(Options::default()).await else {
        return;
    };
    let firmware = site.firmware("new", b"a new program");
    let command_id = ask(&site.world, "firmware-updates", &site.signed("new", &firmware)).await;
    until_status(&site.world, "installing").await;
    site.until_it_waits().await;
    std::fs::write(
        site.folder().join("ready/firmware"),
        b"a program of somebody else",
    )
    .unwrap();
    let refused = site.take().await.unwrap_err();
    assert!(refused.contains("the signature is not of this file"), "{refused}");
    // Nobody says how it went: the controller takes charges again all the same.
    let told = outcome(&site.world, &command_id).await;
    assert_eq!(told["reason"], "installation_failed", "{told}");
    site.world.until_usable().await;
    let after = site.world.start_charge(1, json!({})).await;
    site.world.until_session_event(&after, "session.energized").await;
    site.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_controller_without_a_root_for_firmware_refuses_it() {
    let world = World::start(Options::default()).await;
    let signer = Signer::new();
    let body = signer.signs("https://files.example.com/new", b"");
    let command_id = ask(&world, "firmware-updates", &body).await;
    let told = outcome(&world, &command_id).await;
    assert_eq!(
        (&told["state"], &told["reason"]),
        (&json!("refused"), &json!("NotConfigured"))
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_update_takes_the_place_of_one_that_is_not_being_installed() {
    let Some(site) = Site::start(Options::default()).await else {
        return;
    };
    let firmware = site.firmware("new", b"a new program");
    let mut later = site.signed("new", &firmware);
    later["install_at"] = "2090-01-01T00:00:00Z".into();
    let answer = site.try_ask(&later).await;
    assert_eq!(answer.problem(), (422, "invalid-request"));
    let in_a_day = site.world.clock.now_us() + 86_400_000_000;
    later["install_at"] = api_spec::rest::Time(in_a_day).to_string().into();
    let first = ask(&site.world, "firmware-updates", &later).await;
    until_status(&site.world, "install_scheduled").await;
    let second = ask(&site.world, "firmware-updates", &site.signed("new", &firmware)).await;
    assert_eq!(outcome(&site.world, &first).await["reason"], "superseded");
    site.until_it_waits().await;
    let third = ask(&site.world, "firmware-updates", &later).await;
    assert_eq!(outcome(&site.world, &third).await["reason"], "Installing");
    site.take().await.unwrap();
    site.says("installed");
    assert_eq!(outcome(&site.world, &second).await["state"], "confirmed");
    site.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_update_whose_controller_is_killed_twice_has_one_outcome() {
    let Some(mut site) = Site::start(Options::processes()).await else {
        return;
    };
    let firmware = site.firmware("new", &vec![7; 300_000]);
    let body = site.signed("stalls/new", &firmware);
    let command_id = ask(&site.world, "firmware-updates", &body).await;
    site.server.until("asked").await;
    until_status(&site.world, "downloading").await;
    site.world.kill_controller();
    site.world.restart_controller().await;
    site.until_it_waits().await;
    // It is installed, and the new program started, before the old one has told so.
    site.world.kill_controller();
    assert_eq!(site.take().await.unwrap(), firmware);
    site.world.restart_controller().await;
    site.world.until_online(true).await;
    starts_nothing(&site.world, 1).await;
    site.says("installed");
    let told = site.world.until_outcome(&command_id).await;
    assert_eq!(told["state"], "confirmed", "{told}");
    let outcomes = site.world.events().await.into_iter().filter(|event| {
        event["type"] == "command.completed" && event["data"]["command"]["id"] == command_id.as_str()
    });
    assert_eq!(outcomes.count(), 1);
    let told = statuses(&site.world).await;
    let once = |status: &str| told.iter().filter(|told| *told == status).count();
    for status in ["downloading", "downloaded", "installing", "installed"] {
        assert_eq!(once(status), 1, "{status}: {told:?}");
    }
    site.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_controller_sends_its_last_lines_and_no_secret() {
    let Some(mut site) = Site::start(Options::processes()).await else {
        return;
    };
    let asked = |kind: &str, to: String| json!({"kind": kind, "location": to});
    let to = format!("{}?sig=geheim", site.url("logs/"));
    let command_id = ask(&site.world, "log-uploads", &asked("diagnostics", to)).await;
    let put = site.server.until("put").await;
    let told = site.world.until_outcome(&command_id).await;
    assert_eq!(
        (&told["state"], &told["detail"]),
        (&json!("confirmed"), &put["put"])
    );
    let text = put["text"].as_str().unwrap();
    assert!(text.contains("outlet-controller runs"), "{text}");
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string(), "{line}");
    }
    for secret in [site.world.station_password.as_str(), "geheim"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    site.server.forget();
    let command_id = ask(&site.world, "log-uploads", &asked("security", site.url("one"))).await;
    assert_eq!(site.world.until_outcome(&command_id).await["state"], "confirmed");
    assert_eq!(site.server.until("put").await["put"], "one");
    site.world.stop().await;
}

/// The `ocpp` package of PyPI knows nothing of this repository.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_makers_station_installs_firmware_and_sends_its_log_in_both_versions() {
    if !Runtime::Python.is_there() {
        return;
    }
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let world = World::start(options).await;
    let url = world.api.url("/ocpp").replace("http:", "ws:");
    let signer = Signer::new();
    for version in ["2.1", "2.0.1"] {
        let arguments = [&*url, &*world.station_id, &*world.station_password, version];
        let mut station = Runtime::Python.start("station.py", &arguments);
        station.until("ready").await;
        world.until_online(true).await;
        let body = signer.signs("https://files.example.com/new", b"new");
        let command_id = ask(&world, "firmware-updates", &body).await;
        let told = station.until("firmware").await;
        assert_eq!(told["firmware"], "https://files.example.com/new");
        assert_eq!(told["signed"], true);
        assert_eq!(outcome(&world, &command_id).await["state"], "confirmed");
        let log = json!({"kind": "security", "location": "https://logs.example.com/"});
        let command_id = ask(&world, "log-uploads", &log).await;
        assert_eq!(station.until("log").await["log"], "SecurityLog");
        let told = outcome(&world, &command_id).await;
        assert_eq!(
            (&told["state"], &told["reason"]),
            (&json!("failed"), &json!("upload_failure"))
        );
        drop(station);
        world.until_online(false).await;
    }
    let steps = ["downloading", "installed", "downloading", "installed"];
    assert_eq!(statuses(&world).await, steps);
    world.stop().await;
}

/// How long a controller waits before it tries again.
pub(crate) const RETRY: Duration = Duration::from_secs(61);

/// The controller refuses, or the server where that has been told already.
async fn starts_nothing(world: &World, n: usize) {
    let answer = world.try_start(n, json!({})).await;
    if answer.status != 202 {
        assert_eq!(answer.problem(), (409, "outlet-disabled"));
        return;
    }
    let command_id = answer.body["command"]["id"].as_str().unwrap();
    let told = world.until_outcome(command_id).await;
    assert_eq!(
        (&told["state"], &told["reason"]),
        (&json!("refused"), &json!("Installing"))
    );
}
