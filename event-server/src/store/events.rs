//! The tables `events` and `counters`: the log of everything told.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use foundation::{Conn, DbError, on};

#[cfg(feature = "postgres")]
use super::schema::counters;
use super::schema::events;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
// So that its INSERT is one and the same text, and found in the cache without being written anew.
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(crate) struct Event {
    pub(crate) seq: i64,
    pub(crate) tenant_id: String,
    pub(crate) kind: String,
    /// As sent, byte for byte.
    pub(crate) body: String,
    pub(crate) appended_at: i64,
    /// The trace that led to it.
    pub(crate) traceparent: Option<String>,
    pub(crate) outlet_id: Option<String>,
}

/// Which events of a tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    pub(crate) tenant_id: String,
    /// Of some types, or of all if none is named.
    pub(crate) types: Vec<String>,
    pub(crate) outlet_id: Option<String>,
}

/// The number of the last event. SQLite has one writer, and the last event stays; up to a version that counted, also there.
const LAST: &str = "SELECT max(ifnull((SELECT max(seq) FROM events), 0), \
     (SELECT value FROM counters WHERE name = 'events')) AS value";
#[cfg(feature = "postgres")]
const COUNT_UP: &str = "UPDATE counters SET value = value + 1 WHERE name = 'events' RETURNING value";

/// The next number. On PostgreSQL the row's lock makes numbers rise with the commits.
pub(crate) fn next_seq(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(match conn {
        Conn::Sqlite(c) => Number(LAST).get_result::<i64>(c)? + 1,
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Number(COUNT_UP).get_result(c)?,
    })
}

/// One number. Written by hand so that it is prepared once per connection; there is one text for each backend.
#[derive(Clone, Copy, Debug, QueryId)]
struct Number(&'static str);

impl<DB: Backend> QueryFragment<DB> for Number {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl Query for Number {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for Number {}

pub(crate) fn insert(conn: &mut Conn, event: &Event) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(events::table)
        .values(event)
        .execute(c))?;
    Ok(())
}

/// The number of the last event.
pub(crate) fn last_seq(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(match conn {
        Conn::Sqlite(c) => Number(LAST).get_result(c)?,
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => counters::table.find("events").select(counters::value).first(c)?,
    })
}

/// The events after `after` and up to `to`, in order.
pub(crate) fn list(
    conn: &mut Conn,
    which: &Which,
    (after, to): (i64, i64),
    limit: i64,
) -> Result<Vec<Event>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = events::table
            .filter(events::tenant_id.eq(&which.tenant_id))
            .filter(events::seq.gt(after).and(events::seq.le(to)))
            .order(events::seq)
            .limit(limit)
            .select(Event::as_select())
            .into_boxed();
        if !which.types.is_empty() {
            query = query.filter(events::kind.eq_any(&which.types));
        }
        if let Some(outlet_id) = &which.outlet_id {
            query = query.filter(events::outlet_id.eq(outlet_id));
        }
        query.load(c)
    })?)
}

/// The number of the first event that is kept.
pub(crate) fn first_seq(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    Ok(on!(conn, |c| events::table
        .select(diesel::dsl::min(events::seq))
        .first(c))?)
}

/// When an event was appended; `None` where it is kept no more.
pub(crate) fn appended_at(conn: &mut Conn, seq: i64) -> Result<Option<i64>, DbError> {
    Ok(on!(conn, |c| events::table
        .find(seq)
        .select(events::appended_at)
        .first(c)
        .optional())?)
}

/// The first events that are kept: their numbers, and when they were appended.
pub(crate) fn list_oldest(conn: &mut Conn, limit: i64) -> Result<Vec<(i64, i64)>, DbError> {
    Ok(on!(conn, |c| events::table
        .order(events::seq)
        .limit(limit)
        .select((events::seq, events::appended_at))
        .load(c))?)
}

/// Deletes the events up to the number `last`, but for the last of all: it tells the next one's number. How many.
pub(crate) fn delete_to(conn: &mut Conn, last: i64) -> Result<usize, DbError> {
    let newest = last_seq(conn)?;
    let old = events::table.filter(events::seq.le(last).and(events::seq.lt(newest)));
    Ok(on!(conn, |c| diesel::delete(old).execute(c))?)
}
