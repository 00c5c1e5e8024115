//! The tables `events` and `counters`: the log of everything told.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::cached::cached;
use super::schema::{counters, events};

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = events)]
pub(crate) struct Event {
    pub(crate) seq: i64,
    pub(crate) tenant_id: String,
    pub(crate) kind: String,
    /// As sent, byte for byte.
    pub(crate) body: String,
}

/// The next number; the row's lock makes numbers rise with the commits.
pub(crate) fn next_seq(conn: &mut Conn) -> Result<i64, DbError> {
    struct NextSeq;
    Ok(on!(conn, |c| {
        let next = diesel::update(counters::table.find("events"))
            .set(counters::value.eq(counters::value + 1))
            .returning(counters::value);
        cached(NextSeq, next).get_result(c)
    })?)
}

pub(crate) fn insert(conn: &mut Conn, event: &Event) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(events::table)
        .values(event)
        .execute(c))?;
    Ok(())
}

/// The number of the last event.
pub(crate) fn last_seq(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(on!(conn, |c| counters::table
        .find("events")
        .select(counters::value)
        .first(c))?)
}

/// The tenant's events after `after`, in order; of some types, or of all if none is named.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    after: i64,
    types: &[String],
    limit: i64,
) -> Result<Vec<Event>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = events::table
            .filter(events::tenant_id.eq(tenant_id).and(events::seq.gt(after)))
            .order(events::seq)
            .limit(limit)
            .select(Event::as_select())
            .into_boxed();
        if !types.is_empty() {
            query = query.filter(events::kind.eq_any(types));
        }
        query.load(c)
    })?)
}
