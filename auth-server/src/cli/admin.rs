//! `auth-server admin …`: the way in from the host.

use clap::Subcommand;
use foundation::cli::{self, answer as line};

use super::json;
use crate::admin::{self, OperatorLink};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum AdminCommand {
    /// Make a link by which somebody becomes an operator: good once, for 15 minutes. A link made before ends
    Recover {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a link by which somebody signs in who has forgotten their password: good once, for 15 minutes
    SignInLink {
        /// The person's e-mail address
        email: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(config: &Config, command: AdminCommand) -> anyhow::Result<()> {
    config.check_address()?;
    cli::block_on(async {
        match command {
            AdminCommand::Recover { json: true } => json(&admin::recover_operator(config).await?),
            AdminCommand::Recover { json: false } => show(&admin::recover_operator(config).await?),
            AdminCommand::SignInLink { email, json: as_json } => {
                let link = admin::sign_in_link(config, &email).await?;
                if as_json {
                    return json(&link);
                }
                line(&format!("Sign in  {}", link.url))?;
                line(&format!("Good once, until {:.0}.", link.expires_at))
            }
        }
    })
}

/// On standard output alone: a log keeps no code.
pub(super) fn show(link: &OperatorLink) -> anyhow::Result<()> {
    line(&format!("Operator  {}", link.url))?;
    line(&format!("Good once, until {:.0}.", link.expires_at))
}
