//! `POST /oauth2/par` (RFC 9126 §2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::dpop::proof;
use super::errors::uncached;
use super::form_request::answer;
use super::{PAR, Server};

pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    answer(&server, &request, body, async |asked| {
        let proof = proof(&request, PAR)?;
        let pushed = server.grants.push(&asked.credentials, asked.form, proof).await?;
        Ok(uncached(StatusCode::CREATED).json(pushed))
    })
    .await
}
