//! The table `deliveries`: the outbox, written with the event.

use diesel::dsl::min;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::events::Event;
use super::schema::{deliveries, events, webhook_endpoints};
use super::webhook_endpoints::WebhookEndpoint;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) endpoint_id: String,
    /// The outlet whose order is kept, or empty.
    pub(crate) lane: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) next_attempt_at: i64,
    pub(crate) last_status: Option<i32>,
    pub(crate) last_error: Option<String>,
    pub(crate) completed_at: Option<i64>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = deliveries)]
pub(crate) struct NewDelivery {
    pub(crate) endpoint_id: String,
    pub(crate) event_seq: i64,
    pub(crate) lane: String,
    pub(crate) state: &'static str,
    pub(crate) next_attempt_at: i64,
}

/// The first pending delivery of a lane.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) endpoint_id: String,
    pub(crate) lane: String,
    pub(crate) next_attempt_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, delivery: &NewDelivery) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(deliveries::table)
        .values(delivery)
        .execute(c))?;
    Ok(())
}

/// What an attempt needs.
pub(crate) fn find(conn: &mut Conn, id: i64) -> Result<Option<(Delivery, Event, WebhookEndpoint)>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(events::table)
        .inner_join(webhook_endpoints::table)
        .filter(deliveries::id.eq(id))
        .select((
            Delivery::as_select(),
            Event::as_select(),
            WebhookEndpoint::as_select()
        ))
        .first(c)
        .optional())?)
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
        .filter(deliveries::id.gt(after).and(deliveries::state.eq("pending")))
        .order(deliveries::id)
        .limit(limit)
        .select(Head::as_select())
        .load(c))?)
}

/// The first pending delivery of every lane.
pub(crate) fn list_heads(conn: &mut Conn) -> Result<Vec<Head>, DbError> {
    let firsts: Vec<Option<i64>> = on!(conn, |c| deliveries::table
        .filter(deliveries::state.eq("pending"))
        .group_by((deliveries::endpoint_id, deliveries::lane))
        .select(min(deliveries::id))
        .load(c))?;
    let firsts: Vec<i64> = firsts.into_iter().flatten().collect();
    let mut heads = Vec::with_capacity(firsts.len());
    // Bounded, because SQLite takes 32,766 values in one statement.
    for some in firsts.chunks(10_000) {
        heads.extend(on!(conn, |c| deliveries::table
            .filter(deliveries::id.eq_any(some))
            .select(Head::as_select())
            .load::<Head>(c))?);
    }
    Ok(heads)
}

/// The first pending delivery of a lane.
pub(crate) fn find_head(conn: &mut Conn, endpoint_id: &str, lane: &str) -> Result<Option<Head>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .filter(
            deliveries::endpoint_id
                .eq(endpoint_id)
                .and(deliveries::lane.eq(lane))
        )
        .filter(deliveries::state.eq("pending"))
        .order(deliveries::event_seq)
        .select(Head::as_select())
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

/// An endpoint's deliveries and their events, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    endpoint_id: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<(Delivery, Event)>, DbError> {
    Ok(on!(conn, |c| deliveries::table
        .inner_join(events::table)
        .filter(
            deliveries::endpoint_id
                .eq(endpoint_id)
                .and(deliveries::id.lt(before))
        )
        .order(deliveries::id.desc())
        .limit(limit)
        .select((Delivery::as_select(), Event::as_select()))
        .load(c))?)
}
