//! The two servers without a panel: what a world starts with, and all that some benchmarks need.

use std::net::SocketAddr;
use std::path::PathBuf;

use api_spec::token::Scope;
use auth_server::admin::{NewClient, create_client};
use foundation::db::DatabaseUrl;
use foundation::listen::LocalListen;
use foundation::{Clock, Service};

use super::running::Program;
use crate::api::Api;
use crate::program::{Launch, Process};

/// A running auth-server, a running event-server, and a client of both with every scope.
#[derive(Debug)]
pub struct Servers {
    pub api: Api,
    pub(super) folder: PathBuf,
    pub(super) auth_config: auth_server::Config,
    pub(super) auth: Service,
    pub(super) server: Program,
}

impl Servers {
    /// Starts both; the event-server as a process where `launch` is given.
    pub async fn start(clock: Clock, launch: Option<Launch>) -> Self {
        Self::start_on(None, clock, launch).await
    }

    /// The same with the event-server on the database that the URL names, or on an SQLite file.
    pub async fn start_on(database: Option<&str>, clock: Clock, launch: Option<Launch>) -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("world"));
        std::fs::create_dir(&folder).unwrap();
        let mut auth_config = auth_server::Config::local(DatabaseUrl::sqlite(folder.join("auth.db")));
        auth_config.ca.certificate_life_days = 1;
        auth_config.metrics = Some(LocalListen::loopback());
        let auth = auth_server::start(auth_config.clone(), clock.clone())
            .await
            .unwrap();
        let issuer = format!("http://{}", auth.address);
        let mut server = Program::event_server(&folder, database, &issuer, launch);
        server.start(&clock).await;
        let client = create_client(&auth_config, client_with_all_scopes("ten_world"))
            .await
            .unwrap();
        Self {
            api: Api::new(server.url(), issuer, client, clock),
            folder,
            auth_config,
            auth,
            server,
        }
    }

    /// Where the event-server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The event-server's process.
    ///
    /// # Panics
    /// If it is none.
    pub fn event_server(&self) -> &Process {
        self.server.process()
    }

    /// The event-server's SQLite file, where it has one.
    pub fn sqlite_file(&self) -> PathBuf {
        self.folder.join(super::running::SQLITE_FILE)
    }

    /// Kills the event-server, lets something be done to its database, and starts it again.
    pub async fn restart_after(&mut self, clock: &Clock, between: impl FnOnce()) {
        self.server.kill();
        between();
        self.server.start(clock).await;
    }

    /// Stops both.
    pub async fn stop(mut self) {
        self.server.stop().await;
        self.auth.stop().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

pub(crate) fn client_with_all_scopes(tenant_id: &str) -> NewClient {
    NewClient {
        name: "App backend".into(),
        tenant_id: tenant_id.into(),
        scopes: Scope::API.into_iter().chain(Scope::TENANTS).collect(),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    }
}
