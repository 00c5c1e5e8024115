//! Making, testing and deleting the addresses that events are sent to.

use api_spec::rest::{self, DeliveryState, NewWebhookEndpoint, Time, WebhookEndpointCreated};
use api_spec::webhook::{EventType, WebhookTest};
use base64::{Engine, engine::general_purpose::STANDARD};
use foundation::DbError;

use super::events::{NewEvent, append_event_for, id_in};
use super::expected::Expected;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::deliveries::Delivery;
use crate::store::events::Event;
use crate::store::parse;
use crate::store::webhook_endpoints::{self, WebhookEndpoint};

/// How a Standard Webhooks secret begins.
pub(crate) const SECRET_PREFIX: &str = "whsec_";
/// Of one tenant: each event may be written and sent so many times.
const MAX_ENDPOINTS: i64 = 20;

pub(crate) fn create(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewWebhookEndpoint,
) -> Result<WebhookEndpointCreated, Refusal> {
    if webhook_endpoints::count(tx.conn, tenant_id)? >= MAX_ENDPOINTS {
        return Err(Refusal::TooManyEndpoints);
    }
    let names: Vec<&str> = asked.types.iter().map(|kind| kind.name()).collect();
    let row = WebhookEndpoint {
        id: foundation::ids::id("whe"),
        tenant_id: tenant_id.to_owned(),
        url: asked.url.clone(),
        types: serde_json::json!(names).to_string(),
        secret: format!(
            "{SECRET_PREFIX}{}",
            STANDARD.encode(foundation::ids::random::<32>())
        ),
        disabled_reason: None,
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    webhook_endpoints::insert(tx.conn, &row)?;
    tx.subscriptions.forget(tenant_id);
    Ok(WebhookEndpointCreated {
        secret: row.secret.clone(),
        endpoint: resource(row),
    })
}

/// Also its deliveries, whatever their state.
pub(crate) fn delete(tx: &mut Tx<'_>, tenant_id: &str, id: &str, expected: &Expected) -> Result<(), Refusal> {
    let found = webhook_endpoints::find(tx.conn, tenant_id, id)?;
    let endpoint = found.ok_or(Refusal::NotFound("webhook endpoint"))?;
    expected.check(endpoint.updated_at)?;
    webhook_endpoints::delete(tx.conn, id)?;
    tx.subscriptions.forget(tenant_id);
    Ok(())
}

/// Sends a `webhook.test` event to this endpoint alone, whatever it listens for; answers with the event's id.
pub(crate) fn test(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<String, Refusal> {
    let found = webhook_endpoints::find(tx.conn, tenant_id, id)?;
    let endpoint = found.ok_or(Refusal::NotFound("webhook endpoint"))?;
    if endpoint.disabled_reason.is_some() {
        return Err(Refusal::EndpointDisabled);
    }
    let data = WebhookTest {
        endpoint_id: endpoint.id.clone(),
    };
    let event = NewEvent {
        tenant_id,
        kind: EventType::WebhookTest,
        at_us: tx.now_us,
        data: &data,
    };
    Ok(append_event_for(tx, &endpoint.id, &event)?)
}

pub(crate) fn resource(row: WebhookEndpoint) -> rest::WebhookEndpoint {
    rest::WebhookEndpoint {
        id: row.id,
        url: row.url,
        types: serde_json::from_str(&row.types).unwrap_or_default(),
        disabled_reason: row.disabled_reason,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

pub(crate) fn delivery((row, event): (Delivery, Event)) -> Result<rest::Delivery, DbError> {
    let state: DeliveryState = parse(&row.state)?;
    Ok(rest::Delivery {
        event_id: id_in(&event.body),
        event_type: parse(&event.kind)?,
        state,
        attempts: row.attempts,
        next_attempt_at: (state == DeliveryState::Pending).then_some(Time(row.next_attempt_at)),
        last_status: row.last_status,
        last_error: row.last_error,
        completed_at: row.completed_at.map(Time),
    })
}
