//! The demo as a client of its own API: the same calls that any app backend makes.

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::folder::Client;

pub(super) struct Api {
    http: reqwest::Client,
    pub(super) auth_base: String,
    pub(super) base: String,
    token: String,
}

impl Api {
    pub(super) async fn connect(auth_base: &str, base: &str, client: &Client) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http
            .post(format!("{auth_base}/oauth2/token"))
            .basic_auth(&client.id, Some(&client.secret))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer = sent(request).await.context("the demo's own token")?;
        let token = text(&answer, "access_token")?;
        Ok(Self {
            http,
            auth_base: auth_base.to_owned(),
            base: base.to_owned(),
            token,
        })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        sent(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        sent(self.request(Method::POST, path).json(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        sent(self.request(Method::PUT, path).json(body)).await
    }

    /// The tail's address changes with every start.
    pub(super) async fn replace_webhook_endpoints(&self, url: &str) -> anyhow::Result<()> {
        let old = self.get("/v1/webhook-endpoints").await?;
        for endpoint in list(&old) {
            let id = text(endpoint, "id")?;
            let request = self.request(Method::DELETE, &format!("/v1/webhook-endpoints/{id}"));
            sent(request.header("If-Match", "*")).await?;
        }
        self.post("/v1/webhook-endpoints", &json!({ "url": url })).await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }
}

async fn sent(request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, url) = (answer.status(), answer.url().path().to_owned());
    let body = answer.text().await?;
    if !status.is_success() {
        bail!("{url}: {status}: {body}");
    }
    Ok(if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&body)?
    })
}

/// A text of an answer.
pub(super) fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no {key} in {value}"))?.to_owned())
}

/// The objects of a list's answer.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.get("data").and_then(Value::as_array).into_iter().flatten()
}
