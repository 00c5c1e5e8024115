//! Client authentication (RFC 6749 §2.3): by a secret.

use std::sync::Arc;

use super::{Credentials, Grants};
use crate::client::{self, Client};
use crate::error::OAuthError;

impl Grants {
    /// The client that the credentials prove. A failure never says which part of them was wrong.
    pub(super) async fn authenticate(&self, shown: &Credentials) -> Result<Arc<Client>, OAuthError> {
        let client = self.clients.find(&shown.client_id).await?;
        let authentic = client::is_authentic(client.as_deref(), &shown.client_secret, self.clock.now_us());
        match client {
            Some(client) if authentic => Ok(client),
            Some(client) => {
                tracing::info!(client_id = client.id, "client authentication failed");
                Err(OAuthError::InvalidClient)
            }
            None => {
                // What was shown as an id may be a misplaced secret, so it is not logged.
                tracing::info!("client authentication failed: unknown client");
                Err(OAuthError::InvalidClient)
            }
        }
    }
}
