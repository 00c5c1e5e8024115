//! Where everybody begins: what is theirs, or the way to sign in; on this machine, all outlets without a password.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use tokio_util::sync::CancellationToken;

use super::live;
use super::tiles;
use super::visit::{Frame, Visit};
use super::words::ResidentWords;
use crate::config::Config;
use crate::context::Context;
use crate::http::{ApiError, client_is_loopback, nothing_here};

const STREAM: &str = "/console/stream";

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    w: &'static ResidentWords,
    /// What stands in the field of a code.
    typed: &'static str,
}

#[derive(Template)]
#[template(path = "open.html")]
struct OpenPage {
    frame: Frame,
    stream: &'static str,
    live: String,
}

pub(super) async fn show(
    visit: Visit,
    (config, context): (web::Data<Config>, web::Data<Context>),
) -> Result<HttpResponse, ApiError> {
    let words = visit.words();
    if let Some(viewer) = &visit.viewer {
        let home = match (viewer.sees_sites(), viewer.homes().next()) {
            (true, _) => "/sites",
            (false, Some(_)) => "/my",
            (false, None) => {
                let said = (words.not_possible, words.no_role);
                return Ok(visit.message(actix_web::http::StatusCode::FORBIDDEN, said, None));
            }
        };
        return Ok(visit.redirect(home));
    }
    if is_open(&visit.request, &config) {
        let (language, now_us) = (visit.language, visit.now_us);
        let read = context.db.read(move |conn| tiles::groups(conn, language, now_us));
        let groups = read.await?;
        let live = tiles::part(&groups, language).html;
        let frame = visit.frame();
        return Ok(visit.page(&OpenPage {
            frame,
            stream: STREAM,
            live,
        }));
    }
    if visit.pages.issuer.is_none() {
        return Err(nothing_here());
    }
    let w = ResidentWords::of(visit.language);
    Ok(visit.page(&HomePage {
        frame: visit.frame(),
        w,
        typed: "",
    }))
}

pub(super) async fn stream(
    visit: Visit,
    (config, context): (web::Data<Config>, web::Data<Context>),
    stop: web::Data<CancellationToken>,
) -> Result<HttpResponse, ApiError> {
    if !is_open(&visit.request, &config) {
        return Err(nothing_here());
    }
    let language = visit.language;
    Ok(live::stream(
        context.get_ref().clone(),
        stop.get_ref().clone(),
        move |conn, now_us| {
            let groups = tiles::groups(conn, language, now_us)?;
            Ok(Some(vec![tiles::part(&groups, language)]))
        },
    ))
}

/// Whether all outlets may be shown: that asks for no password, so only to this machine.
fn is_open(request: &HttpRequest, config: &Config) -> bool {
    config.console.open_on_loopback && client_is_loopback(request)
}
