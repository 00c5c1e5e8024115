//! A server on its own port and database, a client of it, and what it answers.

use auth_server::Config;
use auth_server::admin::{CreatedClient, NewClient, create_client};
use foundation::{Clock, Service};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

#[path = "../../../foundation/testing/database.rs"]
pub(crate) mod database;

use database::Database;

pub(crate) const SCOPE: &str = "outlets:read sessions:write";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) service: Service,
    pub(crate) client: CreatedClient,
    pub(crate) http: reqwest::Client,
    /// Kept for as long as the world.
    _database: Database,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(false).await
    }

    /// `behind_proxy`: a proxy says where requests come from.
    pub(crate) async fn start_with(behind_proxy: bool) -> Self {
        Self::start_configured(|config| config.listen.behind_proxy = behind_proxy).await
    }

    pub(crate) async fn start_configured(change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::new();
        let mut config = Config::local(database.url());
        change(&mut config);
        let clock = Clock::system();
        Self {
            service: auth_server::start(config.clone(), clock.clone()).await.unwrap(),
            client: create_client(&config, new_client()).await.unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            config,
            clock,
            _database: database,
        }
    }

    pub(crate) async fn stop(self) {
        self.service.stop().await;
    }

    /// For another server that is to be the same one to its clients.
    pub(crate) fn config_with_issuer(&self) -> Config {
        Config {
            issuer: Some(self.issuer()),
            ..self.config.clone()
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.service.address)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    /// A POST to the token endpoint, without credentials.
    pub(crate) fn token_request(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.http.post(self.url("/oauth2/token"));
        request.header("content-type", FORM).body(body)
    }

    /// The same, as the client.
    pub(crate) fn as_client(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let client = &self.client;
        self.token_request(body)
            .basic_auth(&client.client_id, Some(&client.proof.client_secret))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }
}

pub(crate) fn new_client() -> NewClient {
    NewClient {
        name: "App backend".into(),
        tenant_id: "ten_test".into(),
        scopes: SCOPE.parse().unwrap(),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    }
}

pub(crate) async fn json(response: Response) -> Value {
    response.json().await.unwrap()
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// A refusal has the shape of RFC 6749 §5.2, and nobody may keep it.
pub(crate) async fn assert_refused(response: Response, status: u16, error: &str, case: &str) {
    assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{case}");
    assert_eq!(header(&response, "cache-control"), "no-store", "{case}");
    assert_eq!(header(&response, "pragma"), "no-cache", "{case}");
    let challenged = header(&response, "www-authenticate").starts_with("Basic ");
    assert_eq!(challenged, status == 401, "{case}");
    let body = json(response).await;
    assert_eq!(body["error"], error, "{case}");
    let description = body["error_description"].as_str().unwrap();
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    assert!(
        description.chars().all(allowed) && !description.is_empty(),
        "{case}: {description}"
    );
    assert_eq!(body.as_object().unwrap().len(), 2, "{case}: {body}");
}
