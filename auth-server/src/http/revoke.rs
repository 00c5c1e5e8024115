//! `POST /oauth2/revoke` (RFC 7009 §2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::Server;
use super::errors::uncached;
use super::form_request::answer;

pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    answer(&server, &request, body, async |mut asked| {
        let token = asked.required("token", "token is missing")?;
        server.grants.revoke(&asked.credentials, &token).await?;
        Ok(uncached(StatusCode::OK).finish())
    })
    .await
}
