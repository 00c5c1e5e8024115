//! The table `webhook_endpoints`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{deliveries, webhook_endpoints};

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_endpoints)]
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

pub(crate) fn update_disabled(conn: &mut Conn, id: &str, reason: &str, at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            webhook_endpoints::disabled_reason.eq(reason),
            webhook_endpoints::updated_at.eq(at),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes the endpoint with its deliveries.
pub(crate) fn delete(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(
        deliveries::table.filter(deliveries::endpoint_id.eq(id))
    )
    .execute(c))?;
    on!(conn, |c| diesel::delete(webhook_endpoints::table.find(id))
        .execute(c))?;
    Ok(())
}

/// Whose endpoint it is.
pub(crate) fn find_tenant(conn: &mut Conn, id: &str) -> Result<Option<String>, DbError> {
    Ok(on!(conn, |c| webhook_endpoints::table
        .find(id)
        .select(webhook_endpoints::tenant_id)
        .first(c)
        .optional())?)
}
