//! `POST /oauth2/token` (RFC 6749 §3.2): from HTTP to a token request, and back.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Confirmation;

use super::Server;
use super::errors::uncached;
use super::form_request::{FormRequest, answer};
use crate::client::GrantType;
use crate::error::OAuthError;
use crate::form::RESOURCE;
use crate::grants::{AskedGrant, ShownCode, TokenRequest};

pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    answer(&server, &request, body, async |asked| {
        let token = server.grants.issue(&token_request(asked)?).await?;
        Ok(uncached(StatusCode::OK).json(token))
    })
    .await
}

/// Whoever shows a certificate gets a token that is bound to it (RFC 8705 §3).
fn confirmation(asked: &FormRequest) -> Option<Confirmation> {
    let certificate = asked.credentials.certificate.as_ref()?;
    Some(Confirmation::Certificate(certificate.thumbprint.clone()))
}

fn token_request(mut asked: FormRequest) -> Result<TokenRequest, OAuthError> {
    let grant_type = asked.required("grant_type", "grant_type is missing")?;
    let grant_type = GrantType::from_name(&grant_type).ok_or(OAuthError::UnsupportedGrantType)?;
    Ok(TokenRequest {
        grant: match grant_type {
            GrantType::ClientCredentials => AskedGrant::ClientCredentials,
            GrantType::AuthorizationCode => AskedGrant::AuthorizationCode(ShownCode {
                code: asked.required("code", "code is missing")?,
                redirect_uri: asked.required("redirect_uri", "redirect_uri is missing")?,
                verifier: asked.required("code_verifier", "code_verifier is missing")?,
            }),
            GrantType::RefreshToken => {
                AskedGrant::RefreshToken(asked.required("refresh_token", "refresh_token is missing")?)
            }
        },
        scope: asked.form.take("scope"),
        resources: asked.form.take_all(RESOURCE),
        confirmation: confirmation(&asked),
        credentials: asked.credentials,
    })
}
