//! The token of an `Authorization` header alone (RFC 6750 §2.1), with what is shown beside it.

use actix_web::HttpRequest;
use actix_web::http::header;
use foundation::dpop;

use super::dpop::proof;
use super::mutual::shown;
use crate::grants::{BearerError, ShownToken};

/// The token of a request to this path; `None` where there is none.
pub(super) fn shown_token(
    request: &HttpRequest,
    path: &'static str,
) -> Result<Option<ShownToken>, BearerError> {
    let header = request.headers().get(header::AUTHORIZATION);
    let Some((scheme, token)) = header.and_then(|value| value.to_str().ok()?.split_once(' ')) else {
        return Ok(None);
    };
    let proof = if scheme.eq_ignore_ascii_case("bearer") {
        None
    } else if scheme.eq_ignore_ascii_case(dpop::SCHEME) {
        let proof = proof(request, path).map_err(|_| BearerError::InvalidProof)?;
        Some(proof.ok_or(BearerError::InvalidProof)?)
    } else {
        return Ok(None);
    };
    Ok(Some(ShownToken {
        token: token.trim_matches(' ').to_owned(),
        proof,
        certificate: shown(request),
    }))
}
