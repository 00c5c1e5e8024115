//! `/v1/drivers/{id}/consents`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Consent, NewConsent, Page};

use super::access::Caller;
use super::idempotency::{MaybeNamed, once_if_named};
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sites::PageQuery;
use crate::context::Context;
use crate::operations::consents::{self as operations, OfDriver};

const MAX_VERSION: usize = 100;

/// List what a driver has agreed to, the oldest first
#[utoipa::path(get, path = "/v1/drivers/{id}/consents", tag = "drivers", params(("id" = String, Path), PageQuery),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of consents", body = Page<Consent>)))]
pub(super) async fn list_consents(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = paging::limit(query.0.limit)?;
    let after = paging::after(query.0.cursor.as_deref())?;
    let of = OfDriver {
        tenant_id: caller.tenant_id(),
        driver_id: id.into_inner(),
    };
    let read = context
        .db
        .read(move |conn| operations::list(conn, &of, (&after, limit + 1)));
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, |consent| consent.id.clone())))
}

/// Write down that a driver has agreed
///
/// As is needed before a resident is charged by energy under 特定計量: to which text, where, and when. None is ever taken away.
#[utoipa::path(post, path = "/v1/drivers/{id}/consents", tag = "drivers", params(("id" = String, Path)),
    request_body = NewConsent, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The consent", body = Consent)))]
pub(super) async fn create_consent(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    (id, body): (web::Path<String>, Json<NewConsent>),
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    faults.check_text("/text_version", &asked.text_version, MAX_VERSION);
    faults.into_result()?;
    let of = OfDriver {
        tenant_id: caller.tenant_id(),
        driver_id: id.into_inner(),
    };
    let make = once_if_named(&context, named, move |tx| operations::create(tx, &of, asked));
    let (consent, replayed) = make.await?;
    Ok(replayed.mark(HttpResponse::Created().json(consent)))
}
