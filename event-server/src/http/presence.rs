//! `/v1/outlets/{id}/presence-secrets`.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::PresenceSecret;

use super::access::Caller;
use super::idempotency::{IdempotencyKey, made};
use super::problems::ApiError;
use super::server::PublicUrl;
use crate::context::Context;
use crate::operations::presence::rotate_secret;

/// Give the display at an outlet a new secret
///
/// For a display that shows a code which changes every half minute (OCPP 2.1 C25), so that whoever starts is known to stand there.
/// It is told this once; what the display has shown with the one before is wrong from then on.
#[utoipa::path(post, path = "/v1/outlets/{id}/presence-secrets", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:write"])),
    responses((status = 201, description = "The secret, and what the display makes of it", body = PresenceSecret)))]
pub(super) async fn rotate_presence_secret(
    request: HttpRequest,
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, "");
    let named = (caller.tenant_id(), id.into_inner());
    let rotated = made(&context, once, move |tx| rotate_secret(tx, &named, &public_url.0));
    let mut response = rotated.await?;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
