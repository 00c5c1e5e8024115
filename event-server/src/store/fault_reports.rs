//! The table `fault_reports`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{fault_reports, outlets};

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = fault_reports)]
pub(crate) struct NewReport {
    pub(crate) tenant_id: String,
    pub(crate) outlet_key: i64,
    pub(crate) person_id: String,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) reported_at: i64,
}

/// What somebody has said of an outlet.
#[derive(Clone, Debug, Queryable)]
pub(crate) struct Report {
    pub(crate) outlet_id: String,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) reported_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, report: &NewReport) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(fault_reports::table)
        .values(report)
        .execute(c))?;
    Ok(())
}

/// How many a person has made since then.
pub(crate) fn count_of_person(conn: &mut Conn, person_id: &str, since: i64) -> Result<i64, DbError> {
    Ok(on!(conn, |c| fault_reports::table
        .filter(fault_reports::person_id.eq(person_id))
        .filter(fault_reports::reported_at.gt(since))
        .count()
        .get_result(c))?)
}

/// Those of a site, the newest first.
pub(crate) fn list_of_site(conn: &mut Conn, site_id: &str, limit: i64) -> Result<Vec<Report>, DbError> {
    Ok(on!(conn, |c| fault_reports::table
        .inner_join(outlets::table)
        .filter(outlets::site_id.eq(site_id))
        .order(fault_reports::number.desc())
        .limit(limit)
        .select((
            outlets::id,
            fault_reports::kind,
            fault_reports::text,
            fault_reports::reported_at,
        ))
        .load(c))?)
}
