//! The tables `events` and `counters`: the log of everything told.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use foundation::{Conn, DbError, on};

#[cfg(feature = "postgres")]
use super::schema::counters;
use super::schema::events;
#[cfg(feature = "postgres")]
use super::unnested::{self, Column, Statement};

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

pub(crate) fn insert_all(conn: &mut Conn, rows: &[Event]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => rows.iter().try_for_each(|row| {
            let insert = diesel::insert_into(events::table).values(row);
            Ok(insert.execute(c).map(|_| ())?)
        }),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Ok(unnested::execute::<Event>(
            c,
            &[
                Column::numbers(rows, |row| row.seq),
                Column::texts(rows, |row| &row.tenant_id),
                Column::texts(rows, |row| &row.kind),
                Column::texts(rows, |row| &row.body),
                Column::numbers(rows, |row| row.appended_at),
                Column::nullable_texts(rows, |row| &row.traceparent),
                Column::nullable_texts(rows, |row| &row.outlet_id),
            ],
        )?),
    }
}

#[cfg(feature = "postgres")]
impl Statement for Event {
    const BEFORE: &'static str =
        "INSERT INTO events (seq, tenant_id, type, body, appended_at, traceparent, outlet_id) SELECT * FROM";
}

/// Notes the number of the last event; on SQLite the event itself tells it.
pub(crate) fn update_last_seq(conn: &mut Conn, seq: i64) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(_) => {
            let _is_told_by_the_last = seq;
            Ok(())
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => {
            let values = [Column::Numbers(vec![Some(seq)])];
            Ok(unnested::execute::<LastSeq>(c, &values)?)
        }
    }
}

#[cfg(feature = "postgres")]
struct LastSeq;

#[cfg(feature = "postgres")]
impl Statement for LastSeq {
    const BEFORE: &'static str = "UPDATE counters SET value = seq FROM";
    const AFTER: &'static str = " AS last (seq) WHERE name = 'events'";
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
