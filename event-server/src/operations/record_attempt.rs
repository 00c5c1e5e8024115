//! What follows from an attempt at a delivery: done, tried again, parked, or the end of the endpoint.

use api_spec::rest::Time;
use api_spec::webhook::{EndpointFailing, EventType};
use foundation::DbError;

use super::deliveries::AGAIN;
use super::delivery_schedule::wait_us;
use super::events::{NewEvent, append_event_except};
use super::expected::edited_at;
use crate::context::Tx;
use crate::metrics::Counted;
use crate::store::deliveries::{self, Delivery, Head};
use crate::store::delivery_attempts::{self, DeliveryAttempt};
use crate::store::lane_gaps;
use crate::store::webhook_endpoints::{self, WebhookEndpoint};

/// An endpoint that has failed for so long is disabled.
const DISABLED_AFTER_US: i64 = 120 * 3600 * 1_000_000;

/// One attempt, over.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) at_us: i64,
    pub(crate) duration_ms: i64,
    /// The HTTP status and the first bytes of the answer, where there was one.
    pub(crate) status: Option<u16>,
    pub(crate) answer: Option<String>,
    /// Sent with the mark of a gap.
    pub(crate) gap: bool,
    /// The endpoint was failing when it was sent.
    pub(crate) was_failing: bool,
    pub(crate) went: Went,
}

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    Delivered,
    /// 410: the receiver wants nothing more.
    Gone,
    Failed {
        error: String,
        retry_after_s: Option<u64>,
    },
}

impl Attempt {
    /// For figures.
    fn name(&self) -> &'static str {
        match (&self.went, self.status) {
            (Went::Delivered, _) => "delivered",
            (Went::Gone, _) => "gone",
            (Went::Failed { .. }, Some(_)) => "refused",
            (Went::Failed { .. }, None) => "unreachable",
        }
    }
}

/// Writes how it went; answers with the lane's first pending delivery.
pub(crate) fn record_attempt(
    tx: &mut Tx<'_>,
    mut delivery: Delivery,
    attempt: Attempt,
) -> Result<Option<Head>, DbError> {
    delivery.attempts += 1;
    tx.wakes.counted.push(Counted::WebhookAttempt(attempt.name()));
    delivery.gap = attempt.gap;
    delivery.last_attempt_us = Some(attempt.at_us);
    delivery.last_duration_ms = Some(attempt.duration_ms);
    delivery.last_status = attempt.status.map(i32::from);
    delivery.last_answer.clone_from(&attempt.answer);
    match &attempt.went {
        Went::Delivered => delivered(tx, &mut delivery, attempt.was_failing)?,
        Went::Gone => {
            let error = "answered 410 Gone".to_owned();
            failed(tx, &mut delivery, &attempt, (error, None))?;
            let found = webhook_endpoints::find_any(tx.conn, &delivery.endpoint_id)?;
            if let Some(endpoint) = found {
                disable(tx, endpoint, "answered 410 Gone")?;
            }
        }
        Went::Failed { error, retry_after_s } => {
            failed(tx, &mut delivery, &attempt, (error.clone(), *retry_after_s))?;
        }
    }
    deliveries::find_head(tx.conn, &delivery.endpoint_id, &delivery.lane)
}

fn delivered(tx: &mut Tx<'_>, delivery: &mut Delivery, was_failing: bool) -> Result<(), DbError> {
    delivery.state = "delivered".into();
    delivery.last_error = None;
    delivery.completed_at = Some(tx.now_us);
    deliveries::update(tx.conn, delivery)?;
    if delivery.gap {
        lane_gaps::delete(tx.conn, &delivery.endpoint_id, &delivery.lane)?;
    }
    if was_failing {
        webhook_endpoints::update_sound(tx.conn, &delivery.endpoint_id)?;
    }
    Ok(())
}

fn failed(
    tx: &mut Tx<'_>,
    delivery: &mut Delivery,
    attempt: &Attempt,
    (error, retry_after_s): (String, Option<u64>),
) -> Result<(), DbError> {
    let row = DeliveryAttempt {
        delivery_id: delivery.id,
        number: delivery.attempts,
        attempted_at_us: attempt.at_us,
        duration_ms: attempt.duration_ms,
        status: delivery.last_status,
        error: error.clone(),
        answer: attempt.answer.clone(),
    };
    delivery.last_error = Some(error);
    let [jitter] = foundation::ids::random::<1>();
    let wait_us = wait_us(delivery.attempts, retry_after_s, jitter);
    match wait_us {
        Some(wait_us) => delivery.next_attempt_at = tx.now_us.saturating_add(wait_us),
        None => {
            delivery.state = "parked".into();
            delivery.completed_at = Some(tx.now_us);
        }
    }
    // An endpoint that was deleted meanwhile has no deliveries any more.
    let Some(mut endpoint) = webhook_endpoints::find_any(tx.conn, &delivery.endpoint_id)? else {
        return Ok(());
    };
    delivery_attempts::insert(tx.conn, &row)?;
    deliveries::update(tx.conn, delivery)?;
    let since_us = endpoint.failing_since_us.unwrap_or(attempt.at_us);
    let tell = wait_us.is_none() && !endpoint.failing_told;
    if endpoint.failing_since_us.is_none() || tell {
        endpoint.failing_since_us = Some(since_us);
        endpoint.failing_told |= tell;
        webhook_endpoints::update(tx.conn, &endpoint)?;
    }
    if wait_us.is_none() && !delivery.lane.starts_with(AGAIN) {
        lane_gaps::insert(tx.conn, &delivery.endpoint_id, &delivery.lane)?;
    }
    if endpoint.disabled_reason.is_none() && tx.now_us - since_us >= DISABLED_AFTER_US {
        return disable(tx, endpoint, "every attempt has failed for 120 hours");
    }
    match tell {
        true => tell_failing(tx, &endpoint, delivery.last_error.clone()),
        false => Ok(()),
    }
}

/// Nothing more is sent, and what was to be sent is given up.
fn disable(tx: &mut Tx<'_>, mut endpoint: WebhookEndpoint, reason: &str) -> Result<(), DbError> {
    deliveries::update_all_failed(tx.conn, &endpoint.id, reason, tx.now_us)?;
    endpoint.disabled_reason = Some(reason.to_owned());
    endpoint.updated_at = edited_at(endpoint.updated_at, tx.now_us);
    webhook_endpoints::update(tx.conn, &endpoint)?;
    tx.subscriptions.forget(&endpoint.tenant_id);
    tell_failing(tx, &endpoint, Some(reason.to_owned()))
}

/// To everybody but the endpoint itself.
fn tell_failing(
    tx: &mut Tx<'_>,
    endpoint: &WebhookEndpoint,
    last_error: Option<String>,
) -> Result<(), DbError> {
    let data = EndpointFailing {
        endpoint_id: endpoint.id.clone(),
        failing_since: Time(endpoint.failing_since_us.unwrap_or(tx.now_us)),
        last_error,
        disabled_reason: endpoint.disabled_reason.clone(),
    };
    let event = NewEvent {
        tenant_id: &endpoint.tenant_id,
        kind: EventType::EndpointFailing,
        at_us: tx.now_us,
        data: &data,
    };
    append_event_except(tx, None, &event, &endpoint.id).map(|_| ())
}
