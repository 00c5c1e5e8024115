//! `… audit`: the audit log of a program, and whether it is whole.

use clap::Subcommand;

use super::Record;
use crate::Db;
use crate::cli::{self, answer as line};

/// What may be asked on the host.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show the last entries, the oldest first
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        lines: u32,
        /// One JSON object on each line
        #[arg(long)]
        json: bool,
    },
    /// Read the whole log and follow its chain; the exit code is 1 where it is broken
    Verify {
        /// A head noted earlier, to see that nothing up to it was cut off or replaced
        #[arg(long, value_name = "HASH", allow_hyphen_values = true)]
        head: Option<String>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

/// Carries out a command.
///
/// # Errors
/// If the database cannot be used, or the log is not what was written.
pub fn run(db: &Db, command: AuditCommand) -> anyhow::Result<()> {
    cli::block_on(async {
        match command {
            AuditCommand::Tail { lines, json } => tail(db, lines, json).await,
            AuditCommand::Verify { head, json } => verify(db, head, json).await,
        }
    })
}

async fn tail(db: &Db, lines: u32, as_json: bool) -> anyhow::Result<()> {
    for record in super::tail(db, lines).await? {
        let text = if as_json {
            serde_json::to_string(&record)?
        } else {
            for_people(&record)
        };
        line(&text)?;
    }
    Ok(())
}

async fn verify(db: &Db, head: Option<String>, as_json: bool) -> anyhow::Result<()> {
    let report = super::verify(db, head).await?;
    if as_json {
        line(&serde_json::to_string_pretty(&report)?)?;
    } else if report.broken.is_none() {
        line(&format!(
            "Whole: {} entries. Head, to note elsewhere: {}",
            report.entries, report.head
        ))?;
    }
    match report.broken {
        Some(problem) => anyhow::bail!("the audit log is not what was written: {problem}"),
        None => Ok(()),
    }
}

/// What happened first; then whatever else is there.
fn for_people(record: &Record) -> String {
    const FIRST: [&str; 4] = ["at", "event", "action", "outcome"];
    const LEFT_OUT: [&str; 3] = ["schema", "sequence", "previous"];
    let first = FIRST.iter().filter_map(|name| record.entry.get(*name)?.as_str());
    let rest = record
        .entry
        .iter()
        .filter(|(name, _)| !FIRST.contains(&name.as_str()) && !LEFT_OUT.contains(&name.as_str()));
    let rest: Vec<String> = rest
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    let first: Vec<&str> = first.collect();
    format!("{}  {}", first.join("  "), rest.join(" "))
}

/// `client:cli_…` for `{"client": "cli_…"}`, and texts without quotation marks.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", plain(value)));
            members.collect::<Vec<_>>().join(",")
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_) => value.to_string(),
    }
}
