//! Closed statements are a chain of texts: each has the hash of its own and names that of the one before it.

use api_spec::rest::{Statement, StatementCheck, StatementState, StatementSummary, Time};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use foundation::secrets::sha256;
use foundation::{Conn, DbError};
use serde::Serialize;

use super::pricing::{from_json, to_json};
use super::statement_lines::Line;
use crate::store::statement_lines::{self, Filter, Line as LineRow};
use crate::store::statements::{self, Heading, Statement as Row};

/// Sorted members, no spaces: what anybody can make of the statement that the API shows.
fn canonical(value: &impl Serialize) -> Result<String, DbError> {
    let value = serde_json::to_value(value);
    let value = value.map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    to_json(&value)
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
}

fn hash_lines(lines: &[LineRow]) -> String {
    let texts: Vec<&str> = lines.iter().map(|row| row.line.as_str()).collect();
    hash(&texts.join("\n"))
}

/// Freezes a month that was drawn up, after the closed ones.
pub(super) fn freeze(
    conn: &mut Conn,
    (mut statement, lines): (Statement, Vec<Line>),
    (before, now_us): (Option<&Heading>, i64),
) -> Result<StatementSummary, DbError> {
    let rows = line_rows(&statement, lines)?;
    let previous = before.map(|before| before.hash.clone()).unwrap_or_default();
    statement.state = StatementState::Closed;
    statement.closed_at = Some(Time(now_us));
    statement.sessions_hash = Some(hash_lines(&rows));
    statement.previous = Some(previous.clone());
    let content = canonical(&statement)?;
    let row = Row {
        hash: hash(&content),
        site_id: statement.site_id,
        month: statement.month,
        ends_at: statement.ends_at.0,
        closed_at: now_us,
        sessions: statement.total.sessions,
        energy_wh: statement.total.energy_wh,
        total_yen: statement.total.total_yen,
        content,
        previous,
    };
    statements::insert(conn, &row)?;
    statement_lines::insert(conn, &rows)?;
    Ok(StatementSummary {
        month: row.month,
        state: StatementState::Closed,
        ends_at: Time(row.ends_at),
        closed_at: Some(Time(row.closed_at)),
        sessions: row.sessions,
        energy_wh: row.energy_wh,
        total_yen: row.total_yen,
        hash: Some(row.hash),
    })
}

fn line_rows(statement: &Statement, lines: Vec<Line>) -> Result<Vec<LineRow>, DbError> {
    let places = 1_i64..;
    let rows = places.zip(lines).map(|(place, line)| {
        Ok(LineRow {
            site_id: statement.site_id.clone(),
            month: statement.month.clone(),
            place,
            session_number: line.session_number,
            line: canonical(&line.told)?,
            unit: line.told.unit.unwrap_or_default(),
        })
    });
    rows.collect()
}

/// Reads all closed statements of a site again.
pub(super) fn check(conn: &mut Conn, site_id: &str) -> Result<StatementCheck, DbError> {
    let mut report = StatementCheck {
        statements: 0,
        head: String::new(),
        broken: None,
    };
    for heading in statements::list(conn, site_id)? {
        let Some(row) = statements::find(conn, site_id, &heading.month)? else {
            continue;
        };
        if let Err(problem) = follow(conn, &report, &row)? {
            report.broken = Some(format!("{}: {problem}", row.month));
            break;
        }
        report.statements += 1;
        report.head = row.hash;
    }
    Ok(report)
}

fn follow(conn: &mut Conn, before: &StatementCheck, row: &Row) -> Result<Result<(), &'static str>, DbError> {
    if hash(&row.content) != row.hash {
        return Ok(Err("the text was changed"));
    }
    let statement: Statement = from_json(&row.content)?;
    if row.previous != before.head || statement.previous.as_ref() != Some(&before.head) {
        return Ok(Err("it does not follow the statement before it"));
    }
    let total = (row.sessions, row.energy_wh, row.total_yen);
    let told = statement.total;
    if (told.sessions, told.energy_wh, told.total_yen) != total
        || statement.ends_at != Time(row.ends_at)
        || statement.month != row.month
    {
        return Ok(Err("the list says something else than its text"));
    }
    let every = Filter {
        limit: i64::MAX,
        ..Filter::default()
    };
    let lines = statement_lines::list(conn, &row.site_id, &row.month, &every)?;
    if statement.sessions_hash != Some(hash_lines(&lines)) {
        return Ok(Err("its sessions were changed"));
    }
    Ok(Ok(()))
}
