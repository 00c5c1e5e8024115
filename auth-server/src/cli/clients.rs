//! `auth-server client …`: the commands and how their answers look.

use std::path::{Path, PathBuf};

use anyhow::Context;
use api_spec::station_uri::StationUri;
use api_spec::token::Scopes;
use clap::{Args, Subcommand};
use foundation::cli::{self, answer as line};
use jiff::SignedDuration;
use serde::Serialize;

use super::json;
use crate::admin::{self, Created, ListedClient, NewClient, RotatedSecret, SignIn};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Make a client; its secret is shown once
    Create(Box<Create>),
    /// Show all clients
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a client a new secret; the present one stays good for a while
    RotateSecret {
        /// The client, cli_…
        id: String,
        /// How long the present secret stays good; 0s ends it now
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = overlap_s)]
        overlap: u32,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a client no more tokens, from one second on
    Disable {
        /// The client, cli_…
        id: String,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// What people call it
    #[arg(long)]
    name: String,
    /// The tenant whose objects it may see and touch, ten_…
    #[arg(long)]
    tenant: String,
    /// What it may do, separated by spaces, such as "outlets:read sessions:write"
    #[arg(long, default_value = "", hide_default_value = true)]
    scope: Scopes,
    /// The API that its tokens are for; the event-server's unless given
    #[arg(long, value_name = "URI")]
    audience: Option<String>,
    /// Let it prove itself by signed assertions instead of a secret: the public half of its P-256 key, as PEM or JWK
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Let it prove itself by the client certificate with this name instead of a secret:
    /// spiffe://DOMAIN/site/SITE_ID/controller/STATION_ID, as `ca list` shows it
    #[arg(long, value_name = "URI", conflicts_with = "public_key")]
    certificate_uri: Option<StationUri>,
    /// The API that it is the server of: it may ask whether tokens for that API are good
    #[arg(long, value_name = "URI")]
    introspects: Option<String>,
    /// Give it tokens with a proof of a key (DPoP) alone, so that a token that leaks is of no use
    #[arg(long)]
    dpop_bound: bool,
    /// Let people sign in through it, and send them back to this address; may be given more than once
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Where people may be sent after they have signed out; may be given more than once
    #[arg(long, value_name = "URI", requires = "redirect_uri")]
    post_logout_uri: Vec<String>,
    /// It is one of our own programs: do not ask people whether it may act for them
    #[arg(long, requires = "redirect_uri")]
    ours: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const MAX_OVERLAP_S: i64 = 30 * 86_400;

fn overlap_s(text: &str) -> Result<u32, String> {
    let expected = || "expected 0s to 720h, such as 24h".to_owned();
    let duration: SignedDuration = text.parse().map_err(|_| expected())?;
    let seconds = Some(duration.as_secs()).filter(|seconds| (0..=MAX_OVERLAP_S).contains(seconds));
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(expected)
}

pub(super) fn run(config: &Config, command: ClientCommand) -> anyhow::Result<()> {
    cli::block_on(async {
        match command {
            ClientCommand::Create(create) => {
                match (create.public_key.clone(), create.certificate_uri.clone()) {
                    (Some(file), _) => with_key(config, *create, &file).await,
                    (None, Some(uri)) => with_certificate(config, *create, uri).await,
                    (None, None) => with_secret(config, *create).await,
                }
            }
            ClientCommand::List { json: as_json } => {
                let clients = admin::list_clients(config).await?;
                if as_json {
                    json(&clients)
                } else {
                    show_list(&clients)
                }
            }
            ClientCommand::RotateSecret {
                id,
                overlap,
                json: as_json,
            } => {
                let rotated = admin::rotate_secret(config, &id, overlap).await?;
                if as_json {
                    json(&rotated)
                } else {
                    show_rotated(&rotated)
                }
            }
            ClientCommand::Disable { id } => {
                admin::disable_client(config, &id).await?;
                line(&format!(
                    "Disabled {id}. Event-servers take the tokens that it has until they expire."
                ))
            }
        }
    })
}

async fn with_secret(config: &Config, create: Create) -> anyhow::Result<()> {
    let as_json = create.json;
    let client = admin::create_client(config, create.into()).await?;
    show(as_json, &client, |proof| show_secret(&proof.client_secret))
}

async fn with_key(config: &Config, create: Create, file: &Path) -> anyhow::Result<()> {
    let as_json = create.json;
    let text =
        std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let key = text.parse().with_context(|| file.display().to_string())?;
    let client = admin::create_key_client(config, create.into(), key).await?;
    show(as_json, &client, |proof| {
        line(&format!("Key       {}", proof.kid))
    })
}

async fn with_certificate(config: &Config, create: Create, uri: StationUri) -> anyhow::Result<()> {
    let as_json = create.json;
    let client = admin::create_certificate_client(config, create.into(), uri).await?;
    show(as_json, &client, |proof| {
        line(&format!("Proof     {}", proof.tls_client_auth_san_uri))
    })
}

fn show<P: Serialize>(
    as_json: bool,
    client: &Created<P>,
    show_proof: impl FnOnce(&P) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if as_json {
        return json(client);
    }
    line(&format!("Client    {}  ({})", client.client_id, client.name))?;
    line(&format!("Tenant    {}", client.tenant_id))?;
    line(&format!("Scope     {}", client.scope))?;
    line(&format!("Audience  {}", client.audience))?;
    if client.dpop_bound_access_tokens {
        line("Tokens    with a proof of a key (DPoP) alone")?;
    }
    show_proof(&client.proof)
}

impl From<Create> for NewClient {
    fn from(create: Create) -> Self {
        Self {
            name: create.name,
            tenant_id: create.tenant,
            scopes: create.scope,
            audience: create.audience,
            introspects: create.introspects,
            dpop_bound: create.dpop_bound,
            sign_in: (!create.redirect_uri.is_empty()).then_some(SignIn {
                redirect_uris: create.redirect_uri,
                post_logout_uris: create.post_logout_uri,
                is_ours: create.ours,
            }),
        }
    }
}

fn show_rotated(rotated: &RotatedSecret) -> anyhow::Result<()> {
    line(&format!("Client    {}", rotated.client_id))?;
    line(&format!(
        "Before    good until {:.0}",
        rotated.previous_expires_at
    ))?;
    show_secret(&rotated.client_secret)
}

fn show_secret(secret: &str) -> anyhow::Result<()> {
    line(&format!("Secret    {secret}"))?;
    line("Keep the secret now: it is not shown again.")
}

fn show_list(clients: &[ListedClient]) -> anyhow::Result<()> {
    if clients.is_empty() {
        return line("No clients yet: auth-server client create --help");
    }
    for client in clients {
        let state = if client.disabled_at.is_some() {
            "disabled"
        } else {
            "enabled "
        };
        let (id, tenant) = (&client.client_id, &client.tenant_id);
        line(&format!(
            "{id}  {state}  {tenant}  {}  [{}]",
            client.name, client.scope
        ))?;
    }
    Ok(())
}
