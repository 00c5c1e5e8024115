//! The client credentials grant (RFC 6749 §4.4): a program asks in its own name.

use api_spec::token::Scopes;

use super::{Grants, IssuedToken, TokenRequest};
use crate::client::Client;
use crate::error::OAuthError;

impl Grants {
    pub(super) fn client_credentials(
        &self,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<IssuedToken, OAuthError> {
        if request
            .resources
            .iter()
            .any(|resource| *resource != client.audience)
        {
            return Err(OAuthError::InvalidTarget);
        }
        let scope = scope_for(client, request.scope.as_deref())?;
        self.access_token(client, scope)
    }
}

/// What was asked for, or all that the client may have.
fn scope_for(client: &Client, asked: Option<&str>) -> Result<Scopes, OAuthError> {
    let Some(asked) = asked else {
        return Ok(client.scopes.clone());
    };
    let asked: Scopes = asked.parse().map_err(|_| OAuthError::InvalidScope)?;
    if asked.is_empty() || !asked.is_within(&client.scopes) {
        return Err(OAuthError::InvalidScope);
    }
    Ok(asked)
}
