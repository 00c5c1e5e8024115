//! The authorization server: clients, access tokens, signing keys.

pub mod admin;
mod audit;
pub mod cli;
mod client;
pub mod config;
mod error;
mod grants;
mod http;
mod jobs;
mod keys;
mod operations;
mod store;

use std::sync::Arc;

use foundation::{Clock, Service};

pub use config::Config;

/// Starts the server; the only place where its parts are joined.
///
/// # Errors
/// If the configuration is wrong, the database cannot be opened or migrated, or the address cannot be used.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Service> {
    config.check()?;
    let db = store::open(&config.database.url)?;
    let jobs = jobs::Jobs {
        db: db.clone(),
        keys: Arc::default(),
        key_life_us: config.key_life_us(),
        clock: clock.clone(),
    };
    jobs.tend_keys().await?;
    let (socket, tls) = config.listen.bind()?;
    let address = socket.local_addr()?;
    let issuer = config.issuer_at(address);
    let server = http::Server {
        grants: grants::Grants {
            clients: store::ClientCache::new(db.clone(), clock.clone()),
            keys: jobs.keys.clone(),
            issuer: issuer.clone(),
            token_ttl_s: config.token_ttl_s,
            clock,
        },
        metadata: http::Document::new(&http::Metadata::of(&issuer))?,
        db,
    };
    let service = http::serve(server, socket, tls, jobs)?;
    tracing::info!(%address, issuer, "auth-server listens");
    Ok(service)
}
