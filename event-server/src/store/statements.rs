//! The table `statements`: closed months, added and never changed.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::statements;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = statements)]
pub(crate) struct Statement {
    pub(crate) site_id: String,
    pub(crate) month: String,
    pub(crate) ends_at: i64,
    pub(crate) closed_at: i64,
    pub(crate) sessions: i64,
    pub(crate) energy_wh: i64,
    pub(crate) total_yen: i64,
    /// `api_spec::rest::Statement` as canonical JSON.
    pub(crate) content: String,
    pub(crate) previous: String,
    pub(crate) hash: String,
}

/// A closed month without its text.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = statements)]
pub(crate) struct Heading {
    pub(crate) month: String,
    pub(crate) ends_at: i64,
    pub(crate) closed_at: i64,
    pub(crate) sessions: i64,
    pub(crate) energy_wh: i64,
    pub(crate) total_yen: i64,
    pub(crate) hash: String,
}

pub(crate) fn insert(conn: &mut Conn, statement: &Statement) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(statements::table)
        .values(statement)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, site_id: &str, month: &str) -> Result<Option<Statement>, DbError> {
    Ok(on!(conn, |c| statements::table
        .find((site_id, month))
        .select(Statement::as_select())
        .first(c)
        .optional())?)
}

/// All closed months of a site, the oldest first.
pub(crate) fn list(conn: &mut Conn, site_id: &str) -> Result<Vec<Heading>, DbError> {
    Ok(on!(conn, |c| statements::table
        .filter(statements::site_id.eq(site_id))
        .order(statements::month)
        .select(Heading::as_select())
        .load(c))?)
}
