//! The table `statement_layouts`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::statement_layouts;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = statement_layouts)]
pub(crate) struct StatementLayout {
    pub(crate) site_id: String,
    /// `api_spec::rest::NewStatementLayout` as JSON.
    pub(crate) content: String,
    pub(crate) updated_at: i64,
}

pub(crate) fn put(conn: &mut Conn, layout: &StatementLayout) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(statement_layouts::table)
        .values(layout)
        .on_conflict(statement_layouts::site_id)
        .do_update()
        .set(layout)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, site_id: &str) -> Result<Option<StatementLayout>, DbError> {
    Ok(on!(conn, |c| statement_layouts::table
        .find(site_id)
        .select(StatementLayout::as_select())
        .first(c)
        .optional())?)
}
