//! `auth-server token …`: a token as an app backend gets it, and what is in one.

use std::io::Read;

use anyhow::Context;
use clap::Subcommand;
use foundation::cli::{self, answer as line};
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse, TokenUrl};

use super::json;
use crate::admin;
use crate::config::Config;

/// What is read from standard input is never longer.
const MAX_INPUT_BYTES: u64 = 16 * 1024;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Ask the running server for an access token, as an app backend does; the client's secret is read from standard input
    Get {
        /// The client, cli_…
        #[arg(long)]
        client: String,
        /// Fewer scopes than the client may have
        #[arg(long)]
        scope: Option<String>,
    },
    /// Take apart an access token that is read from standard input, and say whether it is good; exit code 1 if not
    Inspect {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: TokenCommand) -> anyhow::Result<()> {
    cli::block_on(async {
        match command {
            TokenCommand::Get { client, scope } => get(config, client, scope).await,
            TokenCommand::Inspect { json } => inspect(config, json).await,
        }
    })
}

async fn get(config: &Config, client: String, scope: Option<String>) -> anyhow::Result<()> {
    let issuer = config.issuer_at(config.listen.address);
    let url = TokenUrl::new(format!("{issuer}{}", crate::http::TOKEN))?;
    let client = BasicClient::new(ClientId::new(client))
        .set_client_secret(ClientSecret::new(input("the client's secret")?))
        .set_token_uri(url);
    let scopes = scope.as_deref().unwrap_or_default().split_whitespace();
    let request = client
        .exchange_client_credentials()
        .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())));
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let send = move |request| send(http.clone(), request);
    let token = request.request_async(&send).await;
    let token = token.with_context(|| format!("no token from {issuer}"))?;
    line(token.access_token().secret())
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

async fn inspect(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let inspected = admin::inspect_token(config, &input("an access token")?).await?;
    if as_json {
        json(&inspected)?;
    } else {
        line(&format!("Header  {}", inspected.header))?;
        line(&format!("Claims  {}", inspected.claims))?;
    }
    match (inspected.active, as_json) {
        (true, true) => Ok(()),
        (true, false) => line(&format!("Active  {}", inspected.verdict)),
        (false, _) => anyhow::bail!("not active: {}", inspected.verdict),
    }
}

/// One line: in no list of processes, and in no history of a shell.
fn input(what: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("{what} is expected on standard input"))?;
    match text.trim() {
        "" => anyhow::bail!("{what} is expected on standard input"),
        text => Ok(text.to_owned()),
    }
}
