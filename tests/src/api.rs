//! A client of the HTTP API as an app backend would write it: tokens by the `oauth2` crate, JSON as it comes.

use std::sync::Mutex;

use auth_server::admin::CreatedClient;
use foundation::Clock;
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse, TokenUrl};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// A token is fetched anew when it is older than this.
const FRESH_US: i64 = 300_000_000;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {:#}", self.status, self.body);
        self.body
    }

    /// The `code` of a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, &str) {
        let kind = self
            .headers
            .get("content-type")
            .map_or("", |v| v.to_str().unwrap());
        assert!(
            kind.starts_with("application/problem+json"),
            "{}: {kind}: {:#}",
            self.status,
            self.body
        );
        (self.status.as_u16(), self.body["code"].as_str().unwrap())
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One OAuth client at one event-server.
#[derive(Debug)]
pub struct Api {
    http: reqwest::Client,
    clock: Clock,
    base: String,
    issuer: String,
    client: CreatedClient,
    token: Mutex<Option<(String, i64)>>,
}

impl Api {
    /// `base` and `issuer` are the URLs of the event-server and the auth-server.
    pub fn new(base: String, issuer: String, client: CreatedClient, clock: Clock) -> Self {
        Self {
            http: http_client(),
            clock,
            base,
            issuer,
            client,
            token: Mutex::default(),
        }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The same client at another address of the event-server.
    pub fn set_base(&mut self, base: String) {
        self.base = base;
    }

    /// A token with the scopes of the client, or with fewer.
    ///
    /// # Panics
    /// If the auth-server refuses.
    pub async fn fetch_token(&self, scopes: &[&str]) -> String {
        let url = TokenUrl::new(format!("{}/oauth2/token", self.issuer)).unwrap();
        let client = BasicClient::new(ClientId::new(self.client.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client.proof.client_secret.clone()))
            .set_token_uri(url);
        let mut request = client.exchange_client_credentials();
        for scope in scopes {
            request = request.add_scope(Scope::new((*scope).to_owned()));
        }
        let http = self.http.clone();
        let send = move |request| send(http.clone(), request);
        let token = request.request_async(&send).await.expect("a token");
        token.access_token().secret().clone()
    }

    /// The token in use: the same one while it is fresh.
    pub async fn token(&self) -> String {
        let now = self.clock.now_us();
        let kept = self.token.lock().unwrap().clone();
        if let Some((token, at)) = kept
            && now - at < FRESH_US
            && now >= at
        {
            return token;
        }
        let token = self.fetch_token(&[]).await;
        *self.token.lock().unwrap() = Some((token.clone(), now));
        token
    }

    /// Where another program gets tokens of its own, and with which client: the URL, the id, the secret.
    pub fn credentials(&self) -> [String; 3] {
        let client = &self.client;
        [
            format!("{}/oauth2/token", self.issuer),
            client.client_id.clone(),
            client.proof.client_secret.clone(),
        ]
    }

    /// A request with the client's token.
    pub async fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, self.url(path))
            .bearer_auth(self.token().await)
    }

    /// A request without any token.
    pub fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// GET of a success.
    pub async fn get(&self, path: &str) -> Value {
        answer(self.request(Method::GET, path).await).await.unwrap().ok()
    }

    /// GET, or what went wrong on the way.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        answer(self.request(Method::GET, path).await).await
    }

    /// POST with an `Idempotency-Key` of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let key = foundation::ids::random_text();
        self.post_with_key(path, body, &key).await.unwrap()
    }

    /// POST with this `Idempotency-Key`.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> reqwest::Result<Answer> {
        let request = self.request(Method::POST, path).await;
        answer(request.header("Idempotency-Key", key).json(body)).await
    }
}

/// Sends and reads the whole answer; an empty body is null.
///
/// # Errors
/// If there is no answer.
pub async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await?;
    let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
    let body = match bytes.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// A client that asks nobody for a proxy.
pub fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    builder
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .unwrap()
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = http.execute(request.try_into()?).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await?.to_vec());
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    Ok(answer)
}
