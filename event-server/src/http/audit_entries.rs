//! `/v1/audit-entries`, and the same as CSV.

use actix_web::{HttpResponse, web};
use api_spec::rest::{AuditActorKind, AuditEntry, Page, Time};

use super::access::Caller;
use super::exports::csv::{Cell, Charset, Csv};
use super::exports::{self, PAGE, pages, send, text};
use super::json::Query;
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::operations::list_audit::list_audit;
use crate::store::audit_subjects::Which;

/// Which entries.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Of this resource alone, by its path.
    #[param(example = "/v1/sites/sit_01k9zq5b8w1e6")]
    resource: Option<String>,
    /// By this client or person alone.
    actor_id: Option<String>,
    /// From here on.
    from: Option<Time>,
    /// And before this.
    to: Option<Time>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List who changed what, the newest first
///
/// Every change that was made over the API: each is written in the transaction of the change, so that neither is there
/// without the other. What controllers and the server itself do is told by events.
#[utoipa::path(get, path = "/v1/audit-entries", tag = "audit", params(AuditQuery),
    security(("oauth2" = ["audit:read"])),
    responses((status = 200, description = "One page of entries", body = Page<AuditEntry>)))]
pub(super) async fn list_audit_entries(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<AuditQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let limit = paging::limit(query.limit)?;
    let before = paging::before(query.cursor.as_deref())?;
    let which = Which {
        tenant_id: caller.tenant_id(),
        resource: query.resource,
        site_id: None,
        actor_id: query.actor_id,
        from_us: query.from.map(|time| time.0),
        to_us: query.to.map(|time| time.0),
    };
    let read = context
        .db
        .read(move |conn| list_audit(conn, &which, before, limit + 1));
    let page = paging::page(read.await?, limit, |(number, _)| number.to_string());
    Ok(HttpResponse::Ok().json(paging::map(page, |(_, entry)| entry)))
}

/// Which entries to export.
#[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditExportQuery {
    /// From here on.
    from: Time,
    /// And before this.
    to: Time,
    /// Of this resource alone, by its path.
    resource: Option<String>,
    /// By this client or person alone.
    actor_id: Option<String>,
    /// `utf-8` where left out.
    #[serde(default)]
    #[param(inline)]
    charset: Charset,
    /// Begin UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
    #[serde(default)]
    bom: bool,
}

const NAMES: [&str; 12] = [
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "client_id",
    "scope",
    "action",
    "resource",
    "changes",
    "command_id",
    "request_id",
    "hash",
];

/// Export who changed what as CSV
///
/// The newest first; `changes` is JSON as in `GET /v1/audit-entries`. Times are UTC.
#[utoipa::path(get, path = "/v1/exports/audit-entries.csv", tag = "exports", params(AuditExportQuery),
    security(("oauth2" = ["audit:read"])),
    responses((status = 200, description = "As `GET /v1/audit-entries`, all pages", body = String,
        content_type = "text/csv")))]
pub(super) async fn export_audit_entries(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<AuditExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let csv = Csv {
        charset: query.charset,
        bom: query.bom,
    };
    let which = Which {
        tenant_id: caller.tenant_id(),
        resource: query.resource,
        site_id: None,
        actor_id: query.actor_id,
        from_us: Some(query.from.0),
        to_us: Some(query.to.0),
    };
    exported(context, which, csv).await
}

/// Entries as CSV, the newest first.
pub(crate) async fn exported(
    context: web::Data<Context>,
    which: Which,
    csv: Csv,
) -> Result<HttpResponse, ApiError> {
    let rows = pages(None, move |before| {
        let (context, which) = (context.clone(), which.clone());
        async move {
            let read = context
                .db
                .read(move |conn| list_audit(conn, &which, before, PAGE as i64));
            let rows = read.await?;
            let next = rows.last().filter(|_| rows.len() == PAGE);
            let next = next.map(|(number, _)| Some(*number));
            let cells = rows.into_iter().map(|(_, entry)| cells(entry)).collect();
            Ok::<exports::Page<Option<i64>>, ApiError>((cells, next))
        }
    });
    send(("audit-entries.csv", &NAMES), csv, rows).await
}

fn cells(entry: AuditEntry) -> Vec<Cell> {
    let kind = match entry.actor.kind {
        AuditActorKind::Client => "client",
        AuditActorKind::Person => "person",
    };
    vec![
        text(entry.id),
        text(entry.at.to_string()),
        text(kind),
        text(entry.actor.id),
        text(entry.actor.client_id),
        text(entry.scope.unwrap_or_default()),
        text(entry.action),
        text(entry.resource),
        text(serde_json::json!(entry.changes).to_string()),
        text(entry.command_id.unwrap_or_default()),
        text(entry.request_id),
        text(entry.hash),
    ]
}
