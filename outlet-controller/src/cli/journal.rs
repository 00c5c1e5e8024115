//! `journal`: what waits for the server, what it has refused, and one more try for that.

use clap::Args;
use foundation::cli;
use serde_json::json;

use crate::config::Config;
use crate::store::{Aside, Beside};

/// So many are shown.
const SHOWN: i64 = 100;

#[derive(Args)]
pub(super) struct Options {
    /// Send the reports of charges that are set aside once more
    #[arg(long)]
    requeue: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options, config: &Config) -> anyhow::Result<()> {
    let mut journal = Beside::open(&config.data_dir)?;
    let requeued = options.requeue.then(|| journal.try_again()).transpose()?;
    let depth = journal.depth()?;
    let shown = journal.set_aside(SHOWN)?;
    if options.json {
        let document = json!({
            "reports": depth.reports,
            "samples": depth.samples,
            "set_aside": depth.set_aside,
            "requeued": requeued,
            "first_set_aside": shown.iter().map(as_json).collect::<Vec<_>>(),
        });
        return cli::answer(&document.to_string());
    }
    if let Some(requeued) = requeued {
        cli::answer(&format!("{requeued} reports of charges are sent once more"))?;
    }
    cli::answer(&format!(
        "{} reports and {} samples wait, {} messages are set aside",
        depth.reports, depth.samples, depth.set_aside
    ))?;
    for aside in &shown {
        cli::answer(&as_text(aside))?;
    }
    Ok(())
}

fn as_text(aside: &Aside) -> String {
    let payload = aside.payload.as_deref().unwrap_or("cannot be read");
    format!(
        "{} {} of {}: {}\n    {payload}",
        aside.id,
        aside.action,
        time(aside.created_us),
        aside.refused
    )
}

fn as_json(aside: &Aside) -> serde_json::Value {
    json!({
        "id": aside.id,
        "action": aside.action,
        "created": time(aside.created_us),
        "refused": aside.refused,
        "payload": aside.payload,
    })
}

fn time(at_us: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(at_us);
    at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
