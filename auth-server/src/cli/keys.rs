//! `auth-server key …`: the signing keys.

use clap::Subcommand;
use foundation::cli::{self, answer as line};

use super::json;
use crate::admin::{self, RotatedKey};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Show the keys and what each is now: prepublished, active, grace, retired or revoked
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Publish the next key; it signs in ten minutes, when every verifier knows it
    Rotate {
        /// Let it sign at once: verifiers then fetch it when they first meet it
        #[arg(long)]
        now: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a key back, for emergencies: tokens that it signed count no more; if it signed, another key does at once
    Revoke {
        /// The key's name, as `key list` shows it
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: KeyCommand) -> anyhow::Result<()> {
    cli::block_on(async {
        match command {
            KeyCommand::List { json: as_json } => list(config, as_json).await,
            KeyCommand::Rotate { now, json: as_json } => {
                let key = admin::rotate_key(config, now).await?;
                if as_json { json(&key) } else { show_next(&key) }
            }
            KeyCommand::Revoke { kid, json: as_json } => {
                let next = admin::revoke_key(config, &kid).await?;
                if as_json {
                    return json(&next);
                }
                line(&format!(
                    "Revoked {kid}. Event-servers drop it within five minutes; introspection within two seconds."
                ))?;
                next.as_ref().map_or(Ok(()), show_next)
            }
        }
    })
}

async fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let keys = admin::list_keys(config).await?;
    if as_json {
        return json(&keys);
    }
    if keys.is_empty() {
        return line("No keys yet: the server makes the first one when it starts.");
    }
    for key in &keys {
        let (kid, state) = (&key.kid, key.state.name());
        line(&format!("{kid}  {state:12}  signs from {:.0}", key.signs_from))?;
    }
    Ok(())
}

fn show_next(key: &RotatedKey) -> anyhow::Result<()> {
    line(&format!("{} signs from {:.0}", key.kid, key.signs_from))
}
