//! Pushed authorization requests (RFC 9126): a client hands its request over itself, so that nothing in it passes through a
//! browser.

use serde::Serialize;

use super::authorization_request::{AuthorizationRequest, REQUEST_URN, Refused};
use super::{Credentials, Grants};
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
    pub(crate) async fn push(&self, credentials: &Credentials, form: Form) -> Result<Pushed, OAuthError> {
        let client = self.authenticate(credentials).await?;
        if form.has("request_uri") {
            return Err(OAuthError::InvalidRequest("request_uri cannot be pushed"));
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
