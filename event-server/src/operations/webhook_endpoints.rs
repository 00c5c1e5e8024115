//! Making, changing, testing and deleting the addresses that events are sent to.

use api_spec::rest::{
    self, NewReceiverClient, NewWebhookEndpoint, ReceiverClient, SecretRotated, Time, WebhookEndpointChange,
    WebhookEndpointCreated,
};
use api_spec::webhook::{EventType, WebhookTest};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::events::{NewEvent, append_event_for};
use super::expected::{Expected, edited_at};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::webhook_endpoints::{self, WebhookEndpoint};
use crate::store::{deliveries, lane_gaps};

/// How a Standard Webhooks secret begins.
pub(crate) const SECRET_PREFIX: &str = "whsec_";
/// Of one tenant: each event may be written and sent so many times.
pub(crate) const MAX_ENDPOINTS: i64 = 20;
/// How long the secret before a rotation signs, too.
const OVERLAP_US: i64 = 24 * 3600 * 1_000_000;
/// What may hold a receiver's secrets.
const SECRET: [&str; 2] = ["oauth2", "url"];
const DISABLED_BY_REQUEST: &str = "disabled by request";

pub(crate) fn create(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewWebhookEndpoint,
) -> Result<WebhookEndpointCreated, Refusal> {
    if webhook_endpoints::count(tx.conn, tenant_id)? >= MAX_ENDPOINTS {
        return Err(Refusal::TooManyEndpoints);
    }
    let row = WebhookEndpoint {
        id: foundation::ids::id("whe"),
        tenant_id: tenant_id.to_owned(),
        url: asked.url.clone(),
        types: names(&asked.types),
        secret: new_secret(),
        disabled_reason: None,
        created_at: tx.now_us,
        updated_at: tx.now_us,
        description: asked.description.clone(),
        rate_per_s: asked.rate_per_s,
        previous_secret: None,
        previous_secret_until_us: None,
        oauth2: asked.oauth2.as_ref().map(kept),
        failing_since_us: None,
        failing_told: false,
    };
    webhook_endpoints::insert(tx.conn, &row)?;
    tx.subscriptions.forget(tenant_id);
    let secret = row.secret.clone();
    let endpoint = resource(row);
    tx.audit
        .made("webhook-endpoints", &endpoint.id, &endpoint, &SECRET);
    Ok(WebhookEndpointCreated { secret, endpoint })
}

/// Changes an endpoint. What was pending goes to the new address, and where that or the receiver was mended, at once.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    change: WebhookEndpointChange,
) -> Result<rest::WebhookEndpoint, Refusal> {
    let mut row = find(tx, tenant_id, id)?;
    expected.check(row.updated_at)?;
    let was = resource(row.clone());
    row.url = change.url.unwrap_or(row.url);
    row.types = change.types.map_or(row.types, |types| names(&types));
    row.description = change.description.unwrap_or(row.description);
    row.rate_per_s = change.rate_per_s.unwrap_or(row.rate_per_s);
    row.oauth2 = match change.oauth2 {
        Some(client) => client.as_ref().map(kept),
        None => row.oauth2,
    };
    match change.enabled {
        Some(true) if row.disabled_reason.is_some() => {
            row.disabled_reason = None;
            row.failing_since_us = None;
            row.failing_told = false;
            lane_gaps::insert_all(tx.conn, tenant_id, id)?;
        }
        Some(false) if row.disabled_reason.is_none() => {
            row.disabled_reason = Some(DISABLED_BY_REQUEST.to_owned());
            deliveries::update_all_failed(tx.conn, id, DISABLED_BY_REQUEST, tx.now_us)?;
        }
        Some(_) | None => {}
    }
    row.updated_at = edited_at(row.updated_at, tx.now_us);
    webhook_endpoints::update(tx.conn, &row)?;
    deliveries::update_all_due(tx.conn, id, tx.now_us)?;
    tx.subscriptions.forget(tenant_id);
    tx.wakes.endpoints.push(id.clone());
    let now = resource(row);
    tx.audit.changed(&was, &now, &SECRET);
    Ok(now)
}

/// Makes a new secret; the one before it signs beside it for a day.
pub(crate) fn rotate_secret(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<SecretRotated, Refusal> {
    let mut row = find(tx, tenant_id, id)?;
    let until_us = tx.now_us + OVERLAP_US;
    row.previous_secret = Some(std::mem::replace(&mut row.secret, new_secret()));
    row.previous_secret_until_us = Some(until_us);
    row.updated_at = edited_at(row.updated_at, tx.now_us);
    webhook_endpoints::update(tx.conn, &row)?;
    Ok(SecretRotated {
        secret: row.secret,
        previous_secret_until: Time(until_us),
    })
}

/// Also its deliveries, whatever their state.
pub(crate) fn delete(tx: &mut Tx<'_>, tenant_id: &str, id: &str, expected: &Expected) -> Result<(), Refusal> {
    let endpoint = find(tx, tenant_id, id)?;
    expected.check(endpoint.updated_at)?;
    tx.audit.changed(&resource(endpoint), &(), &SECRET);
    webhook_endpoints::delete(tx.conn, id)?;
    tx.subscriptions.forget(tenant_id);
    Ok(())
}

/// Sends a `webhook.test` event to this endpoint alone, whatever it listens for; answers with the event's id.
pub(crate) fn test(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<String, Refusal> {
    let endpoint = find_enabled(tx, tenant_id, id)?;
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

pub(crate) fn find(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<WebhookEndpoint, Refusal> {
    let found = webhook_endpoints::find(tx.conn, tenant_id, id)?;
    found.ok_or(Refusal::NotFound("webhook endpoint"))
}

pub(super) fn find_enabled(tx: &mut Tx<'_>, tenant_id: &str, id: &str) -> Result<WebhookEndpoint, Refusal> {
    let endpoint = find(tx, tenant_id, id)?;
    match endpoint.disabled_reason {
        None => Ok(endpoint),
        Some(_) => Err(Refusal::EndpointDisabled),
    }
}

pub(crate) fn resource(row: WebhookEndpoint) -> rest::WebhookEndpoint {
    let client = row.oauth2.as_deref().and_then(receiver_client);
    rest::WebhookEndpoint {
        id: row.id,
        url: row.url,
        types: serde_json::from_str(&row.types).unwrap_or_default(),
        description: row.description,
        rate_per_s: row.rate_per_s,
        oauth2: client.map(|client| ReceiverClient {
            token_url: client.token_url,
            client_id: client.client_id,
            scope: client.scope,
        }),
        enabled: row.disabled_reason.is_none(),
        disabled_reason: row.disabled_reason,
        failing_since: row.failing_since_us.map(Time),
        previous_secret_until: row.previous_secret_until_us.map(Time),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

/// How a token for the receiver is got, from its column.
pub(crate) fn receiver_client(text: &str) -> Option<NewReceiverClient> {
    serde_json::from_str(text).ok()
}

fn kept(client: &NewReceiverClient) -> String {
    serde_json::json!(client).to_string()
}

fn names(types: &[EventType]) -> String {
    let names: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
    serde_json::json!(names).to_string()
}

fn new_secret() -> String {
    format!(
        "{SECRET_PREFIX}{}",
        STANDARD.encode(foundation::ids::random::<32>())
    )
}
