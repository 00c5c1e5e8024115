//! Has the authority sign what stations ask for.

use std::time::Duration;

use anyhow::Context as _;
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse, TokenUrl};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::config::SecretClient;
use crate::context::Context;
use crate::operations::renew_certificate::{self, Waiting};

/// After a failure, and between looks that nobody has asked for.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Signer {
    pub(crate) context: Context,
    pub(crate) issuer: String,
    pub(crate) http: reqwest::Client,
    pub(crate) ca: SecretClient,
}

/// What becomes of a request.
enum Signed {
    Chain(String),
    /// Asking again would be refused again.
    Refused(String),
}

#[derive(Deserialize)]
struct Issued {
    certificate_chain: String,
}

impl Signer {
    /// Looks when a station has asked, and now and then; ends when told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut asked = self.context.signals.renewals();
        loop {
            if !self.context.node.leads() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.context.clock.sleep(PAUSE) => continue,
                }
            }
            if let Err(error) = self.sign_all().await {
                let error = format!("{error:#}");
                tracing::warn!(error, "certificates cannot be signed now; it is tried again");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.context.clock.sleep(PAUSE) => continue,
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = asked.changed() => {}
                () = self.context.clock.sleep(PAUSE) => {}
            }
        }
    }

    async fn sign_all(&self) -> anyhow::Result<()> {
        let waiting = self.context.transact(renew_certificate::list_waiting).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let token = self.token().await?;
        for waiting in waiting {
            let signed = self.sign(&token, &waiting).await?;
            let written = self.context.transact(move |tx| match signed {
                Signed::Chain(chain) => renew_certificate::signed(tx, waiting, chain),
                Signed::Refused(why) => renew_certificate::refused(tx, &waiting, why),
            });
            written.await?;
        }
        Ok(())
    }

    async fn token(&self) -> anyhow::Result<String> {
        let url = TokenUrl::new(format!("{}/oauth2/token", self.issuer))?;
        let client = BasicClient::new(ClientId::new(self.ca.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.ca.read_secret()?))
            .set_token_uri(url);
        let request = client
            .exchange_client_credentials()
            .add_scope(Scope::new("certificates:issue".to_owned()));
        let send = |request| send(self.http.clone(), request);
        let token = request.request_async(&send).await;
        let token = token.with_context(|| format!("no access token from {}", self.issuer))?;
        Ok(token.access_token().secret().clone())
    }

    async fn sign(&self, token: &str, waiting: &Waiting) -> anyhow::Result<Signed> {
        let body = json!({
            "station_id": waiting.station_id, "site_id": waiting.site_id, "csr": waiting.renewal.csr,
        });
        let url = format!("{}/ca/certificates", self.issuer);
        let request = self.http.post(url).bearer_auth(token).json(&body);
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            let issued: Issued = response.json().await?;
            return Ok(Signed::Chain(issued.certificate_chain));
        }
        let text = response.text().await.unwrap_or_default();
        // About this request, and not about us or the moment.
        if matches!(status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::FORBIDDEN) {
            tracing::warn!(station = waiting.station_id, %status, text, "a certificate is not signed");
            return Ok(Signed::Refused(text));
        }
        anyhow::bail!("{status}: {text}")
    }
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}
