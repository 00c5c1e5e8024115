//! The doors: `/status`, `/status.json`, `/livez` and `/readyz` on one, `/metrics` on the other.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, Accept, Header};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, error};
use foundation::Language;
use foundation::listen::names_this_machine;
use foundation::metrics::Text;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::page::{self, Reload};
use super::{Sources, document, figures};
use crate::config::LocalListen;

const MAX_CONNECTIONS: usize = 64;
const BACKLOG: u32 = 64;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const SHUTDOWN_S: u64 = 1;
const JSON: &str = "application/json";

/// How a page was asked for.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    lang: Option<String>,
    reload: Option<String>,
}

/// Whether only this machine may read: then other names for it are refused, so that no web page elsewhere can read
/// through the browser of somebody at this machine.
#[derive(Clone, Copy)]
struct IsLocal(bool);

/// Serves one door until told to stop; one worker, since few ask.
pub(super) fn serve(
    listen: LocalListen,
    sources: &Sources,
    routes: fn(&mut ServiceConfig),
    (stop, tasks): (&CancellationToken, &TaskTracker),
) -> std::io::Result<SocketAddr> {
    let socket = TcpListener::bind(listen.listen)?;
    let address = socket.local_addr()?;
    let sources = web::Data::new(sources.clone());
    let is_local = IsLocal(!listen.open_to_network);
    let running = HttpServer::new(move || {
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add((header::CACHE_CONTROL, "no-store"))
                    .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
            )
            .wrap(from_fn(known_name_only))
            .app_data(sources.clone())
            .app_data(web::Data::new(is_local))
            .service(web::resource("/livez").get(livez))
            .service(web::resource("/readyz").get(readyz))
            .configure(routes)
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
            tracing::error!(%error, "a local page can no longer be read");
        }
    });
    Ok(address)
}

pub(super) fn page_routes(app: &mut ServiceConfig) {
    app.service(web::resource("/").get(to_status))
        .service(web::resource("/status").get(status))
        .service(web::resource("/status.json").get(json))
        .service(web::resource("/status.css").get(style));
}

pub(super) fn figure_routes(app: &mut ServiceConfig) {
    app.service(web::resource("/metrics").get(metrics));
}

async fn known_name_only(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_local = request
        .app_data::<web::Data<IsLocal>>()
        .is_none_or(|local| local.0);
    // Not `connection_info`: a script can write the headers that it believes, and cannot write this one.
    let host = request.headers().get(header::HOST);
    let is_known = host.is_none_or(|host| host.to_str().is_ok_and(names_this_machine));
    if is_local && !is_known {
        return Err(error::ErrorMisdirectedRequest(
            "ask by the address of this machine\n",
        ));
    }
    next.call(request).await
}

async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

async fn readyz(sources: web::Data<Sources>) -> HttpResponse {
    let (document, _) = document::collect(&sources).await;
    match document.ready.is_ready() {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    }
    .json(document.ready)
}

async fn to_status() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/status"))
        .finish()
}

async fn status(request: HttpRequest, sources: web::Data<Sources>, asked: web::Query<Asked>) -> HttpResponse {
    if prefers_json(&request) {
        return json(sources).await;
    }
    let chosen = asked.lang.as_deref().and_then(Language::from_code);
    let language = chosen.unwrap_or_else(|| {
        let wishes = request.headers().get(header::ACCEPT_LANGUAGE);
        Language::best_of(wishes.and_then(|value| value.to_str().ok()).unwrap_or_default())
    });
    let reload = match asked.reload.as_deref() {
        Some("off") => Reload::Off,
        Some(_) | None => Reload::On,
    };
    let (document, _) = document::collect(&sources).await;
    page::respond(&document, language, reload)
}

async fn json(sources: web::Data<Sources>) -> HttpResponse {
    let (document, _) = document::collect(&sources).await;
    HttpResponse::Ok()
        .insert_header((header::VARY, "accept"))
        .json(document)
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(page::STYLE)
}

async fn metrics(sources: web::Data<Sources>) -> HttpResponse {
    let (document, picture) = document::collect(&sources).await;
    let mut spans = Text::default();
    sources.telemetry.write(&mut spans);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(figures::text(&document, &picture) + &spans.into_text())
}

/// Whether JSON is asked for before a page (RFC 9110 §12.5.1); who asks for nothing gets the page.
fn prefers_json(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else {
        return false;
    };
    let ranked = accept.ranked();
    let first = ranked
        .iter()
        .find(|kind| kind.essence_str() == JSON || kind.type_() == "text" || kind.essence_str() == "*/*");
    first.is_some_and(|kind| kind.essence_str() == JSON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn json_is_for_those_who_ask_for_it_before_a_page() {
        for (accept, expected) in [
            ("application/json", true),
            ("application/json, text/html;q=0.9", true),
            (
                "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
                false,
            ),
            ("*/*", false),
            ("", false),
        ] {
            let request = TestRequest::get()
                .insert_header(("accept", accept))
                .to_http_request();
            assert_eq!(prefers_json(&request), expected, "{accept:?}");
        }
        assert!(!prefers_json(&TestRequest::get().to_http_request()));
    }
}
