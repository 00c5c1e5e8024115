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
}

pub(super) fn run(config: &Config, command: AdminCommand) -> anyhow::Result<()> {
    let AdminCommand::Recover { json: as_json } = command;
    cli::block_on(async {
        let link = admin::recover_operator(config).await?;
        if as_json { json(&link) } else { show(&link) }
    })
}

/// On standard output alone: a log keeps no code.
pub(super) fn show(link: &OperatorLink) -> anyhow::Result<()> {
    line(&format!("Operator  {}", link.url))?;
    line(&format!("Good once, until {:.0}.", link.expires_at))
}
