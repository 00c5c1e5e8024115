//! Pushed authorization requests (RFC 9126): a client hands its request over itself, so that nothing in it passes through a
//! browser.

use serde::Serialize;

use super::authorization_request::{AuthorizationRequest, DPOP_JKT, REQUEST_URN, Refused};
use super::{Credentials, Grants, ShownProof};
use crate::error::OAuthError;
use crate::form::Form;
use crate::operations::keep_request;

/// The answer (RFC 9126 §2.2).
#[derive(Serialize)]
pub(crate) struct Pushed {
    request_uri: String,
    expires_in: u32,
}

impl Grants {
    /// The request is looked at as it would be at the authorization endpoint.
    /// A proof beside it says which key the code will be good for (RFC 9449 §10.1).
    pub(crate) async fn push(
        &self,
        credentials: &Credentials,
        mut form: Form,
        proof: Option<ShownProof>,
    ) -> Result<Pushed, OAuthError> {
        let client = self.authenticate(credentials).await?;
        if form.has("request_uri") {
            return Err(OAuthError::InvalidRequest("request_uri cannot be pushed"));
        }
        if let Some(proof) = proof {
            let key = self.take_proof(&proof, None).await?;
            if form.take(DPOP_JKT).is_some_and(|asked| asked != key) {
                return Err(OAuthError::InvalidProof("dpop_jkt is not the key of the proof"));
            }
            form.put(DPOP_JKT, key);
        }
        let parameters = form.encode();
        AuthorizationRequest::read(Some(client.clone()), form).map_err(|refused| match refused {
            Refused::Here(problem) => OAuthError::InvalidRequest(problem),
            Refused::Back(_, error) => OAuthError::Authorization(error),
        })?;
        let id = keep_request::run(&self.db, &client.id, parameters, self.clock.now_us()).await?;
        Ok(Pushed {
            request_uri: format!("{REQUEST_URN}{id}"),
            expires_in: keep_request::KEPT_S,
        })
    }
}
