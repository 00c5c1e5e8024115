//! `/v1/sessions`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewSession, Page, Session, SessionAccepted, SessionChange, SessionState};

use super::access::Caller;
use super::answers::editable;
use super::asking::Asking;
use super::idempotency::{IdempotencyKey, accept};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::{Context, Tx};
use crate::error::Refusal;
use crate::operations::change_limits::change_limits as change;
use crate::operations::presence::{Door, check, count_try};
use crate::operations::resources;
use crate::operations::start_session::start_session as start;
use crate::operations::stop_session::stop_session as stop;
use crate::store::{name, sessions};

/// OCPP 2.0.1 cuts what is longer than 36; sessions are told apart by their numbers.
pub(super) const MAX_DRIVER_ID: usize = 64;
const MAX_PRESENCE_CODE: usize = 40;

/// Which sessions.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionQuery {
    /// Of this outlet alone.
    outlet_id: Option<String>,
    /// In this state alone.
    state: Option<SessionState>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Start charging
///
/// The answer comes before the breaker has closed; with `Prefer: wait=10` it comes with the outcome.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = NewSession,
    security(("oauth2" = ["sessions:write"])),
    responses((status = 202, description = "The session and the command that starts it", body = SessionAccepted),
        (status = 409, description = "`outlet-busy`, `outlet-faulted`, `controller-offline`, `outlet-reserved`, `driver-not-allowed`, \
            `driver-blocked`, `presence-code-needed` or `presence-code-wrong`; no session was made",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn start_session(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    body: Json<NewSession>,
) -> Result<HttpResponse, ApiError> {
    let mut faults = Faults::default();
    faults.check_text("/driver_id", &body.value.driver_id, MAX_DRIVER_ID);
    if let Some(code) = &body.value.presence_code {
        faults.check_text("/presence_code", code, MAX_PRESENCE_CODE);
    }
    faults.into_result()?;
    let (once, tenant) = (key.once(&caller, &request, &body.canonical), caller.tenant_id());
    let asked = body.value;
    if asked.presence_code.is_some() {
        let (of, now_us) = ((tenant.clone(), asked.driver_id.clone()), context.clock.now_us());
        let counted = context
            .db
            .write(move |conn| count_try(conn, (&of.0, &of.1), now_us));
        counted.await?;
    }
    let body = move |tx: &mut Tx<'_>| {
        check(tx, &tenant, &asked, &Door::Api)?;
        start(tx, &tenant, &asked)
    };
    accept(&request, &context, once, body).await
}

/// Change the limits of a session that runs
///
/// The controller keeps the new limits on disk before it accepts them; a limit that is passed already ends the session now.
/// The session shows them once the command is confirmed.
#[utoipa::path(patch, path = "/v1/sessions/{id}", tag = "sessions", params(("id" = String, Path)),
    request_body = SessionChange, security(("oauth2" = ["sessions:write"])),
    responses((status = 202, description = "The session and the command that changes it", body = SessionAccepted),
        (status = 409, description = "`session-ended`, `controller-offline`, `outlet-reserved`, or `command-in-flight` while another change has no \
            outcome", body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn change_session(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    (seen, key): (IfMatch, IdempotencyKey),
    (id, body): (web::Path<String>, Json<SessionChange>),
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, &body.canonical), caller.tenant_id());
    let (named, asked) = ((tenant, id.into_inner()), body.value.limits);
    accept(&request, &context, once, move |tx| {
        change(tx, &named, &seen.0, &asked)
    })
    .await
}

/// Stop charging
#[utoipa::path(post, path = "/v1/sessions/{id}/stop", tag = "sessions", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:write"])),
    responses((status = 202, description = "The session and the command that stops it", body = SessionAccepted),
        (status = 409, description = "`session-ended`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn stop_session(asking: Asking) -> Result<HttpResponse, ApiError> {
    asking
        .act("", |tx, (tenant_id, id)| stop(tx, tenant_id, id))
        .await
}

/// Show a session
#[utoipa::path(get, path = "/v1/sessions/{id}", tag = "sessions", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The session", body = Session)))]
pub(super) async fn get_session(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| sessions::find_owned(conn, &tenant, &id))
        .await?;
    let (row, outlet_id) = found.ok_or(Refusal::NotFound("session"))?;
    editable(&request, &resources::session(&row, &outlet_id)?)
}

/// List the sessions, the newest first
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", params(SessionQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "One page of sessions", body = Page<Session>)))]
pub(super) async fn list_sessions(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<SessionQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let limit = paging::limit(query.limit)?;
    let filter = sessions::Filter {
        outlet_id: query.outlet_id,
        state: query.state.map(name),
        before: paging::before(query.cursor.as_deref())?,
    };
    let tenant = caller.tenant_id();
    let rows = context
        .db
        .read(move |conn| sessions::list(conn, &tenant, &filter, limit + 1))
        .await?;
    let page = paging::page(rows, limit, |(row, _)| row.number.to_string());
    let shown = |(row, outlet_id): (_, String)| resources::session(&row, &outlet_id);
    Ok(HttpResponse::Ok().json(paging::read(page, shown)?))
}
