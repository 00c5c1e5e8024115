//! `/v1/alarms`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Alarm, AlarmState, NewAcknowledgement, Page};

use super::access::Caller;
use super::answers::editable;
use super::idempotency::{IdempotencyKey, done};
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::alarms as operations;
use crate::store::alarms;

const MAX_NOTE: usize = 500;

/// Which alarms.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AlarmQuery {
    /// In this state alone.
    state: Option<AlarmState>,
    /// Of this site alone.
    site_id: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the alarms, the newest first
#[utoipa::path(get, path = "/v1/alarms", tag = "alarms", params(AlarmQuery),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of alarms", body = Page<Alarm>)))]
pub(super) async fn list_alarms(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<AlarmQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let limit = paging::limit(query.limit)?;
    let filter = alarms::Filter {
        site_id: query.site_id,
        closed: query.state.map(|state| state == AlarmState::Closed),
        acknowledged: query
            .state
            .filter(|state| *state != AlarmState::Closed)
            .map(|state| state == AlarmState::Acknowledged),
        before: paging::before(query.cursor.as_deref())?,
    };
    let tenant = caller.tenant_id();
    let rows = context
        .db
        .read(move |conn| alarms::list(conn, &tenant, &filter, limit + 1))
        .await?;
    let page = paging::page(rows, limit, |(row, _)| row.number.to_string());
    let shown = |(row, outlet_id): (_, Option<String>)| operations::resource(&row, outlet_id.as_deref());
    Ok(HttpResponse::Ok().json(paging::read(page, shown)?))
}

/// Show an alarm
#[utoipa::path(get, path = "/v1/alarms/{id}", tag = "alarms", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "The alarm", body = Alarm)))]
pub(super) async fn get_alarm(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context
        .db
        .read(move |conn| alarms::find_owned(conn, &tenant, &id));
    let (row, outlet_id) = read.await?.ok_or(Refusal::NotFound("alarm"))?;
    editable(&request, &operations::resource(&row, outlet_id.as_deref())?)
}

/// Say that somebody looks after an alarm
///
/// It stays until what is wrong is no more. Whoever was first to say so stays; of a problem whose end no controller tells,
/// such as `journal_thinned`, this is the end.
#[utoipa::path(post, path = "/v1/alarms/{id}/acknowledgement", tag = "alarms", params(("id" = String, Path)),
    request_body = NewAcknowledgement, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The alarm", body = Alarm)))]
pub(super) async fn acknowledge_alarm(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    (key, id): (IdempotencyKey, web::Path<String>),
    body: Json<NewAcknowledgement>,
) -> Result<HttpResponse, ApiError> {
    let mut faults = Faults::default();
    if let Some(note) = &body.value.note {
        faults.check_text("/note", note, MAX_NOTE);
    }
    faults.into_result()?;
    let once = key.once(&caller, &request, &body.canonical);
    let named = (caller.tenant_id(), id.into_inner());
    let said = (caller.subject().to_owned(), body.value.note);
    done(&context, once, move |tx| {
        operations::acknowledge(tx, &named, said)
    })
    .await
}
