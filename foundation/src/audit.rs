//! An audit log as a chain of texts: an entry's hash is of its whole text, which names the hash of the entry before it.

mod command;
pub mod store;

pub use command::{AuditCommand, run};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::result::Error::SerializationError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Conn, Db, DbError};
use store::AuditRow;

/// How many entries are read at a time.
const PAGE: i64 = 1000;

#[derive(Serialize)]
struct Written<'a, E> {
    schema: u32,
    sequence: i64,
    at: Timestamp,
    #[serde(flatten)]
    entry: &'a E,
    previous: &'a str,
}

#[derive(Deserialize)]
struct Link {
    sequence: i64,
    previous: String,
}

/// An entry as it is kept: JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    #[serde(flatten)]
    pub entry: serde_json::Map<String, serde_json::Value>,
    /// SHA-256 of the entry's text, which the next entry names.
    pub hash: String,
}

/// What became of a check of the whole chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    pub entries: i64,
    /// The hash of the last entry. Whoever keeps a copy elsewhere can tell later whether the end was cut off.
    pub head: String,
    /// The first entry that is not what was written, and why.
    pub broken: Option<String>,
}

/// Writes an entry in the transaction of what it tells, in version `schema` of its shape; answers with its number.
///
/// # Errors
/// If the database cannot be used, or the entry is no JSON object.
pub fn append(conn: &mut Conn, schema: u32, entry: &impl Serialize, now_us: i64) -> Result<i64, DbError> {
    let head = store::lock_head(conn)?;
    let sequence = head.sequence + 1;
    let written = Written {
        schema,
        sequence,
        at: Timestamp::from_microsecond(now_us).unwrap_or(Timestamp::UNIX_EPOCH),
        entry,
        previous: &head.hash,
    };
    let text = serde_json::to_string(&written).map_err(|error| SerializationError(error.into()))?;
    let hash = hash(&text);
    store::insert(
        conn,
        &AuditRow {
            sequence,
            at_us: now_us,
            entry: text,
            hash: hash.clone(),
        },
    )?;
    store::update_head(conn, sequence, &hash)?;
    Ok(sequence)
}

/// The last `count` entries, the oldest first.
///
/// # Errors
/// If the database cannot be used.
pub async fn tail(db: &Db, count: u32) -> Result<Vec<Record>, DbError> {
    let rows = db.read(move |conn| store::list_last(conn, i64::from(count)));
    Ok(rows.await?.into_iter().map(Record::from).collect())
}

/// Reads the whole chain again; `noted` is the hash of an entry that must be in it.
///
/// # Errors
/// If the database cannot be used.
pub async fn verify(db: &Db, noted: Option<String>) -> Result<ChainReport, DbError> {
    db.read(move |conn| follow_all(conn, noted.as_deref())).await
}

fn follow_all(conn: &mut Conn, noted: Option<&str>) -> Result<ChainReport, DbError> {
    let mut report = ChainReport {
        entries: 0,
        head: String::new(),
        broken: None,
    };
    let mut is_noted_there = noted.is_none();
    loop {
        let rows = store::list_after(conn, report.entries, PAGE)?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            if let Err(problem) = follow(&report, row) {
                report.broken = Some(format!("entry {}: {problem}", report.entries + 1));
                return Ok(report);
            }
            report.entries = row.sequence;
            report.head.clone_from(&row.hash);
            is_noted_there |= noted == Some(&row.hash);
        }
    }
    let head = store::head(conn)?;
    if (head.sequence, head.hash.as_str()) != (report.entries, report.head.as_str()) {
        report.broken = Some(format!(
            "entries after {} are missing: {} were written",
            report.entries, head.sequence
        ));
    }
    if !is_noted_there && report.broken.is_none() {
        report.broken = Some("the head that was noted is not in it".into());
    }
    Ok(report)
}

fn follow(before: &ChainReport, row: &AuditRow) -> Result<(), &'static str> {
    let link: Link = serde_json::from_str(&row.entry).map_err(|_| "the text is not an entry")?;
    if row.sequence != before.entries + 1 || link.sequence != row.sequence {
        return Err("an entry is missing here");
    }
    if link.previous != before.head {
        return Err("it does not follow the entry before it");
    }
    if hash(&row.entry) != row.hash {
        return Err("the text was changed");
    }
    Ok(())
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(crate::secrets::sha256(text.as_bytes()))
}

impl From<AuditRow> for Record {
    /// What cannot be read as JSON is shown as it is.
    fn from(row: AuditRow) -> Self {
        let entry = serde_json::from_str(&row.entry).unwrap_or_else(|_| {
            let text = serde_json::Value::String(row.entry.clone());
            std::iter::once(("unreadable".to_owned(), text)).collect()
        });
        Self {
            entry,
            hash: row.hash,
        }
    }
}
