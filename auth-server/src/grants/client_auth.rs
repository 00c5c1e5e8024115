//! Client authentication (RFC 6749 §2.3): by a secret, a signed assertion (RFC 7523), or a certificate (RFC 8705 §2.1).

use std::net::IpAddr;
use std::sync::Arc;

use foundation::secrets::SecretHash;
use jsonwebtoken::DecodingKey;

use super::{Grants, client_assertion};
use crate::audit::{Actor, Entry, Event};
use crate::ca::ShownCertificate;
use crate::client::{self, Client};
use crate::error::OAuthError;
use crate::keys::Jwk;
use crate::store::{certificates, used_assertions};

/// What a client shows to prove who it is. No `Debug`: it holds a secret.
pub(crate) struct Credentials {
    pub(crate) proof: Proof,
    /// Where the request came from.
    pub(crate) source: Option<IpAddr>,
    /// Of the connection, where it is one for certificates; it must be good whatever else is shown.
    pub(crate) certificate: Option<ShownCertificate>,
}

/// How it proves that.
pub(crate) enum Proof {
    Secret {
        client_id: String,
        client_secret: String,
    },
    Assertion {
        /// Sent beside the assertion, which names the client itself.
        client_id: Option<String>,
        jwt: String,
    },
    /// The certificate of the connection.
    Certificate { client_id: String },
}

/// Why it does not; told to nobody but the logs.
struct Refusal {
    event: Event,
    client_id: Option<String>,
    reason: &'static str,
}

impl Refusal {
    fn of(client: Option<&Client>, reason: &'static str) -> Self {
        Self {
            event: Event::ClientAuthentication,
            // What was shown as an id may be a misplaced secret, so only the id of a client is told.
            client_id: client.map(|client| client.id.clone()),
            reason: if client.is_some() {
                reason
            } else {
                "unknown client"
            },
        }
    }
}

impl Grants {
    /// The client that the credentials prove. A failure never says which part of them was wrong.
    pub(super) async fn authenticate(&self, shown: &Credentials) -> Result<Arc<Client>, OAuthError> {
        let authenticated = match &shown.proof {
            _ if self.is_refused(shown.certificate.as_ref()).await? => Err(Refusal {
                event: Event::ClientAuthentication,
                client_id: None,
                reason: "revoked or unknown certificate",
            }),
            Proof::Secret {
                client_id,
                client_secret,
            } => self.by_secret(client_id, client_secret).await?,
            Proof::Certificate { client_id } => {
                self.by_certificate(client_id, shown.certificate.as_ref()).await?
            }
            Proof::Assertion { client_id, jwt } => self.by_assertion(client_id.as_deref(), jwt).await?,
        };
        authenticated.map_err(|refusal| {
            let Refusal {
                event,
                client_id,
                reason,
            } = refusal;
            tracing::info!(client_id, reason, "client authentication failed");
            self.tally.count(Entry {
                client_id,
                source: shown.source,
                ..Entry::failure(event, Actor::Stranger, reason)
            });
            OAuthError::InvalidClient
        })
    }

    async fn by_secret(&self, id: &str, secret: &str) -> Result<Result<Arc<Client>, Refusal>, OAuthError> {
        let client = self.clients.find(id).await?;
        let authentic = client::is_authentic(client.as_deref(), secret, self.clock.now_us());
        match client {
            Some(client) if authentic => Ok(Ok(client)),
            client => Ok(Err(Refusal::of(client.as_deref(), "wrong secret, or disabled"))),
        }
    }

    /// RFC 8705 §2.1.2: by `tls_client_auth_san_uri`, the whole name.
    async fn by_certificate(
        &self,
        id: &str,
        certificate: Option<&ShownCertificate>,
    ) -> Result<Result<Arc<Client>, Refusal>, OAuthError> {
        let client = self.clients.find(id).await?;
        match (client, certificate) {
            (Some(client), Some(shown)) if client.may_show(&shown.uri) => Ok(Ok(client)),
            (client, _) => {
                let reason = "another certificate than its own, or disabled";
                Ok(Err(Refusal::of(client.as_deref(), reason)))
            }
        }
    }

    /// Whether a certificate was shown that is not good; TLS alone does not know.
    async fn is_refused(&self, shown: Option<&ShownCertificate>) -> Result<bool, OAuthError> {
        let Some(shown) = shown.cloned() else {
            return Ok(false);
        };
        let now_us = self.clock.now_us();
        let is_good = self.db.read(move |conn| {
            let row = certificates::find(conn, &shown.serial)?;
            Ok::<_, OAuthError>(row.is_some_and(|row| row.is_good(&shown, now_us)))
        });
        Ok(!is_good.await?)
    }

    async fn by_assertion(
        &self,
        id: Option<&str>,
        jwt: &str,
    ) -> Result<Result<Arc<Client>, Refusal>, OAuthError> {
        let claimed = client_assertion::claimed_client(jwt).unwrap_or_default();
        let client = self.clients.find(&claimed).await?;
        let keys = self.keys_of(client.as_deref())?;
        let now_s = self.clock.now_us().div_euclid(1_000_000);
        let verified = client_assertion::verify(jwt, &claimed, &keys, &self.issuer, now_s);
        let refused = |reason| Ok(Err(Refusal::of(client.as_deref(), reason)));
        let assertion = match verified {
            Ok(assertion) => assertion,
            Err(reason) => return refused(reason),
        };
        if id.is_some_and(|id| id != claimed) {
            return refused("client_id is not the one that the assertion is of");
        }
        let Some(client) = client.clone().filter(|client| client.may_assert()) else {
            return refused("disabled, or without a key");
        };
        let hash = SecretHash::of(&format!("{} {}", client.id, assertion.jti));
        let expires_at_us = assertion.expires_at_s.saturating_mul(1_000_000);
        let claim = self
            .db
            .write(move |conn| used_assertions::claim(conn, hash, expires_at_us));
        if claim.await? {
            return Ok(Ok(client));
        }
        Ok(Err(Refusal {
            event: Event::AssertionReplayed,
            ..Refusal::of(Some(&client), "used before")
        }))
    }

    /// A client without keys, and nobody, cost the same work: a key of ours, which has signed no assertion.
    fn keys_of(&self, client: Option<&Client>) -> Result<Vec<DecodingKey>, OAuthError> {
        let keys = client.into_iter().flat_map(|client| &client.keys);
        let keys: Vec<DecodingKey> = keys.filter_map(Jwk::decoding_key).collect();
        if !keys.is_empty() {
            return Ok(keys);
        }
        let published = self.keys.now();
        let ours = published.active(self.clock.now_us());
        let ours = ours.map_err(|error| {
            tracing::error!(%error, "an assertion could not be looked at");
            OAuthError::Unavailable
        })?;
        Ok(vec![ours.verifying().clone()])
    }
}
