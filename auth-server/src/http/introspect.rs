//! `POST /oauth2/introspect` (RFC 7662 §2).

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
        let introspection = server.grants.introspect(&asked.credentials, &token).await?;
        Ok(uncached(StatusCode::OK).json(introspection))
    })
    .await
}
