//! A server that is killed while it takes what is good once: nothing is good twice afterwards.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use auth_server::admin::{CreatedClient, sign_in_link};
use foundation::db::DatabaseUrl;
use reqwest::{RequestBuilder, StatusCode};

use crate::browser::Browser;
use crate::flow::{EMAIL, client, code, operator, redemption, str_of, token_request, tokens};
use crate::world::World;

/// Each kill comes a little later than the one before: the answer is there after a few milliseconds.
const KILLS: u32 = 16;
const LATER: Duration = Duration::from_micros(500);

/// A second server on the world's database, as a process.
struct Doomed {
    process: Child,
    address: SocketAddr,
    config: std::path::PathBuf,
}

impl Doomed {
    fn start(world: &World) -> Self {
        let config = std::env::temp_dir().join(foundation::ids::id("doomed"));
        let database = match &world.config.database.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let issuer = world.issuer();
        let text = format!(
            "issuer = \"{issuer}\"\nlog_format = \"json\"\n[database]\nurl = \"{database}\"\n[listen]\naddress = \"127.0.0.1:0\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_auth-server"))
            .arg("--config")
            .arg(&config)
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = log.find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            line["address"].as_str()?.parse().ok()
        });
        Self {
            process,
            address: address.unwrap(),
            config,
        }
    }

    /// Asks, and kills after a while. Whether a good answer came before.
    async fn asked(mut self, after: Duration, ask: impl Future<Output = bool> + Send + 'static) -> bool {
        let asked = tokio::spawn(ask);
        tokio::time::sleep(after).await;
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_file(&self.config).unwrap();
        asked.await.unwrap()
    }
}

/// The same request of another server.
async fn succeeds_at(address: SocketAddr, request: RequestBuilder) -> bool {
    let (http, request) = request.build_split();
    let mut request = request.unwrap();
    request.url_mut().set_port(Some(address.port())).unwrap();
    matches!(http.execute(request).await, Ok(response) if response.status() == StatusCode::OK)
}

async fn succeeds(request: RequestBuilder) -> bool {
    request.send().await.unwrap().status() == StatusCode::OK
}

fn refreshing(world: &World, client: &CreatedClient, token: &str) -> RequestBuilder {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    token_request(world, client, &fields)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_code_good_twice() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let mut taken = [0; 2];
    for kill in 0..KILLS {
        let code = code(&mut browser, &client).await;
        let doomed = Doomed::start(&world);
        let ask = succeeds_at(doomed.address, redemption(&world, &client, &code, &[]));
        let first = doomed.asked(LATER * kill, ask).await;
        let second = succeeds(redemption(&world, &client, &code, &[])).await;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
        assert!(!succeeds(redemption(&world, &client, &code, &[])).await);
        taken[usize::from(first)] += 1;
    }
    assert!(taken[0] > 0, "every kill came too late: {taken:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_refresh_token_good_twice() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    for kill in 0..KILLS {
        let answer = tokens(&world, &mut browser, &client).await;
        let token = str_of(&answer, "refresh_token");
        let doomed = Doomed::start(&world);
        let ask = succeeds_at(doomed.address, refreshing(&world, &client, token));
        let first = doomed.asked(LATER * kill, ask).await;
        let second = succeeds(refreshing(&world, &client, token)).await;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
        assert!(!succeeds(refreshing(&world, &client, token)).await);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_sign_in_link_good_twice() {
    let world = World::start().await;
    operator(&world).await;
    for kill in 0..KILLS {
        let link = sign_in_link(&world.config, EMAIL).await.unwrap();
        let code = link.url.split_once("code=").unwrap().1.to_owned();
        let mut here = Browser::new(&world);
        here.get("/login/link").await;
        let doomed = Doomed::start(&world);
        // The two servers are one to their browsers.
        let (mut there, mut again) = (here.clone(), here);
        there.go_to(doomed.address);
        let shown = code.clone();
        let ask = async move { there.try_post("/login/by-link", &[("code", &shown)]).await };
        let first = doomed.asked(LATER * kill, ask).await;
        let second = again.post("/login/by-link", &[("code", &code)]).await;
        let second = second.status == StatusCode::SEE_OTHER;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
    }
    world.stop().await;
}
