//! The page behind a label while it is open: what the outlet does is told as it changes, and where somebody may start now, or may
//! not any more, the page is loaded anew.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::super::live::{self, Part};
use super::super::place::{self, Place};
use super::super::viewer::Viewer;
use super::super::visit::{NoPage, Shown, Visit};
use super::card::stage;
use crate::config::Config;
use crate::http::{ApiError, Language, RateLimit, count_scan};
use crate::operations::public_code;

#[derive(Template)]
#[template(source = "{{ sentence }}", ext = "html")]
struct SentencePart {
    sentence: String,
}

#[derive(Deserialize)]
pub(in crate::console) struct Query {
    /// The stage that the page was made for.
    shown: String,
}

/// For whoever has signed in: strangers wait for nothing here.
pub(in crate::console) async fn stream(
    visit: Visit,
    (config, limit, stop): (
        web::Data<Config>,
        web::Data<RateLimit>,
        web::Data<CancellationToken>,
    ),
    (code, query): (web::Path<String>, web::Query<Query>),
) -> Result<HttpResponse, ApiError> {
    count_scan(&visit.request, &config, &limit)?;
    let streamed = streamed(&visit, &stop, (&code, query.into_inner().shown));
    Ok(visit.answered(streamed))
}

fn streamed(visit: &Visit, stop: &CancellationToken, (code, shown): (&str, String)) -> Shown {
    let viewer = visit.viewer()?.clone();
    let code = public_code::read(code).ok_or(NoPage::NothingHere)?;
    let (language, context) = (visit.language, visit.context.get_ref().clone());
    Ok(live::stream(context, stop.clone(), move |conn, now_us| {
        let place = place::by_code(conn, &code, now_us)?;
        Ok(place.map(|place| vec![part(&place, (&viewer, language), &shown)]))
    }))
}

fn part(place: &Place, (viewer, language): (&Viewer, Language), shown: &str) -> Part {
    let reader = place.reader(Some(viewer));
    let sentence = place.sentence(reader, language);
    Part {
        id: "now",
        html: SentencePart { sentence }.render().unwrap_or_default(),
        is_last: stage(place.outlet.state) != shown,
    }
}
