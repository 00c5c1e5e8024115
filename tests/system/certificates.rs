//! A controller with a certificate: enrolled by a code, let in without a password, renewed in mid-charge, and revoked.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_server::admin::certificates::{
    Enrolment, authority, create_authority, create_enrolment, issue_certificate, list_certificates,
    revoke_station,
};
use auth_server::admin::{NewClient, create_client};
use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Options, World};

/// Longer than two thirds of the one day that a certificate lives here, and shorter than the day.
const LONG_AGO_MS: i64 = 20 * 3_600_000;

/// Where stations with a certificate connect, and what that takes.
pub(crate) struct Door {
    port: u16,
    pub(crate) ca_file: PathBuf,
    secret_file: PathBuf,
}

fn write(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).unwrap();
    path
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, before + text).unwrap();
}

/// Gives the event-server an authority and a listener for its certificates; renewals are not signed yet.
pub(crate) async fn open_door(world: &mut World) -> Door {
    let folder = world.folder.clone();
    let root = create_authority(world.auth_config(), &folder.join("root.key"), false).await;
    let root = write(folder.join("root.pem"), &root.unwrap().root);
    let server = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = write(folder.join("server.pem"), &server.cert.pem());
    let key = write(folder.join("server.key"), &server.signing_key.serialize_pem());
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let secret_file = write(folder.join("renewals.secret"), "wrong");
    let table = format!(
        r#"
[stations]
address = "127.0.0.1:{port}"
client_ca = "{}"
tls = {{ certificate = "{}", key = "{}" }}

[ca]
client_id = "CLIENT"
client_secret_file = "{}"
"#,
        root.display(),
        certificate.display(),
        key.display(),
        secret_file.display(),
    );
    let client = create_client(world.auth_config(), renewals(world)).await.unwrap();
    append(
        &folder.join("event-server.toml"),
        &table.replace("CLIENT", &client.client_id),
    );
    write(folder.join("right.secret"), &client.proof.client_secret);
    world.stop_server().await;
    world.restart_server().await;
    Door {
        port,
        ca_file: certificate,
        secret_file,
    }
}

fn renewals(world: &World) -> NewClient {
    NewClient {
        name: "event-server renewals".into(),
        tenant_id: "ten_world".into(),
        scopes: "certificates:issue".parse().unwrap(),
        audience: Some(world.issuer()),
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    }
}

/// Points the controller's configuration at the door, with a folder for its identity.
pub(crate) fn use_certificate(world: &World, door: &Door) -> PathBuf {
    let path = world.folder.join("outlet-controller.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.starts_with("url =") && !line.starts_with("password ="));
    let kept: Vec<&str> = kept.collect();
    let more = format!(
        "\nurl = \"wss://127.0.0.1:{}/ocpp\"\nidentity_dir = \"{}\"\nca_file = \"{}\"\n",
        door.port,
        world.folder.join("identity").display(),
        door.ca_file.display(),
    );
    write(path, &(kept.join("\n") + &more))
}

/// As an installer does; the exit code is 0.
pub(crate) async fn enrol(world: &World, config: &Path, code: &str, fingerprint: &str) -> bool {
    let issuer = world.issuer();
    let arguments = [
        "outlet-controller",
        "--config",
        config.to_str().unwrap(),
        "enrol",
        "--code",
        code,
        "--server",
        &issuer,
        "--fingerprint",
        fingerprint,
    ];
    let arguments = arguments.map(std::ffi::OsString::from);
    let run = tokio::task::spawn_blocking(|| outlet_controller::cli::run(arguments));
    format!("{:?}", run.await.unwrap()) == format!("{:?}", std::process::ExitCode::SUCCESS)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_controller_is_enrolled_renews_in_mid_charge_and_is_shut_out_once_revoked() {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let mut world = World::start(options).await;
    let door = open_door(&mut world).await;
    let config = use_certificate(&world, &door);
    let fingerprint = fingerprint(&world).await;
    let code = new_code(&world).await;
    // TLS goes by the machine's clock, which stays: the certificate is made long ago instead.
    world.clock.step_wall_ms(-LONG_AGO_MS);
    assert!(!enrol(&world, &config, &code, &"0".repeat(64)).await);
    assert!(!world.folder.join("identity/key.pem").exists());
    let code = new_code(&world).await;
    assert!(enrol(&world, &config, &code, &fingerprint).await);
    assert!(
        !enrol(&world, &config, &code, &fingerprint).await,
        "a code is good once"
    );
    world.clock.step_wall_ms(LONG_AGO_MS);

    world.restart_controller().await;
    world.until_online(true).await;
    world.until_usable().await;
    knows_when_it_ends(&world).await;
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    let chain = world.folder.join("identity/chain.pem");
    let first = std::fs::read_to_string(&chain).unwrap();
    std::fs::copy(world.folder.join("right.secret"), &door.secret_file).unwrap();
    let renewed = async {
        while std::fs::read_to_string(&chain).unwrap() == first {
            world.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), renewed)
        .await
        .unwrap();
    world.until_online(true).await;
    let renewal = |events: &[Value]| {
        let completed = events.iter().filter(|event| event["type"] == "command.completed");
        let mut commands = completed.map(|event| event["data"]["command"].clone());
        commands.find(|command| command["kind"] == "renew_certificate")
    };
    let renewal = world.until("a renewal", renewal).await;
    assert_eq!(renewal["state"], "confirmed", "{renewal}");
    assert_eq!(world.session(&charge).await["state"], "charging");
    world.stop_charge(&charge).await;
    assert_eq!(world.until_ended(&charge).await["ended_reason"], "remote");
    assert!(!world.folder.join("identity/next/chain.pem").exists());
    assert!(list_certificates(world.auth_config()).await.unwrap().len() >= 2);

    revoke_station(world.auth_config(), &world.station_id)
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(6));
    world.until_online(false).await;
    world.stop().await;
}

async fn knows_when_it_ends(world: &World) {
    let told = world.api.get("/v1/controllers").await;
    let ends = told["data"][0]["certificate_ends_at"].as_str().unwrap();
    let ends: jiff::Timestamp = ends.parse().unwrap();
    assert!(ends > world.clock.now(), "{told}");
}

pub(crate) async fn new_code(world: &World) -> String {
    let made = create_enrolment(world.auth_config(), enrolment(world), 3_600).await;
    made.unwrap().code
}

pub(crate) async fn fingerprint(world: &World) -> String {
    authority(world.auth_config()).await.unwrap().fingerprint
}

fn enrolment(world: &World) -> Enrolment {
    Enrolment {
        station_id: world.station_id.clone(),
        site_id: world.site_id.clone(),
        tenant_id: "ten_world".into(),
    }
}

/// OpenSSL and the `ocpp` package of PyPI know nothing of this repository.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_makers_station_connects_with_its_certificate() {
    if !Runtime::Python.is_there() {
        return;
    }
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let mut world = World::start(options).await;
    let door = open_door(&mut world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap();
    let to = enrolment(&world);
    let issued = issue_certificate(world.auth_config(), to, &request.pem().unwrap()).await;
    let folder = world.folder.join("peer");
    std::fs::create_dir(&folder).unwrap();
    write(folder.join("chain.pem"), &issued.unwrap().certificate_chain);
    write(folder.join("key.pem"), &key.serialize_pem());
    std::fs::copy(&door.ca_file, folder.join("server.pem")).unwrap();
    let url = format!("wss://127.0.0.1:{}/ocpp", door.port);
    let identity = format!("identity={}", folder.display());
    let arguments = [&*url, &*world.station_id, "", "2.1", &*identity];
    let mut station = Runtime::Python.start("station.py", &arguments);
    assert_eq!(station.until("booted").await["booted"], "Accepted");
    station.until("ready").await;
    drop(station);
    world.stop().await;
}
