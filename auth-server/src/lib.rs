//! The authorization server: clients, access tokens, signing keys.

pub mod admin;
mod audit;
mod ca;
pub mod cli;
mod client;
pub mod config;
mod error;
mod figures;
mod form;
#[doc(hidden)]
pub mod fuzzing;
mod grants;
mod http;
mod jobs;
mod jwt;
mod keys;
mod login;
mod mail;
mod operations;
mod pages;
mod passkey;
mod people;
mod public_key;
mod redirect_uri;
mod revocations;
mod store;
mod tally;

use std::sync::Arc;

use foundation::mail::Mailer;
use foundation::{Clock, Db, Service};

pub use config::Config;

/// Starts the server; the only place where its parts are joined.
///
/// # Errors
/// If the configuration is wrong, the database cannot be opened or migrated, or the address cannot be used.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Service> {
    config.check()?;
    foundation::secret_file::warn_if_others_may_read(&config.secret_files());
    let db = store::open(&config.database.url)?;
    let (socket, tls) = config.listen.bind()?;
    let address = socket.local_addr()?;
    let mutual = match &config.mutual_tls {
        Some(mutual) => Some(http::MutualListener::bind(mutual, &db).await?),
        None => None,
    };
    let mutual_url = mutual.as_ref().map(|mutual| mutual.url.clone());
    let issuer = config.issuer_at(address);
    let grants = grants::Grants {
        clients: store::ClientCache::new(db.clone(), clock.clone()),
        db: db.clone(),
        keys: Arc::default(),
        verified: Arc::default(),
        revocations: Arc::default(),
        tally: Arc::default(),
        issuer: issuer.clone(),
        token_ttl_s: config.token_ttl_s,
        clock: clock.clone(),
    };
    let jobs = jobs::Jobs {
        db: db.clone(),
        keys: grants.keys.clone(),
        revocations: grants.revocations.clone(),
        tally: grants.tally.clone(),
        key_life_us: config.key_life_us(),
        clock: clock.clone(),
    };
    jobs.begin().await?;
    let post = post(&config, &db, (&issuer, clock))?;
    let server = http::Server {
        grants,
        passwords: login::Passwords::new()?,
        sends_mail: post.is_some(),
        pages_url: config.pages_url.clone(),
        zone: config.zone(),
        certificates: config.certificate_policy(&issuer),
        behind_proxy: config.listen.behind_proxy,
        metadata: http::Document::new(&http::Metadata::of(&issuer, mutual_url.as_deref()))?,
        requests: Arc::default(),
        db,
    };
    let figures = figures::Sources::of(&server);
    let listeners = http::Listeners {
        socket,
        tls,
        mutual,
        figures: config.metrics.map(|listen| (listen, figures.renderer())),
    };
    let service = http::serve(server, listeners, (jobs, post))?;
    tracing::info!(%address, issuer, mutual_tls = mutual_url, "auth-server listens");
    Ok(service)
}

/// Writes to people, where the configuration says by which server.
fn post(config: &Config, db: &Db, (issuer, clock): (&str, Clock)) -> anyhow::Result<Option<jobs::Post>> {
    let mailer = config.mail.as_ref().map(Mailer::new).transpose()?;
    Ok(mailer.map(|mailer| jobs::Post {
        db: db.clone(),
        mailer,
        issuer: issuer.to_owned(),
        clock,
    }))
}
