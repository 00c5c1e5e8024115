//! Proofs of a key that are shown with a request (DPoP, RFC 9449): each is good once.

use foundation::dpop::{self, Asked};

use super::Grants;
use crate::error::OAuthError;
use crate::store::used_proofs;

/// A proof, and the request it came with.
pub(crate) struct ShownProof {
    pub(crate) jwt: String,
    pub(crate) method: String,
    /// Below the issuer.
    pub(crate) path: &'static str,
}

impl Grants {
    /// The thumbprint of the key that is proved to be held. The proof is used up by that, on whichever node.
    pub(super) async fn take_proof(
        &self,
        shown: &ShownProof,
        access_token: Option<&str>,
    ) -> Result<String, OAuthError> {
        let asked = Asked {
            method: &shown.method,
            url: &format!("{}{}", self.issuer, shown.path),
            access_token,
            now_s: self.clock.now_us().div_euclid(1_000_000),
        };
        let proof = dpop::verify(&shown.jwt, &asked)?;
        let expires_at_us = proof.expires_at_s.saturating_mul(1_000_000);
        let claim = self
            .db
            .write(move |conn| used_proofs::claim(conn, proof.id, expires_at_us));
        if claim.await? {
            return Ok(proof.thumbprint);
        }
        Err(OAuthError::InvalidProof(
            "the proof was used before: make one for each request",
        ))
    }
}
