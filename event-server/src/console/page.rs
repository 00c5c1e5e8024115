//! The page with all outlets, and the page behind an outlet's label.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::tiles::{self, Group, Tile};
use crate::config::Config;
use crate::context::Context;
use crate::http::{ApiError, Language, RateLimit, client_is_loopback, count_scan, language_of, nothing_here};
use crate::operations::public_code;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// In which language to show it, where the reader has chosen.
#[derive(serde::Deserialize)]
pub(super) struct Chosen {
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "console.html")]
struct ConsolePage {
    lang: &'static str,
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "outlet.html")]
struct OutletPage {
    lang: &'static str,
    tile: Option<Tile>,
}

impl Chosen {
    pub(super) fn language(&self, request: &HttpRequest) -> Language {
        let chosen = self.lang.as_deref().and_then(Language::from_code);
        chosen.unwrap_or_else(|| language_of(request))
    }
}

/// Whether the page may be shown: it asks for no password, so only to this machine.
pub(super) fn check_open(request: &HttpRequest, config: &Config) -> Result<(), ApiError> {
    match config.console.open_on_loopback && client_is_loopback(request) {
        true => Ok(()),
        false => Err(nothing_here()),
    }
}

pub(super) async fn show(
    request: HttpRequest,
    config: web::Data<Config>,
    context: web::Data<Context>,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse, ApiError> {
    check_open(&request, &config)?;
    let language = chosen.language(&request);
    let groups = context.db.read(move |conn| tiles::groups(conn, language)).await?;
    let lang = language.code();
    html(StatusCode::OK, lang, &ConsolePage { lang, groups })
}

/// For whoever scans the label; an unknown code looks like any other that is unknown.
pub(super) async fn show_outlet(
    request: HttpRequest,
    (config, limit): (web::Data<Config>, web::Data<RateLimit>),
    context: web::Data<Context>,
    code: web::Path<String>,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse, ApiError> {
    count_scan(&request, &config, &limit)?;
    let language = chosen.language(&request);
    let tile = match public_code::read(&code) {
        Some(code) => {
            let read = context.db.read(move |conn| tiles::tile(conn, &code, language));
            read.await?
        }
        None => None,
    };
    let status = if tile.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    let lang = language.code();
    html(status, lang, &OutletPage { lang, tile })
}

fn html(status: StatusCode, lang: &'static str, page: &impl Template) -> Result<HttpResponse, ApiError> {
    let text = page.render().map_err(|error| ApiError::internal(&error))?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, lang))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "accept-language"))
        .body(text))
}
