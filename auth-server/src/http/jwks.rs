//! `/oauth2/jwks` (RFC 7517): the public keys that access tokens are verified with.

use actix_web::{HttpRequest, HttpResponse, web};

use super::Server;

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    server.jwks.answer(&request)
}
