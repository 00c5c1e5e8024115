//! `event-server presence`: what the display at an outlet shows now, to try it without one.

use clap::Subcommand;
use foundation::{Clock, Db, cli};

use crate::operations::presence_code::{Form, SLOT_S, code, slot};
use crate::operations::rotate_code::url;
use crate::store::presence::find_secret_by_id;

#[derive(Debug, Subcommand)]
pub(super) enum PresenceCommand {
    /// Show the code of an outlet's display, for people and in its link
    Code {
        /// The outlet's id
        #[arg(long, value_name = "ID")]
        outlet: String,
    },
}

/// `public_url`: how people know the server.
pub(super) fn run(db: &Db, public_url: &str, command: PresenceCommand) -> anyhow::Result<()> {
    let PresenceCommand::Code { outlet } = command;
    cli::block_on(async {
        let id = outlet.clone();
        let found = db.read(move |conn| find_secret_by_id(conn, &id)).await?;
        let Some((secret, public_code)) = found else {
            anyhow::bail!(
                "{outlet}: there is no such outlet, or its display has no secret yet: \
                 POST /v1/outlets/{outlet}/presence-secrets"
            );
        };
        let now = slot(Clock::system().now_us());
        let link = code(&secret, Form::Link, now);
        cli::answer(&format!(
            "to type: {}\nlink: {}?presence={link}\nshown for {SLOT_S} s, taken for as long after that",
            code(&secret, Form::Typed, now),
            url(public_url, &public_code),
        ))
    })
}
