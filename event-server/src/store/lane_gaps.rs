//! The table `lane_gaps`: lanes in which something was not delivered, and nothing since.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{lane_gaps, outlets};

pub(crate) fn exists(conn: &mut Conn, endpoint_id: &str, lane: &str) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| lane_gaps::table
        .find((endpoint_id, lane))
        .select(lane_gaps::lane)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

pub(crate) fn insert(conn: &mut Conn, endpoint_id: &str, lane: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(lane_gaps::table)
        .values((lane_gaps::endpoint_id.eq(endpoint_id), lane_gaps::lane.eq(lane)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// In every lane of the tenant: its outlets', and that of events of no outlet.
pub(crate) fn insert_all(conn: &mut Conn, tenant_id: &str, endpoint_id: &str) -> Result<(), DbError> {
    let lanes: Vec<String> = on!(conn, |c| outlets::table
        .filter(outlets::tenant_id.eq(tenant_id))
        .select(outlets::id)
        .load(c))?;
    for lane in lanes.iter().map(String::as_str).chain([""]) {
        insert(conn, endpoint_id, lane)?;
    }
    Ok(())
}

pub(crate) fn delete(conn: &mut Conn, endpoint_id: &str, lane: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(
        lane_gaps::table.find((endpoint_id, lane))
    )
    .execute(c))?;
    Ok(())
}
