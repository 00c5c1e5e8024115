//! Which server, and who asks: named by options or variables, or the demo that runs on this machine.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Target {
    /// The server, such as https://events.example.com; without it, the demo that runs on this machine
    #[arg(long, env = "DENRO_API", value_name = "URL")]
    api: Option<String>,
    /// Where the client gets its access tokens
    #[arg(long, env = "DENRO_TOKEN_ENDPOINT", value_name = "URL")]
    token_endpoint: Option<String>,
    #[arg(long, env = "DENRO_CLIENT_ID", value_name = "ID")]
    client_id: Option<String>,
    /// Rather by the variable, which no process list shows
    #[arg(
        long,
        env = "DENRO_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    client_secret: Option<String>,
    /// An access token instead of a client; nothing goes on after its end
    #[arg(long, env = "DENRO_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// The part of what the demo says that is needed to be its client.
#[derive(Deserialize)]
struct Demo {
    api: String,
    token_endpoint: String,
    client_id: String,
    client_secret: String,
}

/// A client of the API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    api: String,
    shows: Shows,
}

#[derive(Clone, Debug)]
enum Shows {
    Token(String),
    Credentials {
        endpoint: String,
        id: String,
        secret: String,
    },
}

/// Where a running demo leaves what it says, for its owner alone.
pub(crate) fn demo_file() -> Option<PathBuf> {
    let named = std::env::var_os("DENRO_DEMO_FILE").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/denro/demo.json"));
    let runtime =
        || std::env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("denro-demo.json"));
    named.or_else(runtime).or_else(home)
}

impl Target {
    /// # Errors
    /// If something is missing; the message says what to do.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let Some(api) = self.api.clone() else {
            let demo = running_demo()?;
            return Ok(Client {
                http,
                api: demo.api,
                shows: Shows::Credentials {
                    endpoint: demo.token_endpoint,
                    id: demo.client_id,
                    secret: demo.client_secret,
                },
            });
        };
        let shows = match (
            &self.token,
            &self.token_endpoint,
            &self.client_id,
            &self.client_secret,
        ) {
            (Some(token), ..) => Shows::Token(token.clone()),
            (None, Some(endpoint), Some(id), Some(secret)) => Shows::Credentials {
                endpoint: endpoint.clone(),
                id: id.clone(),
                secret: secret.clone(),
            },
            _ => bail!("beside --api give --token, or --token-endpoint, --client-id and --client-secret"),
        };
        let api = api.trim_end_matches('/').to_owned();
        Ok(Client { http, api, shows })
    }
}

fn running_demo() -> anyhow::Result<Demo> {
    const HELP: &str = "no demo runs on this machine: start `denro demo`, or name a server with --api";
    let file = demo_file().context(HELP)?;
    let text = std::fs::read_to_string(file).context(HELP)?;
    serde_json::from_str(&text).context(HELP)
}

impl Client {
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A request with a token that is good now.
    pub(crate) async fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let token = self.token().await?;
        let request = self.http.request(method, format!("{}{path}", self.api));
        Ok(request.bearer_auth(token))
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.request(Method::GET, path).await?.send().await?;
        Ok(good(answer).await?.json().await?)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let answer = self.request(Method::POST, path).await?.json(body).send().await?;
        good(answer).await.map(|_| ())
    }

    /// From outlet id to the name on its label; empty where the client may not see outlets.
    pub(crate) async fn outlet_names(&self) -> HashMap<String, String> {
        let outlets = self.get("/v1/outlets?limit=200").await.unwrap_or_default();
        let text = |outlet: &Value, key: &str| Some(outlet.get(key)?.as_str()?.to_owned());
        let list = outlets
            .get("data")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        list.filter_map(|outlet| Some((text(outlet, "id")?, text(outlet, "name")?)))
            .collect()
    }

    async fn token(&self) -> anyhow::Result<String> {
        let (endpoint, id, secret) = match &self.shows {
            Shows::Token(token) => return Ok(token.clone()),
            Shows::Credentials { endpoint, id, secret } => (endpoint, id, secret),
        };
        let request = self
            .http
            .post(endpoint)
            .basic_auth(id, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer: Value = good(request.send().await?).await?.json().await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        Ok(token
            .context("the token endpoint gave no access token")?
            .to_owned())
    }
}

/// Refused for good: asking again would be refused again.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {text}")]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    text: String,
}

/// # Errors
/// [`Refused`] where the answer is no success.
pub(crate) async fn good(answer: Response) -> anyhow::Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    Err(Refused { status, text }.into())
}
