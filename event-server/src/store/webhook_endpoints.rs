//! The table `webhook_endpoints`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{deliveries, delivery_attempts, lane_gaps, webhook_endpoints};

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_endpoints, treat_none_as_null = true)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) url: String,
    /// JSON array of event types; `[]` means all.
    pub(crate) types: String,
    pub(crate) secret: String,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) description: Option<String>,
    pub(crate) rate_per_s: Option<i32>,
    /// Also signs, until then.
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_until_us: Option<i64>,
    /// JSON: `NewReceiverClient`.
    pub(crate) oauth2: Option<String>,
    /// Since when every attempt has failed.
    pub(crate) failing_since_us: Option<i64>,
    /// Whether that was told.
    pub(crate) failing_told: bool,
}

pub(crate) fn insert(conn: &mut Conn, endpoint: &WebhookEndpoint) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(webhook_endpoints::table)
        .values(endpoint)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<WebhookEndpoint>, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .find(id)
        .filter(webhook_endpoints::tenant_id.eq(tenant_id))
        .select(WebhookEndpoint::as_select())
        .first(c)
        .optional())?)
}

/// The endpoints after `after`, by id.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<WebhookEndpoint>, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .filter(
            webhook_endpoints::tenant_id
                .eq(tenant_id)
                .and(webhook_endpoints::id.gt(after))
        )
        .order(webhook_endpoints::id)
        .limit(limit)
        .select(WebhookEndpoint::as_select())
        .load(c))?)
}

/// How many the tenant has, disabled ones too.
pub(crate) fn count(conn: &mut Conn, tenant_id: &str) -> Result<i64, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant_id))
        .count()
        .get_result(c))?)
}

/// The tenant's endpoints that events are sent to.
pub(crate) fn list_enabled(conn: &mut Conn, tenant_id: &str) -> Result<Vec<WebhookEndpoint>, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(tenant_id))
        .filter(webhook_endpoints::disabled_reason.is_null())
        .select(WebhookEndpoint::as_select())
        .load(c))?)
}

/// Writes all of it.
pub(crate) fn update(conn: &mut Conn, endpoint: &WebhookEndpoint) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(
        webhook_endpoints::table.find(&endpoint.id)
    )
    .set(endpoint)
    .execute(c))?;
    Ok(())
}

/// The endpoint, whoever's it is.
pub(crate) fn find_any(conn: &mut Conn, id: &str) -> Result<Option<WebhookEndpoint>, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .find(id)
        .select(WebhookEndpoint::as_select())
        .first(c)
        .optional())?)
}

/// An attempt has succeeded.
pub(crate) fn update_sound(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            webhook_endpoints::failing_since_us.eq(None::<i64>),
            webhook_endpoints::failing_told.eq(false),
        ))
        .execute(c))?;
    Ok(())
}

/// Forgets secrets that sign no more.
pub(crate) fn delete_previous_secrets(conn: &mut Conn, until: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(webhook_endpoints::table)
        .filter(webhook_endpoints::previous_secret_until_us.le(until))
        .set((
            webhook_endpoints::previous_secret.eq(None::<String>),
            webhook_endpoints::previous_secret_until_us.eq(None::<i64>),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes the endpoint with its deliveries.
pub(crate) fn delete(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    let its = || deliveries::table.filter(deliveries::endpoint_id.eq(id));
    on!(conn, |c| diesel::delete(delivery_attempts::table.filter(
        delivery_attempts::delivery_id.eq_any(its().select(deliveries::id))
    ))
    .execute(c))?;
    on!(conn, |c| diesel::delete(its()).execute(c))?;
    let gaps = lane_gaps::table.filter(lane_gaps::endpoint_id.eq(id));
    on!(conn, |c| diesel::delete(gaps).execute(c))?;
    on!(conn, |c| diesel::delete(webhook_endpoints::table.find(id))
        .execute(c))?;
    Ok(())
}
