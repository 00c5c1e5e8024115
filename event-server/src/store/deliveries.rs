//! The table `deliveries`: the outbox, written with the event.

use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use foundation::{Conn, DbError, on};

use super::events::Event;
use super::schema::{deliveries, events, webhook_endpoints};
#[cfg(feature = "postgres")]
use super::unnested::{self, Column, Statement};
use super::webhook_endpoints::WebhookEndpoint;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) endpoint_id: String,
    /// The outlet whose order is kept, or empty; what is sent once more has lanes of its own.
    pub(crate) lane: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) next_attempt_at: i64,
    pub(crate) last_status: Option<i32>,
    pub(crate) last_error: Option<String>,
    pub(crate) completed_at: Option<i64>,
    /// Sent with a mark: something before it in its lane was not delivered.
    pub(crate) gap: bool,
    pub(crate) last_attempt_us: Option<i64>,
    pub(crate) last_duration_ms: Option<i64>,
    pub(crate) last_answer: Option<String>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = deliveries)]
pub(crate) struct NewDelivery {
    pub(crate) endpoint_id: String,
    pub(crate) event_seq: i64,
    pub(crate) lane: String,
    pub(crate) state: &'static str,
    pub(crate) next_attempt_at: i64,
    pub(crate) gap: bool,
}

/// The first pending delivery of a lane, and what its endpoint takes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) endpoint_id: String,
    pub(crate) tenant_id: String,
    pub(crate) lane: String,
    pub(crate) next_attempt_at: i64,
    pub(crate) rate_per_s: Option<i32>,
}

macro_rules! head {
    () => {
        (
            deliveries::id,
            deliveries::endpoint_id,
            webhook_endpoints::tenant_id,
            deliveries::lane,
            deliveries::next_attempt_at,
            webhook_endpoints::rate_per_s,
        )
    };
}

/// In this order.
pub(crate) fn insert_all(conn: &mut Conn, rows: &[NewDelivery]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => rows.iter().try_for_each(|row| {
            let insert = diesel::insert_into(deliveries::table).values(row);
            Ok(insert.execute(c).map(|_| ())?)
        }),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) if rows.is_empty() => Ok(()),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Ok(unnested::execute::<NewDelivery>(
            c,
            &[
                Column::texts(rows, |row| &row.endpoint_id),
                Column::numbers(rows, |row| row.event_seq),
                Column::texts(rows, |row| &row.lane),
                Column::texts(rows, |row| row.state),
                Column::numbers(rows, |row| row.next_attempt_at),
                Column::flags(rows, |row| row.gap),
            ],
        )?),
    }
}

#[cfg(feature = "postgres")]
impl Statement for NewDelivery {
    const BEFORE: &'static str =
        "INSERT INTO deliveries (endpoint_id, event_seq, lane, state, next_attempt_at, gap) SELECT * FROM";
}

/// Inserts and answers with the row.
pub(crate) fn insert_returning(conn: &mut Conn, delivery: &NewDelivery) -> Result<Delivery, DbError> {
    Ok(on!(conn, |c| diesel::insert_into(deliveries::table)
        .values(delivery)
        .returning(Delivery::as_returning())
        .get_result(c))?)
}

/// What attempts need, of those that are pending still.
pub(crate) fn list_to_attempt(
    conn: &mut Conn,
    ids: &[i64],
) -> Result<Vec<(Delivery, Event, WebhookEndpoint)>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(events::table)
        .inner_join(webhook_endpoints::table)
        .filter(deliveries::id.eq_any(ids).and(deliveries::state.eq("pending")))
        .select((
            Delivery::as_select(),
            Event::as_select(),
            WebhookEndpoint::as_select()
        ))
        .load(c))?)
}

/// The number of the newest delivery.
pub(crate) fn last_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = on!(conn, |c| deliveries::table
        .select(diesel::dsl::max(deliveries::id))
        .first(c))?;
    Ok(last.unwrap_or(0))
}

/// Pending deliveries newer than `after`, in order.
pub(crate) fn list_pending_after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Head>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(webhook_endpoints::table)
        .filter(deliveries::id.gt(after).and(deliveries::state.eq("pending")))
        .order(deliveries::id)
        .limit(limit)
        .select(head!())
        .load(c))?)
}

/// The first pending delivery of every lane.
pub(crate) fn list_heads(conn: &mut Conn) -> Result<Vec<Head>, DbError> {
    let firsts: Vec<Option<i64>> = on!(conn, |c| deliveries::table
        .filter(deliveries::state.eq("pending"))
        .group_by((deliveries::endpoint_id, deliveries::lane))
        .select(min(deliveries::id))
        .load(c))?;
    heads_of(conn, firsts)
}

/// The first pending delivery of every lane of an endpoint.
pub(crate) fn list_heads_of_endpoint(conn: &mut Conn, endpoint_id: &str) -> Result<Vec<Head>, DbError> {
    let firsts: Vec<Option<i64>> = on!(conn, |c| deliveries::table
        .filter(deliveries::endpoint_id.eq(endpoint_id))
        .filter(deliveries::state.eq("pending"))
        .group_by((deliveries::endpoint_id, deliveries::lane))
        .select(min(deliveries::id))
        .load(c))?;
    heads_of(conn, firsts)
}

fn heads_of(conn: &mut Conn, firsts: Vec<Option<i64>>) -> Result<Vec<Head>, DbError> {
    let firsts: Vec<i64> = firsts.into_iter().flatten().collect();
    let mut heads = Vec::with_capacity(firsts.len());
    // Bounded, because SQLite takes 32,766 values in one statement.
    for some in firsts.chunks(10_000) {
        heads.extend(on!(conn, |c| deliveries::table
            .inner_join(webhook_endpoints::table)
            .filter(deliveries::id.eq_any(some))
            .select(head!())
            .load::<Head>(c))?);
    }
    Ok(heads)
}

/// The first pending delivery of a lane.
pub(crate) fn find_head(conn: &mut Conn, endpoint_id: &str, lane: &str) -> Result<Option<Head>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(webhook_endpoints::table)
        .filter(
            deliveries::endpoint_id
                .eq(endpoint_id)
                .and(deliveries::lane.eq(lane))
        )
        .filter(deliveries::state.eq("pending"))
        .order(deliveries::event_seq)
        .select(head!())
        .first(c)
        .optional())?)
}

/// Writes how an attempt went, unless it was given up meanwhile.
pub(crate) fn update(conn: &mut Conn, delivery: &Delivery) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(deliveries::table.find(delivery.id))
        .filter(deliveries::state.eq("pending"))
        .set((
            deliveries::state.eq(&delivery.state),
            deliveries::attempts.eq(delivery.attempts),
            deliveries::next_attempt_at.eq(delivery.next_attempt_at),
            deliveries::last_status.eq(delivery.last_status),
            deliveries::last_error.eq(&delivery.last_error),
            deliveries::completed_at.eq(delivery.completed_at),
            deliveries::gap.eq(delivery.gap),
            deliveries::last_attempt_us.eq(delivery.last_attempt_us),
            deliveries::last_duration_ms.eq(delivery.last_duration_ms),
            deliveries::last_answer.eq(&delivery.last_answer),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives up whatever is pending for an endpoint.
pub(crate) fn update_all_failed(
    conn: &mut Conn,
    endpoint_id: &str,
    error: &str,
    at: i64,
) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(deliveries::table)
        .filter(deliveries::endpoint_id.eq(endpoint_id))
        .filter(deliveries::state.eq("pending"))
        .set((
            deliveries::state.eq("failed"),
            deliveries::last_error.eq(error),
            deliveries::completed_at.eq(at),
        ))
        .execute(c))?;
    Ok(())
}

/// The oldest that are not pending, and when they were completed.
pub(crate) fn list_oldest_completed(conn: &mut Conn, limit: i64) -> Result<Vec<(i64, Option<i64>)>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .filter(deliveries::state.ne("pending"))
        .order(deliveries::id)
        .limit(limit)
        .select((deliveries::id, deliveries::completed_at))
        .load(c))?)
}

pub(crate) fn delete_all(conn: &mut Conn, ids: &[i64]) -> Result<(), DbError> {
    let named = deliveries::table.filter(deliveries::id.eq_any(ids));
    on!(conn, |c| diesel::delete(named).execute(c))?;
    Ok(())
}

/// The number of the oldest event that is still to be delivered.
pub(crate) fn first_pending_seq(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .filter(deliveries::state.eq("pending"))
        .select(min(deliveries::event_seq))
        .first(c))?)
}

/// An endpoint's deliveries and their events, the newest first; of one state, or of all.
pub(crate) fn list(
    conn: &mut Conn,
    endpoint_id: &str,
    state: Option<&str>,
    (before, limit): (i64, i64),
) -> Result<Vec<(Delivery, Event)>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = deliveries::table
            .inner_join(events::table)
            .filter(
                deliveries::endpoint_id
                    .eq(endpoint_id)
                    .and(deliveries::id.lt(before)),
            )
            .order(deliveries::id.desc())
            .limit(limit)
            .select((Delivery::as_select(), Event::as_select()))
            .into_boxed();
        if let Some(state) = state {
            query = query.filter(deliveries::state.eq(state));
        }
        if matches!(state, Some("parked" | "failed")) {
            // Word for word what the index of those is for.
            query = query.filter(sql::<Bool>("deliveries.state IN ('parked', 'failed')"));
        }
        query.load(c)
    })?)
}

/// One of the tenant's deliveries, with its event.
pub(crate) fn find_owned(
    conn: &mut Conn,
    tenant_id: &str,
    id: i64,
) -> Result<Option<(Delivery, Event)>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(events::table)
        .inner_join(webhook_endpoints::table)
        .filter(
            deliveries::id
                .eq(id)
                .and(webhook_endpoints::tenant_id.eq(tenant_id))
        )
        .select((Delivery::as_select(), Event::as_select()))
        .first(c)
        .optional())?)
}

/// Whatever is pending for an endpoint is due now.
pub(crate) fn update_all_due(conn: &mut Conn, endpoint_id: &str, now: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(deliveries::table)
        .filter(deliveries::endpoint_id.eq(endpoint_id))
        .filter(deliveries::state.eq("pending"))
        .filter(deliveries::next_attempt_at.gt(now))
        .set(deliveries::next_attempt_at.eq(now))
        .execute(c))?;
    Ok(())
}

/// How many are pending for an endpoint; counts no further than `most`.
pub(crate) fn count_pending(conn: &mut Conn, endpoint_id: &str, most: i64) -> Result<usize, DbError> {
    let some: Vec<i64> = on!(conn, |c| deliveries::table
        .filter(deliveries::endpoint_id.eq(endpoint_id))
        .filter(deliveries::state.eq("pending"))
        .select(deliveries::id)
        .limit(most)
        .load(c))?;
    Ok(some.len())
}

/// Events that the endpoint was sent with a mark, behind `after`: what is repeated is repeated byte for byte.
pub(crate) fn list_marked(conn: &mut Conn, endpoint_id: &str, after: i64) -> Result<Vec<i64>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .filter(deliveries::endpoint_id.eq(endpoint_id))
        .filter(deliveries::gap.eq(true).and(deliveries::event_seq.gt(after)))
        .select(deliveries::event_seq)
        .load(c))?)
}
