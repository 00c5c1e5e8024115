//! `/v1/sessions/{id}/receipt.pdf`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::access::Caller;
use super::json::Query;
use super::language::language_of;
use super::papers::drawn;
use super::problems::ApiError;
use crate::config::Config;
use crate::context::Context;
use crate::operations::receipt::receipt;
use crate::papers::receipt::pdf;
use foundation::Language;

/// In which language a paper is.
#[derive(Clone, Copy, Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaperLanguage {
    Ja,
    En,
}

/// How to print it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReceiptQuery {
    /// The better one of `Accept-Language` where left out.
    #[param(inline)]
    lang: Option<PaperLanguage>,
}

/// Print the receipt of a session
///
/// Once it has ended: times by the site's clocks, registers, energy, and what it cost. Energy of a meter that is not `verified` is
/// called an equivalent of kilowatt-hours.
#[utoipa::path(get, path = "/v1/sessions/{id}/receipt.pdf", tag = "sessions",
    params(("id" = String, Path), ReceiptQuery), security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The receipt", body = Vec<u8>, content_type = "application/pdf"),
        (status = 409, description = "`session-running`", body = api_spec::problem::Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`font-missing`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn get_receipt(
    request: HttpRequest,
    caller: Caller,
    (context, config): (web::Data<Context>, web::Data<Config>),
    id: web::Path<String>,
    query: Query<ReceiptQuery>,
) -> Result<HttpResponse, ApiError> {
    let language = match query.0.lang {
        Some(PaperLanguage::Ja) => Language::Japanese,
        Some(PaperLanguage::En) => Language::English,
        None => language_of(&request),
    };
    let (tenant, now_us) = (caller.tenant_id(), context.clock.now_us());
    let name = format!("{id}.pdf");
    let read = context
        .db
        .read(move |conn| receipt(conn, (&tenant, &id), language, now_us));
    let receipt = read.await?;
    drawn(&config, &name, move |font| pdf(font, &receipt)).await
}
