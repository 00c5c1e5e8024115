//! Which columns a site's statements have as CSV: a management company's program takes in its own, in its own order.

use std::collections::HashSet;

use api_spec::rest::{NewStatementLayout, StatementLayout, Time};
use diesel::result::Error::{DeserializationError, SerializationError};
use foundation::{Conn, DbError};

use super::expected::{Expected, edited_at};
use super::statements::OfSite;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::{sites, statement_layouts};

const MAX_HEADING: usize = 50;

/// The one that was set, if any, and since when the site has it.
pub(crate) fn find(conn: &mut Conn, of: &OfSite) -> Result<(Option<NewStatementLayout>, i64), Refusal> {
    let site = sites::find(conn, &of.tenant_id, &of.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let Some(kept) = statement_layouts::find(conn, &of.site_id)? else {
        return Ok((None, site.created_at));
    };
    let layout = serde_json::from_str(&kept.content);
    let layout = layout.map_err(|error| DbError::from(DeserializationError(Box::new(error))))?;
    Ok((Some(layout), kept.updated_at))
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    of: &OfSite,
    expected: &Expected,
    asked: NewStatementLayout,
) -> Result<StatementLayout, Refusal> {
    let (was, since) = find(tx.conn, of)?;
    expected.check(since)?;
    check(&asked)?;
    let content = serde_json::to_string(&asked);
    let content = content.map_err(|error| DbError::from(SerializationError(Box::new(error))))?;
    let row = statement_layouts::StatementLayout {
        site_id: of.site_id.clone(),
        content,
        updated_at: edited_at(since, tx.now_us),
    };
    statement_layouts::put(tx.conn, &row)?;
    tx.audit.changed(&was, &asked, &[]);
    Ok(resource(asked, row.updated_at))
}

pub(crate) fn resource(layout: NewStatementLayout, since: i64) -> StatementLayout {
    StatementLayout {
        columns: layout.columns,
        lines: layout.lines,
        charset: layout.charset,
        updated_at: Time(since),
    }
}

/// # Errors
/// Names the first member that cannot be as it is.
pub(crate) fn check(asked: &NewStatementLayout) -> Result<(), Refusal> {
    if asked.columns.is_empty() {
        return Err(Refusal::invalid("/columns", "expected 1 to 16 columns"));
    }
    let mut named = HashSet::new();
    for (place, column) in asked.columns.iter().enumerate() {
        if !named.insert(column.column) {
            let pointer = format!("/columns/{place}/column");
            return Err(Refusal::invalid(
                &pointer,
                "this column stands further to the left already",
            ));
        }
        let heading = column.heading.trim();
        let is_good = !heading.is_empty()
            && column.heading.chars().count() <= MAX_HEADING
            && !column.heading.chars().any(char::is_control);
        if !is_good {
            let pointer = format!("/columns/{place}/heading");
            let expected = format!("expected one line of 1 to {MAX_HEADING} characters");
            return Err(Refusal::invalid(&pointer, expected));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use api_spec::rest::{StatementCharset, StatementColumn, StatementColumnName, StatementLines};

    use super::*;

    fn layout(columns: &[(StatementColumnName, &str)]) -> NewStatementLayout {
        let column = |(column, heading): &(StatementColumnName, &str)| StatementColumn {
            column: *column,
            heading: (*heading).to_owned(),
        };
        NewStatementLayout {
            columns: columns.iter().map(column).collect(),
            lines: StatementLines::All,
            charset: StatementCharset::Utf8,
        }
    }

    #[test]
    fn each_column_stands_once_under_one_line() {
        use StatementColumnName::{TotalYen, Unit};
        assert!(check(&layout(&[(TotalYen, "請求額"), (Unit, "部屋")])).is_ok());
        for wrong in [
            layout(&[]),
            layout(&[(Unit, "a"), (Unit, "b")]),
            layout(&[(Unit, " ")]),
            layout(&[(Unit, "a\r\nb")]),
            layout(&[(Unit, &"あ".repeat(51))]),
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
