//! A server that is killed while it does what it is asked for.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foundation::db::DatabaseUrl;
use reqwest::{RequestBuilder, StatusCode};

use crate::world::World;

/// Each kill comes a little later than the one before: the answer is there after a few milliseconds.
pub(crate) const KILLS: u32 = 16;
pub(crate) const LATER: Duration = Duration::from_micros(500);

/// A second server on the world's database, as a process.
pub(crate) struct Doomed {
    process: Child,
    pub(crate) address: SocketAddr,
    config: std::path::PathBuf,
}

impl Doomed {
    pub(crate) fn start(world: &World) -> Self {
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
    pub(crate) async fn asked(
        mut self,
        after: Duration,
        ask: impl Future<Output = bool> + Send + 'static,
    ) -> bool {
        let asked = tokio::spawn(ask);
        tokio::time::sleep(after).await;
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_file(&self.config).unwrap();
        asked.await.unwrap()
    }
}

/// The same request of another server.
pub(crate) async fn succeeds_at(address: SocketAddr, request: RequestBuilder) -> bool {
    let (http, request) = request.build_split();
    let mut request = request.unwrap();
    request.url_mut().set_port(Some(address.port())).unwrap();
    matches!(http.execute(request).await, Ok(response) if response.status() == StatusCode::OK)
}
