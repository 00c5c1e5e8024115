//! The HTTP edge: the table of routes, and the server behind it.

mod basic_auth;
mod bearer;
mod ca;
mod document;
mod dpop;
mod errors;
mod form_request;
mod health;
mod introspect;
mod jwks;
mod metadata;
mod mutual;
mod par;
mod problems;
mod revoke;
mod source;
mod token;
mod userinfo;

pub(crate) use basic_auth::parse as parse_basic;
pub(crate) use document::Document;
pub(crate) use form_request::read as read_body;
pub(crate) use metadata::Metadata;
pub(crate) use mutual::MutualListener;
pub(crate) use source::source;

use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, FromRequest, Handler, HttpServer, Resource, Responder, web};
use foundation::client_certificate::ClientCertificate;
use foundation::listen::LocalListen;
use foundation::metrics::{Render, RequestWatch, Requests};
use foundation::{Db, Service};
use jiff::tz::TimeZone;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::ca::Policy;
use crate::grants::Grants;
use crate::jobs::{Jobs, Post};
use crate::login::Passwords;
use crate::pages;

/// How long a connection may idle between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long answers under way may take once the server is told to stop.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

pub(crate) const TOKEN: &str = "/oauth2/token";
pub(crate) const INTROSPECT: &str = "/oauth2/introspect";
pub(crate) const PAR: &str = "/oauth2/par";
pub(crate) const REVOKE: &str = "/oauth2/revoke";
pub(crate) const JWKS: &str = "/oauth2/jwks";
pub(crate) const USERINFO: &str = "/oauth2/userinfo";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
/// The same document, where OpenID Connect Discovery 1.0 §4 looks for it.
pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) grants: Grants,
    pub(crate) metadata: Document,
    pub(crate) db: Db,
    pub(crate) passwords: Passwords,
    /// People can be written to.
    pub(crate) sends_mail: bool,
    /// Where people go on to.
    pub(crate) pages_url: Option<String>,
    /// What people are told times in.
    pub(crate) zone: TimeZone,
    pub(crate) certificates: Policy,
    pub(crate) requests: Arc<Requests>,
    /// A proxy tells where requests come from.
    pub(crate) behind_proxy: bool,
}

/// The table of routes.
fn routes(app: &mut web::ServiceConfig) {
    app.service(postable(TOKEN, token::post))
        .service(postable(INTROSPECT, introspect::post))
        .service(postable(REVOKE, revoke::post))
        .service(postable(PAR, par::post))
        .service(readable(JWKS, jwks::get))
        .service(readable(METADATA, metadata::get))
        .service(readable(DISCOVERY, metadata::get))
        .service(
            web::resource(USERINFO)
                .route(web::get().to(userinfo::show))
                .route(web::post().to(userinfo::show)),
        )
        .configure(ca::routes)
        .configure(pages::routes)
        .service(readable("/livez", health::livez))
        .service(readable("/readyz", health::readyz))
        .default_service(web::to(errors::not_found));
}

fn postable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::post().to(handler))
        .default_service(web::to(errors::only_post))
}

fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(errors::only_get))
}

/// Where requests come in.
pub(crate) struct Listeners {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<rustls::ServerConfig>,
    pub(crate) mutual: Option<MutualListener>,
    /// For Prometheus.
    pub(crate) figures: Option<(LocalListen, Render)>,
}

/// Serves until the returned service is stopped.
pub(crate) fn serve(
    server: Server,
    listeners: Listeners,
    (jobs, post): (Jobs, Option<Post>),
) -> std::io::Result<Service> {
    let Listeners {
        socket,
        tls,
        mutual,
        figures,
    } = listeners;
    let requests = server.requests.clone();
    let address = socket.local_addr()?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let data = web::Data::new(server);
    let http = HttpServer::new(move || {
        let requests = requests.clone();
        App::new()
            .wrap(from_fn(move |request, next| {
                count(requests.clone(), request, next)
            }))
            .app_data(data.clone())
            .configure(routes)
    })
    .workers(cores)
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    .on_connect(ClientCertificate::keep)
    .shutdown_timeout(SHUTDOWN_TIMEOUT_S)
    .disable_signals();
    let http = match tls {
        Some(tls) => http.listen_rustls_0_23(socket, tls)?,
        None => http.listen(socket)?,
    };
    let running = match mutual {
        Some(mutual) => http.listen_rustls_0_23(mutual.socket, mutual.tls)?,
        None => http,
    }
    .run();
    let (stop, tasks, handle) = (CancellationToken::new(), TaskTracker::new(), running.handle());
    tasks.spawn(async move {
        if let Err(error) = running.await {
            tracing::error!(%error, "the HTTP server failed");
        }
    });
    tasks.spawn(jobs.run(stop.clone()));
    if let Some(post) = post {
        tasks.spawn(post.run(stop.clone()));
    }
    let stopped = stop.clone();
    tasks.spawn(async move {
        stopped.cancelled().await;
        handle.stop(true).await;
    });
    let metrics_address = figures
        .map(|(listen, render)| foundation::metrics::serve(listen, render, (&stop, &tasks)))
        .transpose()?;
    Ok(Service::new(address, stop, tasks).with_metrics_address(metrics_address))
}

async fn count(
    requests: Arc<Requests>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let watch = RequestWatch::begin(requests, &request);
    let answered = next.call(request).await;
    watch.end(&answered);
    answered
}
