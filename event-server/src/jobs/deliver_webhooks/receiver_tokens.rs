//! Access tokens that receivers want to see, kept until they expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use api_spec::rest::NewReceiverClient;
use foundation::Clock;
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, Scope, TokenResponse, TokenUrl};

use crate::config::Webhooks;
use crate::oauth2_http::send;
use crate::operations::webhook_endpoints::receiver_client;
use crate::webhook_target;

/// Where the answer does not say how long a token is good (RFC 6749 §5.1).
const UNSAID_S: u64 = 300;
/// A token is renewed so long before its end, or at half of its time where that is shorter.
const MARGIN_S: u64 = 30;

pub(super) struct ReceiverTokens {
    http: reqwest::Client,
    allowed: Webhooks,
    clock: Clock,
    /// By endpoint. One asks while its other deliveries wait for the answer.
    kept: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    /// What it was got with: a change of it asks for a new one.
    client: String,
    token: String,
    until_us: i64,
}

impl ReceiverTokens {
    pub(super) fn new(http: reqwest::Client, allowed: &Webhooks, clock: Clock) -> Self {
        Self {
            http,
            allowed: allowed.clone(),
            clock,
            kept: Mutex::default(),
        }
    }

    /// A token that is good now; `Err` says why there is none.
    pub(super) async fn of(&self, endpoint_id: &str, client: &str) -> Result<String, String> {
        let slot = self.slots().entry(endpoint_id.to_owned()).or_default().clone();
        let mut slot = slot.lock().await;
        let now_us = self.clock.now_us();
        let good = |kept: &&Kept| kept.client == client && now_us < kept.until_us;
        if let Some(kept) = slot.as_ref().filter(good) {
            return Ok(kept.token.clone());
        }
        let (token, good_s) = self.ask(client).await?;
        let margin_s = MARGIN_S.min(good_s / 2);
        let kept_us = i64::try_from(good_s - margin_s)
            .unwrap_or(0)
            .saturating_mul(1_000_000);
        *slot = Some(Kept {
            client: client.to_owned(),
            token: token.clone(),
            until_us: now_us.saturating_add(kept_us),
        });
        Ok(token)
    }

    /// The receiver has not taken it.
    pub(super) fn forget(&self, endpoint_id: &str) {
        self.slots().remove(endpoint_id);
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, client: &str) -> Result<(String, u64), String> {
        let NewReceiverClient {
            token_url,
            client_id,
            client_secret,
            scope,
        } = receiver_client(client).ok_or("the OAuth2 client is unreadable")?;
        let no_token = |why: String| format!("no access token: {why}");
        webhook_target::check(&token_url, &self.allowed).map_err(|bad| no_token(bad.to_string()))?;
        let url = TokenUrl::new(token_url).map_err(|error| no_token(error.to_string()))?;
        let client = BasicClient::new(ClientId::new(client_id))
            .set_client_secret(ClientSecret::new(client_secret))
            .set_token_uri(url);
        let scopes = scope.iter().flat_map(|scope| scope.split_whitespace());
        let request = client
            .exchange_client_credentials()
            .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())));
        let http = self.http.clone();
        let send = move |request| send(http.clone(), request);
        let answer = request.request_async(&send).await;
        let answer = answer.map_err(|error| no_token(error.to_string()))?;
        let good_s = answer.expires_in().map_or(UNSAID_S, |good| good.as_secs());
        Ok((answer.access_token().secret().clone(), good_s))
    }
}
