//! The HTTP server: workers, limits, TLS, and stopping.

use std::net::TcpListener;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use rustls::ServerConfig;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::answers::finish;
use super::rate_limit::RateLimit;
use super::shared::Shared;
use super::station_door;
use super::tokens::Tokens;
use crate::config::Config;
use crate::context::Context;
use crate::sandbox::Slot;
use crate::{console, ocpp};

pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;
/// Stations keep their connections for weeks.
const MAX_CONNECTIONS_PER_WORKER: usize = 25_000;
const MAX_TLS_HANDSHAKES_PER_WORKER: usize = 1024;
const BACKLOG: u32 = 4096;
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(75);
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_S: u64 = 1;

/// How others know this server.
pub(super) struct PublicUrl(pub(super) String);

/// What the routes need.
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) context: Context,
    pub(crate) tokens: web::Data<Tokens>,
    pub(crate) pages: web::Data<console::Pages>,
    pub(crate) endpoint: ocpp::Endpoint,
    pub(crate) sandbox: Slot,
    pub(crate) stop: CancellationToken,
}

/// Where it is listened.
pub(crate) struct Bound {
    pub(crate) everybody: (TcpListener, Option<ServerConfig>),
    /// For stations with a certificate.
    pub(crate) stations: Option<(TcpListener, ServerConfig)>,
}

/// Serves what is bound until `server.stop` is cancelled.
pub(crate) fn serve(server: Server, bound: Bound, tasks: &TaskTracker) -> std::io::Result<()> {
    let stop = server.stop.clone();
    let limits = web::Data::new(RateLimit::new(&server.config.limits));
    let shared = web::Data::new(Shared::new(&server.config.limits));
    let address = bound.everybody.0.local_addr()?;
    let public_url = web::Data::new(PublicUrl(server.config.public_url_at(address)));
    let config = web::Data::new(server.config);
    let context = web::Data::new(server.context);
    let endpoint = server.endpoint;
    let sandbox = web::Data::new(server.sandbox);
    let (tokens, token) = (server.tokens, web::Data::new(server.stop));
    let pages = server.pages;
    let app = move || {
        App::new()
            .wrap(from_fn(finish))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .app_data(config.clone())
            .app_data(context.clone())
            .app_data(tokens.clone())
            .app_data(pages.clone())
            .app_data(limits.clone())
            .app_data(shared.clone())
            .app_data(public_url.clone())
            .app_data(sandbox.clone())
            .app_data(token.clone())
            .configure(super::configure)
            .configure(|app| ocpp::configure(app, endpoint.clone()))
            .configure(console::configure)
            .default_service(web::to(console::nowhere))
    };
    let workers = available_parallelism().map_or(2, std::num::NonZero::get);
    if let Some(bound) = bound.stations {
        let door = actix_server::Server::build()
            .workers(workers)
            .backlog(BACKLOG)
            .max_concurrent_connections(MAX_CONNECTIONS_PER_WORKER)
            .shutdown_timeout(SHUTDOWN_S)
            .disable_signals();
        run(
            station_door::serve(door, bound, app.clone())?,
            stop.clone(),
            tasks,
        );
    }
    let http = HttpServer::new(app)
        .workers(workers)
        .tcp_nodelay(true)
        .backlog(BACKLOG)
        .max_connections(MAX_CONNECTIONS_PER_WORKER)
        .max_connection_rate(MAX_TLS_HANDSHAKES_PER_WORKER)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_TIMEOUT)
        .shutdown_timeout(SHUTDOWN_S)
        .disable_signals();
    let http = match bound.everybody {
        (socket, Some(tls)) => http.listen_rustls_0_23(socket, tls)?,
        (socket, None) => http.listen(socket)?,
    };
    run(http.run(), stop, tasks);
    Ok(())
}

fn run(server: actix_web::dev::Server, stop: CancellationToken, tasks: &TaskTracker) {
    tasks.spawn(stop_when_told(stop, server.handle()));
    tasks.spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the HTTP server ended");
        }
    });
}

async fn stop_when_told(stop: CancellationToken, server: ServerHandle) {
    stop.cancelled().await;
    server.stop(true).await;
}
