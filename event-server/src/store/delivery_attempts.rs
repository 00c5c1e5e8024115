//! The table `delivery_attempts`: attempts that failed.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::delivery_attempts;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = delivery_attempts)]
pub(crate) struct DeliveryAttempt {
    pub(crate) delivery_id: i64,
    pub(crate) number: i32,
    pub(crate) attempted_at_us: i64,
    pub(crate) duration_ms: i64,
    pub(crate) status: Option<i32>,
    pub(crate) error: String,
    /// The first bytes of the answer.
    pub(crate) answer: Option<String>,
}

pub(crate) fn insert(conn: &mut Conn, attempt: &DeliveryAttempt) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(delivery_attempts::table)
        .values(attempt)
        .execute(c))?;
    Ok(())
}

/// A delivery's failed attempts, the first one first.
pub(crate) fn list(conn: &mut Conn, delivery_id: i64) -> Result<Vec<DeliveryAttempt>, DbError> {
    Ok(on!(conn, |c| delivery_attempts::table
        .filter(delivery_attempts::delivery_id.eq(delivery_id))
        .order(delivery_attempts::number)
        .select(DeliveryAttempt::as_select())
        .load(c))?)
}

pub(crate) fn delete_of(conn: &mut Conn, delivery_ids: &[i64]) -> Result<(), DbError> {
    let theirs = delivery_attempts::table.filter(delivery_attempts::delivery_id.eq_any(delivery_ids));
    on!(conn, |c| diesel::delete(theirs).execute(c))?;
    Ok(())
}
