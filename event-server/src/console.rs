//! The pages of people: residents behind a label, managers of their sites. Rendered here, useful without a script.

mod acting;
mod app_links;
mod assets;
mod chart;
mod cookies;
mod csv_file;
mod day_chart;
mod figures;
mod home;
mod issuer;
mod letters;
mod live;
mod manager;
mod pages;
mod place;
mod prices;
mod resident;
mod sealed;
mod sentence;
mod session;
mod sign_in;
mod sparkline;
mod tiles;
mod viewer;
mod visit;
mod words;

use actix_web::http::Method;
use actix_web::http::header::ACCEPT;
use actix_web::web::{ServiceConfig, to};
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use crate::http::{ApiError, at, nothing_here};
pub(crate) use letters::letter;
pub(crate) use pages::Pages;

/// Where there is nothing: a page for browsers, a problem for programs.
pub(crate) async fn nowhere(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let accepts = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    let reads_pages = accepts.is_some_and(|types| types.contains("text/html"));
    if !reads_pages || request.path().starts_with("/v1/") {
        return Err(nothing_here());
    }
    let visit = visit::Visit::extract(&request).await?;
    Ok(visit.answered(Err(visit::NoPage::NothingHere)))
}

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(at("/", [(Method::GET, to(home::show))]))
        .service(at(app_links::APPLE, [(Method::GET, to(app_links::apple))]))
        .service(at(app_links::ANDROID, [(Method::GET, to(app_links::android))]))
        .service(at("/console/stream", [(Method::GET, to(home::stream))]))
        .service(at("/console/assets/{file}", [(Method::GET, to(assets::show))]))
        .service(at(sign_in::SIGN_IN, [(Method::GET, to(sign_in::begin))]))
        .service(at(issuer::CALLBACK, [(Method::GET, to(sign_in::finish))]))
        .service(at("/sign-out", [(Method::POST, to(sign_in::end))]))
        .configure(resident::configure)
        .configure(manager::configure);
}
