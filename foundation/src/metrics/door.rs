//! Where Prometheus reads: `/metrics` on an address of its own, in clear, on this machine unless told otherwise.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HOST};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, error, web};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::listen::{LocalListen, names_this_machine};

const MAX_CONNECTIONS: usize = 64;
const BACKLOG: u32 = 64;
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const SHUTDOWN_S: u64 = 1;

/// Writes the figures as they are now.
pub type Render = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

#[derive(Clone, Copy)]
struct IsLocal(bool);

/// Serves until told to stop; one worker, since few ask.
///
/// # Errors
/// If the address cannot be used.
pub fn serve(
    listen: LocalListen,
    render: Render,
    (stop, tasks): (&CancellationToken, &TaskTracker),
) -> std::io::Result<SocketAddr> {
    let socket = TcpListener::bind(listen.listen).map_err(|cause| {
        let told = format!("metrics.listen: cannot listen on {}: {cause}", listen.listen);
        std::io::Error::new(cause.kind(), told)
    })?;
    let address = socket.local_addr()?;
    let is_local = IsLocal(!listen.open_to_network);
    let running = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(known_name_only))
            .app_data(web::Data::new(render.clone()))
            .app_data(web::Data::new(is_local))
            .service(web::resource("/metrics").get(metrics))
    })
    .workers(1)
    .worker_max_blocking_threads(1)
    .max_connections(MAX_CONNECTIONS)
    .backlog(BACKLOG)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(REQUEST_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_S)
    .disable_signals()
    .listen(socket)?
    .run();
    let (stop, handle) = (stop.clone(), running.handle());
    tasks.spawn(async move {
        stop.cancelled().await;
        handle.stop(true).await;
    });
    tasks.spawn(async move {
        if let Err(error) = running.await {
            tracing::error!(%error, "the figures can no longer be read");
        }
    });
    tracing::info!(%address, "the figures for Prometheus can be read");
    Ok(address)
}

async fn metrics(render: web::Data<Render>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(render().await)
}

/// No web page elsewhere can read through the browser of somebody at this machine.
async fn known_name_only(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_local = request
        .app_data::<web::Data<IsLocal>>()
        .is_none_or(|local| local.0);
    let host = request.headers().get(HOST);
    let is_known = host.is_none_or(|host| host.to_str().is_ok_and(names_this_machine));
    if is_local && !is_known {
        return Err(error::ErrorMisdirectedRequest(
            "ask by the address of this machine\n",
        ));
    }
    next.call(request).await
}
