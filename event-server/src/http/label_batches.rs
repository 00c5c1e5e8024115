//! `/v1/label-batches`: labels that are printed before anybody knows for which outlets.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{LabelBatch, NewCodeBinding, NewLabelBatch, OutletCode};
use futures_util::stream;

use super::access::Caller;
use super::answers::tagged;
use super::exports::csv::{Cell, Charset, Csv};
use super::exports::{send, text};
use super::idempotency::{IdempotencyKey, create, made};
use super::json::{Faults, Json, Query};
use super::problems::ApiError;
use super::server::PublicUrl;
use crate::context::Context;
use crate::operations::label_batches as operations;

pub(crate) const MAX_LABELS: u32 = 500;
const MAX_CODE: usize = 40;

/// In which characters.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CsvQuery {
    /// `utf-8` where left out.
    #[serde(default)]
    #[param(inline)]
    charset: Charset,
    /// Begin UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
    #[serde(default)]
    bom: bool,
}

/// Make codes for labels that are printed first
///
/// They lead nowhere until they are bound: `POST /v1/outlets/{id}/code-bindings`. `GET /v1/label-batches/{id}.csv` is for the
/// print shop.
#[utoipa::path(post, path = "/v1/label-batches", tag = "outlets", request_body = NewLabelBatch,
    security(("oauth2" = ["outlets:write"])),
    responses((status = 201, description = "The codes", body = LabelBatch)))]
pub(super) async fn create_label_batch(
    request: HttpRequest,
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    key: IdempotencyKey,
    body: Json<NewLabelBatch>,
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    if !(1..=MAX_LABELS).contains(&asked.count) {
        faults.add("/count", &format!("expected 1 to {MAX_LABELS}"));
    }
    faults.into_result()?;
    let tenant = caller.tenant_id();
    create(&context, once, "/v1/label-batches", move |tx| {
        operations::create(tx, (&tenant, &public_url.0), asked)
    })
    .await
}

/// Show a batch of labels, and which were bound
#[utoipa::path(get, path = "/v1/label-batches/{id}", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The batch", body = LabelBatch)))]
pub(super) async fn get_label_batch(
    request: HttpRequest,
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    tagged(&request, &find(&caller, (&context, public_url), &id).await?)
}

const NAMES: [&str; 3] = ["public_code", "shown", "url"];

/// Export a batch of labels as CSV, for a print shop
#[utoipa::path(get, path = "/v1/label-batches/{id}.csv", tag = "outlets", params(("id" = String, Path), CsvQuery),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "One line for each label", body = String, content_type = "text/csv")))]
pub(super) async fn export_label_batch(
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    id: web::Path<String>,
    query: Query<CsvQuery>,
) -> Result<HttpResponse, ApiError> {
    let batch = find(&caller, (&context, public_url), &id).await?;
    let name = format!("{}.csv", batch.id);
    let csv = Csv {
        charset: query.0.charset,
        bom: query.0.bom,
    };
    let (names, rows) = sheet(batch);
    send((&name, names), csv, stream::iter([Ok(rows)])).await
}

/// The names of the columns, and a line for each label.
pub(crate) fn sheet(batch: LabelBatch) -> (&'static [&'static str], Vec<Vec<Cell>>) {
    let labels = batch.labels.into_iter();
    let rows = labels.map(|label| vec![text(label.public_code), text(label.shown), text(label.url)]);
    (&NAMES, rows.collect())
}

/// Give an outlet the code of the label that was stuck beside it
///
/// A label of a batch, which nobody has been given yet. The outlet's old code is answered from now on like any that nobody has.
/// `outlet.code_rotated` tells it.
#[utoipa::path(post, path = "/v1/outlets/{id}/code-bindings", tag = "outlets", params(("id" = String, Path)),
    request_body = NewCodeBinding, security(("oauth2" = ["outlets:write"])),
    responses((status = 201, description = "The outlet's code", body = OutletCode)))]
pub(super) async fn bind_code(
    request: HttpRequest,
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    key: IdempotencyKey,
    (id, body): (web::Path<String>, Json<NewCodeBinding>),
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, &body.canonical);
    let code = body.value.code;
    let mut faults = Faults::default();
    faults.check_text("/code", &code, MAX_CODE);
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    made(&context, once, move |tx| {
        operations::bind(tx, &named, &public_url.0, &code)
    })
    .await
}

async fn find(
    caller: &Caller,
    (context, public_url): (&Context, web::Data<PublicUrl>),
    id: &str,
) -> Result<LabelBatch, ApiError> {
    let named = (caller.tenant_id(), id.to_owned());
    let read = context
        .db
        .read(move |conn| operations::find(conn, (&named.0, &named.1), &public_url.0));
    Ok(read.await?)
}
