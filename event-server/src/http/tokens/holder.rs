//! Who may show a token: whoever bears it, or who holds what it is bound to.

use actix_web::HttpRequest;
use api_spec::token::{AccessTokenClaims, Confirmation};
use foundation::Clock;
use foundation::client_certificate::ClientCertificate;
use foundation::dpop::{self, Asked, BadProof};

use super::used_proofs::UsedProofs;
use crate::http::problems::ApiError;

/// A token, and how it is shown.
pub(in crate::http) struct ShownToken<'a> {
    pub(in crate::http) scheme: Scheme,
    pub(in crate::http) token: &'a str,
}

/// The schemes of `Authorization` that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Scheme {
    /// RFC 6750 §2.1.
    Bearer,
    /// With a proof of a key (RFC 9449 §7.1).
    DPoP,
}

/// Knows holders by what they prove to have.
pub(super) struct Holders {
    /// As clients know this server.
    public_url: String,
    used: UsedProofs,
    clock: Clock,
}

impl Holders {
    pub(super) fn new(public_url: String, clock: Clock) -> Self {
        Self {
            public_url,
            used: UsedProofs::default(),
            clock,
        }
    }

    pub(super) fn check(
        &self,
        request: &HttpRequest,
        shown: &ShownToken,
        claims: &AccessTokenClaims,
    ) -> Result<(), ApiError> {
        match (&claims.cnf, shown.scheme) {
            (None, Scheme::Bearer) => Ok(()),
            (None, Scheme::DPoP) => Err(ApiError::invalid_token(
                "the token is bound to no key: show it as Bearer, or ask for it with a proof",
            )),
            (Some(Confirmation::Key(_)), Scheme::Bearer) => {
                let detail = "the token is bound to a key: Authorization: DPoP …, with a proof beside it";
                Err(ApiError::invalid_token(detail).with_proof())
            }
            (Some(Confirmation::Key(jkt)), Scheme::DPoP) => self.check_key(request, shown.token, jkt),
            // RFC 8705 §3: the certificate is that of the connection, never of a header.
            (Some(Confirmation::Certificate(thumbprint)), Scheme::Bearer) => {
                let certificate = ClientCertificate::of(request).map(ClientCertificate::thumbprint);
                let is_holder = certificate.as_ref() == Some(thumbprint);
                is_holder.then_some(()).ok_or_else(|| {
                    ApiError::invalid_token("the token is bound to another certificate than the connection's")
                })
            }
            (Some(Confirmation::Certificate(_)), Scheme::DPoP) => Err(ApiError::invalid_token(
                "the token is bound to a certificate: show it as Bearer",
            )),
        }
    }

    fn check_key(&self, request: &HttpRequest, token: &str, jkt: &str) -> Result<(), ApiError> {
        let header = dpop::header(request).map_err(ApiError::invalid_proof)?;
        let jwt = header.ok_or_else(|| ApiError::invalid_proof(BadProof("the DPoP header is missing")))?;
        let asked = Asked {
            method: request.method().as_str(),
            url: &format!("{}{}", self.public_url, request.uri().path()),
            access_token: Some(token),
            now_s: self.clock.now_us().div_euclid(1_000_000),
        };
        let proof = dpop::verify(jwt, &asked).map_err(ApiError::invalid_proof)?;
        if proof.thumbprint != jkt {
            return Err(ApiError::invalid_token(
                "the token is bound to another key than the proof's",
            ));
        }
        match self.used.claim(proof.id, self.clock.tick_ms()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ApiError::invalid_proof(BadProof(
                "the proof was used before: make one for each request",
            ))),
            Err(_full) => Err(ApiError::unavailable("too many proofs at once")),
        }
    }
}
