//! The table `statement_corrections`: what managers add and take off.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::statement_corrections as table;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
pub(crate) struct Correction {
    pub(crate) id: String,
    pub(crate) site_id: String,
    /// The closed month that has it.
    pub(crate) listed_in: Option<String>,
    /// The month that it corrects.
    pub(crate) month: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) amount_yen: i64,
    pub(crate) note: String,
    pub(crate) created_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, correction: &Correction) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(table::table)
        .values(correction)
        .execute(c))?;
    Ok(())
}

/// Those that no closed month has, in the order in which they were written.
pub(crate) fn list_open(conn: &mut Conn, site_id: &str) -> Result<Vec<Correction>, DbError> {
    Ok(on!(conn, |c| table::table
        .filter(table::site_id.eq(site_id).and(table::listed_in.is_null()))
        .order(table::id)
        .select(Correction::as_select())
        .load(c))?)
}

pub(crate) fn list_by_ids(conn: &mut Conn, site_id: &str, ids: &[&str]) -> Result<Vec<Correction>, DbError> {
    Ok(on!(conn, |c| table::table
        .filter(table::site_id.eq(site_id).and(table::id.eq_any(ids)))
        .select(Correction::as_select())
        .load(c))?)
}

/// A closed month has all of them now.
pub(crate) fn update_listed(conn: &mut Conn, site_id: &str, month: &str) -> Result<(), DbError> {
    let open = table::table.filter(table::site_id.eq(site_id).and(table::listed_in.is_null()));
    on!(conn, |c| diesel::update(open)
        .set(table::listed_in.eq(month))
        .execute(c))?;
    Ok(())
}
