//! The table `statement_lines`: what closed months tell of sessions.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::statement_lines;

/// Rows that are written at once: both databases take so many values.
const AT_ONCE: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = statement_lines)]
pub(crate) struct Line {
    pub(crate) site_id: String,
    pub(crate) month: String,
    /// From 1, in the order in which they are listed.
    pub(crate) place: i64,
    pub(crate) session_number: i64,
    /// '': none.
    pub(crate) unit: String,
    /// `api_spec::rest::StatementSession` as canonical JSON.
    pub(crate) line: String,
}

/// Which lines of a month.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of this unit alone; '' of none.
    pub(crate) unit: Option<String>,
    /// The place of the last one known.
    pub(crate) after: i64,
    pub(crate) limit: i64,
}

pub(crate) fn insert(conn: &mut Conn, lines: &[Line]) -> Result<(), DbError> {
    for some in lines.chunks(AT_ONCE) {
        on!(conn, |c| diesel::insert_into(statement_lines::table)
            .values(some)
            .execute(c))?;
    }
    Ok(())
}

/// Lines of a month, in their order.
pub(crate) fn list(
    conn: &mut Conn,
    site_id: &str,
    month: &str,
    filter: &Filter,
) -> Result<Vec<Line>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = statement_lines::table
            .filter(statement_lines::site_id.eq(site_id))
            .filter(statement_lines::month.eq(month))
            .filter(statement_lines::place.gt(filter.after))
            .order(statement_lines::place)
            .limit(filter.limit)
            .select(Line::as_select())
            .into_boxed();
        if let Some(unit) = &filter.unit {
            query = query.filter(statement_lines::unit.eq(unit));
        }
        query.load(c)
    })?)
}

/// All that was ever stated of these sessions.
pub(crate) fn list_of_sessions(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<Line>, DbError> {
    Ok(on!(conn, |c| statement_lines::table
        .filter(statement_lines::session_number.eq_any(numbers))
        .select(Line::as_select())
        .load(c))?)
}
