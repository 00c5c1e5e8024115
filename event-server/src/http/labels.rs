//! `/v1/outlets/{id}/label.svg` and `label.png`, and sheets of labels: what is stuck beside outlets.

mod png;
pub(super) mod sheet;
mod svg;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::access::Caller;
use super::json::Query;
use super::problems::{ApiError, Kind};
use super::server::PublicUrl;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::rotate_code::url;
use crate::papers::LabelLanguage;
use crate::papers::symbol::Symbol;
use crate::store::outlets;

/// Of the symbol with its margin. Held half a metre away, 45 mm can be scanned.
const DEFAULT_MM: u32 = 50;
const SIZES_MM: std::ops::RangeInclusive<u32> = 30..=200;

/// How to print it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LabelQuery {
    /// How wide the QR code with its margin is printed, in mm: 30 to 200; 50 where left out.
    #[param(minimum = 30, maximum = 200, example = 50)]
    size: Option<u32>,
    /// `ja`, `en`, or `both` where left out; the PNG has no words.
    #[param(inline)]
    language: Option<LabelLanguage>,
}

/// What is to be printed.
struct Label {
    name: String,
    code: String,
    url: String,
    /// Where one who types the code goes.
    page: String,
    size_mm: u32,
    language: LabelLanguage,
}

/// Print an outlet's label
///
/// The QR code with its margin, the outlet's name, and the code to type. Print it black on white, at its own size.
#[utoipa::path(get, path = "/v1/outlets/{id}/label.svg", tag = "outlets",
    params(("id" = String, Path), LabelQuery), security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The label", body = String, content_type = "image/svg+xml")))]
pub(super) async fn svg(
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    id: web::Path<String>,
    query: Query<LabelQuery>,
) -> Result<HttpResponse, ApiError> {
    let label = label(&caller, (&context, &public_url), &id, &query.0).await?;
    let drawn = svg::draw(&label, &Symbol::of(&label.url)?);
    Ok(printed("image/svg+xml", drawn.into_bytes()))
}

/// Print an outlet's QR code
///
/// The QR code with its margin alone, 300 dots per inch; the words are in the SVG.
#[utoipa::path(get, path = "/v1/outlets/{id}/label.png", tag = "outlets",
    params(("id" = String, Path), LabelQuery), security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The QR code", body = Vec<u8>, content_type = "image/png")))]
pub(super) async fn png(
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    id: web::Path<String>,
    query: Query<LabelQuery>,
) -> Result<HttpResponse, ApiError> {
    let label = label(&caller, (&context, &public_url), &id, &query.0).await?;
    let drawn = png::draw(&Symbol::of(&label.url)?, label.size_mm)?;
    Ok(printed("image/png", drawn))
}

async fn label(
    caller: &Caller,
    (context, public_url): (&Context, &PublicUrl),
    id: &str,
    query: &LabelQuery,
) -> Result<Label, ApiError> {
    let size_mm = query.size.unwrap_or(DEFAULT_MM);
    if !SIZES_MM.contains(&size_mm) {
        return Err(ApiError::new(Kind::InvalidQuery, "size: expected 30 to 200"));
    }
    let (tenant, id) = (caller.tenant_id(), id.to_owned());
    let read = context
        .db
        .read(move |conn| outlets::find_known(conn, &tenant, &id));
    let (outlet, _, _) = read.await?.ok_or(Refusal::NotFound("outlet"))?;
    Ok(Label {
        url: url(&public_url.0, &outlet.public_code),
        page: url(&public_url.0, ""),
        name: outlet.name,
        code: outlet.public_code,
        size_mm,
        language: query.language.unwrap_or_default(),
    })
}

/// A label that was rotated away must not come out of a cache.
pub(super) fn printed(media_type: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(body)
}
