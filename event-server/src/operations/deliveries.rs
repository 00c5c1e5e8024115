//! Looking at what was sent, and sending it once more.

use std::collections::{BTreeMap, HashSet};

use api_spec::rest::{self, DeliveryAttempt, DeliveryState, NewReplay, Replay, Time};
use foundation::{Conn, DbError};

use super::events::{digits, event_id, id_in, number, seq_of};
use super::webhook_endpoints::find_enabled;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::deliveries::{self, Delivery, NewDelivery};
use crate::store::events::{self, Event, Which};
use crate::store::webhook_endpoints::WebhookEndpoint;
use crate::store::{delivery_attempts, parse};

const PREFIX: &str = "dlv_";
/// Events that one request sends once more.
const MAX_REPLAYED: i64 = 10_000;
/// What waits for an endpoint already, beyond which nothing is added by request.
const MAX_PENDING: i64 = 100_000;
/// Before the name of a lane of what is sent once more: it neither waits for what is new nor holds it up.
pub(super) const AGAIN: char = '+';

/// The number of a delivery from its id.
pub(crate) fn number_of(id: &str) -> Option<i64> {
    number(id.strip_prefix(PREFIX)?)
}

pub(crate) fn resource((row, event): (Delivery, Event)) -> Result<rest::Delivery, DbError> {
    let state: DeliveryState = parse(&row.state)?;
    Ok(rest::Delivery {
        id: format!("{PREFIX}{}", digits(row.id)),
        endpoint_id: row.endpoint_id,
        event_id: id_in(&event.body),
        event_type: parse(&event.kind)?,
        state,
        gap: row.gap,
        attempts: row.attempts,
        next_attempt_at: (state == DeliveryState::Pending).then_some(Time(row.next_attempt_at)),
        last_status: row.last_status,
        last_error: row.last_error,
        completed_at: row.completed_at.map(Time),
    })
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<(Delivery, Event), Refusal> {
    let found = match number_of(id) {
        Some(number) => deliveries::find_owned(conn, tenant_id, number)?,
        None => None,
    };
    found.ok_or(Refusal::NotFound("delivery"))
}

/// The attempts at a delivery, the first one first. The one that succeeded is in the delivery itself.
pub(crate) fn attempts(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Vec<DeliveryAttempt>, Refusal> {
    let (row, event) = find(conn, tenant_id, id)?;
    let event_id = id_in(&event.body);
    let failed = delivery_attempts::list(conn, row.id)?.into_iter();
    let mut attempts: Vec<DeliveryAttempt> = failed
        .map(|failed| DeliveryAttempt {
            number: failed.number,
            attempted_at: Time(failed.attempted_at_us),
            duration_ms: failed.duration_ms,
            request_headers: headers(&event_id, failed.attempted_at_us),
            status: failed.status,
            answer: failed.answer,
            error: Some(failed.error),
        })
        .collect();
    if let (Some(at_us), "delivered") = (row.last_attempt_us, row.state.as_str()) {
        attempts.push(DeliveryAttempt {
            number: row.attempts,
            attempted_at: Time(at_us),
            duration_ms: row.last_duration_ms.unwrap_or_default(),
            request_headers: headers(&event_id, at_us),
            status: row.last_status,
            answer: row.last_answer,
            error: None,
        });
    }
    Ok(attempts)
}

/// As they were sent, without the signature and the access token.
fn headers(event_id: &str, attempted_at_us: i64) -> BTreeMap<String, String> {
    let timestamp_s = attempted_at_us.div_euclid(1_000_000);
    [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", event_id.to_owned()),
        ("webhook-timestamp", timestamp_s.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Sends a delivery's event once more, at once, and whatever became of the delivery.
pub(crate) fn resend(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<rest::Delivery, Refusal> {
    let (row, event) = find(tx.conn, tenant_id, id)?;
    let endpoint = find_enabled(tx, tenant_id, &row.endpoint_id)?;
    check_room(tx, &endpoint)?;
    let again = NewDelivery {
        endpoint_id: row.endpoint_id,
        event_seq: event.seq,
        lane: format!("{AGAIN}{}", foundation::ids::public_code()),
        state: "pending",
        next_attempt_at: tx.now_us,
        gap: row.gap,
    };
    let made = deliveries::insert_returning(tx.conn, &again)?;
    tx.wakes.deliveries = true;
    Ok(resource((made, event))?)
}

/// Sends events once more, in order for each outlet, beside what is new.
pub(crate) fn replay(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    endpoint_id: &str,
    asked: &NewReplay,
) -> Result<Replay, Refusal> {
    let endpoint = find_enabled(tx, tenant_id, endpoint_id)?;
    check_room(tx, &endpoint)?;
    let (after, to) = span(tx, asked)?;
    let which = Which {
        tenant_id: tenant_id.to_owned(),
        types: match asked.types.as_slice() {
            [] => serde_json::from_str(&endpoint.types).unwrap_or_default(),
            types => types.iter().map(|kind| kind.name().to_owned()).collect(),
        },
        outlet_id: asked.outlet_id.clone(),
    };
    let rows = events::list(tx.conn, &which, (after, to), MAX_REPLAYED)?;
    let marked: HashSet<i64> = deliveries::list_marked(tx.conn, endpoint_id, after)?
        .into_iter()
        .collect();
    let name = foundation::ids::public_code();
    for row in &rows {
        let again = NewDelivery {
            endpoint_id: endpoint_id.to_owned(),
            event_seq: row.seq,
            lane: format!("{AGAIN}{name}{}", row.outlet_id.as_deref().unwrap_or_default()),
            state: "pending",
            next_attempt_at: tx.now_us,
            gap: marked.contains(&row.seq),
        };
        tx.conn.insert_delivery(again);
    }
    tx.wakes.deliveries |= !rows.is_empty();
    let deliveries = i64::try_from(rows.len()).unwrap_or(MAX_REPLAYED);
    let last = rows.last().filter(|_| deliveries == MAX_REPLAYED);
    Ok(Replay {
        deliveries,
        next_after: last.map(|row| event_id(row.seq)),
    })
}

/// Behind which event, and up to which.
fn span(tx: &mut Tx<'_>, asked: &NewReplay) -> Result<(i64, i64), Refusal> {
    let last_seq = events::last_seq(tx.conn)?;
    let after = match (&asked.since, &asked.after) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::invalid("/since", "give either since or after"));
        }
        (None, Some(id)) => {
            seq_of(id).ok_or_else(|| Refusal::invalid("/after", "expected the id of an event"))?
        }
        (Some(since), None) => place_of(tx, since.0 - 1, last_seq)?,
    };
    let to = match &asked.until {
        Some(until) => place_of(tx, until.0, last_seq)?,
        None => last_seq,
    };
    Ok((after, to))
}

/// The last event that was appended at `at_us` or before. Numbers rise with time, so halving finds it.
fn place_of(tx: &mut Tx<'_>, at_us: i64, last_seq: i64) -> Result<i64, DbError> {
    let first = events::first_seq(tx.conn)?.unwrap_or(last_seq + 1);
    let (mut low, mut high) = (first - 1, last_seq);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        match events::appended_at(tx.conn, middle)? {
            Some(appended_at) if appended_at > at_us => high = middle - 1,
            Some(_) | None => low = middle,
        }
    }
    Ok(low)
}

fn check_room(tx: &mut Tx<'_>, endpoint: &WebhookEndpoint) -> Result<(), Refusal> {
    let most = usize::try_from(MAX_PENDING).unwrap_or(usize::MAX);
    if deliveries::count_pending(tx.conn, &endpoint.id, MAX_PENDING)? >= most {
        return Err(Refusal::TooManyDeliveries);
    }
    Ok(())
}
