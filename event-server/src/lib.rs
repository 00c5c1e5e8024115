//! The HTTPS API, the charging sessions, the webhooks, the OCPP endpoint and the live page.

mod audit;
pub mod cli;
pub mod config;
mod console;
mod context;
#[cfg(test)]
#[path = "../../foundation/testing/database.rs"]
mod database;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod jobs;
mod metrics;
mod nodes;
mod oauth2_http;
mod ocpp;
mod operations;
mod papers;
pub mod sandbox;
mod shares;
mod signals;
mod store;
mod subscriptions;
mod webhook_target;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use foundation::listen::ListenError;
use foundation::telemetry::{Telemetry, Teller};
use foundation::{Clock, Service};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use config::Config;
pub use http::{asyncapi_document, openapi_document};

use context::Context;
use http::Tokens;

/// How often the issuer's keys are asked for while none is missing.
const KEYS_EVERY: Duration = Duration::from_secs(300);
const KEYS_RETRY: Duration = Duration::from_secs(1);

const OTHERS: &str = "another event-server works with it; several need PostgreSQL and [nodes]";

/// Starts the server.
///
/// # Errors
/// If the configuration is wrong, the database cannot be opened or migrated, or the address cannot be used.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Service> {
    start_with(config, clock, None).await
}

/// Starts the server with what simulates panels; the only place where its parts are joined.
///
/// # Errors
/// As [`start`], or if there is no sandbox where the configuration wants one.
pub async fn start_with(
    config: Config,
    clock: Clock,
    sandbox: Option<Arc<dyn sandbox::Sandbox>>,
) -> anyhow::Result<Service> {
    config.check()?;
    foundation::secret_file::warn_if_others_may_read(&config.secret_files());
    let sandbox = allowed(sandbox, &config)?;
    let lock = foundation::lock::database(&config.database.url, OTHERS)?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let mut context = Context {
        telemetry: telemetry(&config, &stop, &tasks)?,
        signs_certificates: config.ca.is_some(),
        ..Context::new(store::open(&config.database.url)?, clock.clone())
    };
    let joined = config.nodes.clone().map(|nodes| nodes::join(&mut context, nodes));
    let bound = bind(&config)?;
    let address = bound.everybody.0.local_addr()?;
    let stations_address = bound.stations.as_ref().map(|(socket, _)| socket.local_addr());
    let stations_address = stations_address.transpose()?;
    operations::begin::begin(&context).await?;
    jobs::start(&context, &config, &stop, &tasks).await?;
    let issuer_http = config.auth.http_client()?;
    let tokens = web::Data::new(Tokens::new(&config, address, issuer_http.clone(), clock.clone()));
    tasks.spawn(keep_keys(tokens.clone(), clock, stop.clone()));
    if let Some(signer) = signer(&config, &context, &issuer_http) {
        tasks.spawn(signer.run(stop.clone()));
    }
    write_to_people(&config, &context, address, (&stop, &tasks))?;
    let pages = console::Pages::new(&config, address, tokens.clone(), issuer_http.clone())?;
    let stations = ocpp::Stations::default();
    let identities = identities(&config, issuer_http, &stations, (&stop, &tasks, &context.clock));
    let metrics_address = show_figures(&config, &context, &tokens, &stations, (&stop, &tasks))?;
    if let Some(joined) = joined {
        tasks.spawn(joined.live(context.clone(), stations.clone(), stop.clone()));
    }
    let endpoint = ocpp::Endpoint::new(context.clone(), stations, stop.clone(), tasks.clone());
    let server = http::Server {
        endpoint: endpoint.with_identities(identities),
        config,
        context,
        tokens,
        pages: web::Data::new(pages),
        sandbox,
        stop: stop.clone(),
    };
    http::serve(server, bound, &tasks)?;
    tell(address, stations_address);
    Ok(Service::new(address, stop, tasks)
        .with_mutual_address(stations_address)
        .with_metrics_address(metrics_address)
        .with_lock(lock))
}

/// By which certificates stations are known, where there is a door for them; those that are revoked are watched.
fn identities(
    config: &Config,
    issuer_http: reqwest::Client,
    stations: &ocpp::Stations,
    (stop, tasks, clock): (&CancellationToken, &TaskTracker, &Clock),
) -> Option<ocpp::Identities> {
    let table = config.stations.as_ref()?;
    let revoked = ocpp::Revoked::default();
    let watch = ocpp::RevokedWatch {
        issuer: config.auth.issuer.clone(),
        http: issuer_http,
        revoked: revoked.clone(),
        stations: stations.clone(),
        clock: clock.clone(),
    };
    tasks.spawn(watch.run(stop.clone()));
    Some(ocpp::Identities::new(table.domain(&config.auth), revoked))
}

/// Where spans are told; they are brought there until told to stop.
fn telemetry(config: &Config, stop: &CancellationToken, tasks: &TaskTracker) -> anyhow::Result<Telemetry> {
    let Some(collector) = &config.telemetry else {
        return Ok(Telemetry::default());
    };
    let teller = Teller {
        program: "event-server",
        instance: config.nodes.as_ref().map(|nodes| nodes.name.clone()),
    };
    let (telemetry, export) = Telemetry::to(collector, teller)?;
    tasks.spawn(export.run(stop.clone()));
    Ok(telemetry)
}

/// Has certificates signed, where the configuration says by whom.
fn signer(config: &Config, context: &Context, http: &reqwest::Client) -> Option<jobs::Signer> {
    Some(jobs::Signer {
        context: context.clone(),
        issuer: config.auth.issuer.clone(),
        http: http.clone(),
        ca: config.ca.clone()?,
    })
}

/// Sends mails, where the configuration says by which server.
fn write_to_people(
    config: &Config,
    context: &Context,
    address: SocketAddr,
    (stop, tasks): (&CancellationToken, &TaskTracker),
) -> anyhow::Result<()> {
    if let Some(mail) = &config.mail {
        let post = jobs::Post {
            context: context.clone(),
            mailer: foundation::mail::Mailer::new(mail)?,
            public_url: config.public_url_at(address),
        };
        tasks.spawn(post.run(stop.clone()));
    }
    Ok(())
}

fn tell(address: SocketAddr, stations_address: Option<SocketAddr>) {
    tracing::info!(%address, "event-server listens");
    if let Some(address) = stations_address {
        tracing::info!(%address, "stations with a certificate connect here");
    }
}

fn bind(config: &Config) -> Result<http::Bound, ListenError> {
    Ok(http::Bound {
        everybody: config.listen.bind()?,
        stations: config.stations.as_ref().map(config::Stations::bind).transpose()?,
    })
}

fn show_figures(
    config: &Config,
    context: &Context,
    tokens: &web::Data<Tokens>,
    stations: &ocpp::Stations,
    until: (&CancellationToken, &TaskTracker),
) -> std::io::Result<Option<SocketAddr>> {
    let Some(listen) = config.metrics else {
        return Ok(None);
    };
    let sources = metrics::Sources {
        context: context.clone(),
        tokens: tokens.clone(),
        stations: stations.clone(),
        certificates: config.certificates(),
    };
    let render: foundation::metrics::Render = Arc::new(move || Box::pin(metrics::render(sources.clone())));
    foundation::metrics::serve(listen, render, until).map(Some)
}

/// The sandbox, where the configuration wants one.
fn allowed(sandbox: Option<Arc<dyn sandbox::Sandbox>>, config: &Config) -> anyhow::Result<sandbox::Slot> {
    let sandbox = sandbox.filter(|_| config.sandbox.enabled);
    anyhow::ensure!(
        sandbox.is_some() == config.sandbox.enabled,
        "sandbox.enabled: this program simulates no panels; `denro` does"
    );
    Ok(sandbox::Slot(sandbox))
}

async fn keep_keys(tokens: web::Data<Tokens>, clock: Clock, stop: CancellationToken) {
    loop {
        tokens.refresh().await;
        let wait = if tokens.ready() { KEYS_EVERY } else { KEYS_RETRY };
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(wait) => {}
        }
    }
}
