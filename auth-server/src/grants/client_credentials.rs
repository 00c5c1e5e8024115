//! The client credentials grant (RFC 6749 §4.4): a program asks in its own name.

use api_spec::token::{Confirmation, Scopes};

use super::access_token::Subject;
use super::{Grants, IssuedToken};
use crate::client::Client;
use crate::error::OAuthError;

impl Grants {
    pub(super) fn client_credentials(
        &self,
        client: &Client,
        scope: Option<&str>,
        cnf: Option<Confirmation>,
    ) -> Result<IssuedToken, OAuthError> {
        let scope = scope_for(client, scope)?;
        self.access_token(client, scope, Subject::of_client(client), cnf)
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
