//! The tables `events` and `counters`: the log of everything told.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use foundation::{Conn, DbError, on};

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
    Ok(on!(conn, |c| NextSeq.get_result(c))?)
}

/// Written by hand so that it is prepared once per connection.
#[derive(Clone, Copy, Debug, QueryId)]
struct NextSeq;

impl<DB: Backend> QueryFragment<DB> for NextSeq {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE counters SET value = value + 1 WHERE name = 'events' RETURNING value");
        Ok(())
    }
}

impl Query for NextSeq {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for NextSeq {}

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
