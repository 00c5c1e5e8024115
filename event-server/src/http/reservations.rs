//! `/v1/reservations`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewReservation, Page, Reservation, ReservationState};

use super::access::Caller;
use super::answers::editable;
use super::idempotency::{IdempotencyKey, create};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sessions::MAX_DRIVER_ID;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::reservations as operations;
use crate::store::{name, reservations};

const PATH: &str = "/v1/reservations";
const NO_SHOW_S: std::ops::RangeInclusive<u32> = 60..=86_400;

/// Which reservations.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReservationQuery {
    /// Of this outlet alone.
    outlet_id: Option<String>,
    /// Of this driver alone.
    driver_id: Option<String>,
    /// In this state alone.
    state: Option<ReservationState>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the reservations, the newest first
#[utoipa::path(get, path = "/v1/reservations", tag = "reservations", params(ReservationQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "One page of reservations", body = Page<Reservation>)))]
pub(super) async fn list_reservations(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<ReservationQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let limit = paging::limit(query.limit)?;
    let filter = reservations::Filter {
        outlet_id: query.outlet_id,
        driver_id: query.driver_id,
        state: query.state.map(name),
        before: paging::before(query.cursor.as_deref())?,
    };
    let tenant = caller.tenant_id();
    let rows = context
        .db
        .read(move |conn| reservations::list(conn, &tenant, &filter, limit + 1))
        .await?;
    let page = paging::page(rows, limit, |(row, _)| row.number.to_string());
    let shown = |(row, outlet_id): (_, String)| operations::resource(&row, &outlet_id);
    Ok(HttpResponse::Ok().json(paging::read(page, shown)?))
}

/// Hold an outlet for a driver
///
/// Meanwhile nobody else starts there, and a charge of somebody else that was given no end ends before. It is used by a start
/// of its driver that is confirmed, from 15 minutes before it begins; one that is refused or fails leaves it as it was.
#[utoipa::path(post, path = "/v1/reservations", tag = "reservations", request_body = NewReservation,
    security(("oauth2" = ["sessions:write"])),
    responses((status = 201, description = "The reservation", body = Reservation),
        (status = 409, description = "`outlet-reserved`, `outlet-busy`, `outlet-faulted`, `driver-not-allowed`, \
            `driver-blocked`, or `too-many-reservations`: a driver has at most two", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn create_reservation(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    body: Json<NewReservation>,
) -> Result<HttpResponse, ApiError> {
    let mut faults = Faults::default();
    faults.check_text("/driver_id", &body.value.driver_id, MAX_DRIVER_ID);
    let no_show_s = body.value.no_show_after_s;
    if no_show_s.is_some_and(|seconds| !NO_SHOW_S.contains(&seconds)) {
        faults.add("/no_show_after_s", "expected 60 to 86400");
    }
    faults.into_result()?;
    let (once, tenant) = (key.once(&caller, &request, &body.canonical), caller.tenant_id());
    let asked = body.value;
    create(&context, once, PATH, move |tx| {
        operations::reserve(tx, &tenant, &asked)
    })
    .await
}

/// Show a reservation
#[utoipa::path(get, path = "/v1/reservations/{id}", tag = "reservations", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The reservation", body = Reservation)))]
pub(super) async fn get_reservation(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context
        .db
        .read(move |conn| reservations::find_owned(conn, &tenant, &id));
    let (row, outlet_id) = read.await?.ok_or(Refusal::NotFound("reservation"))?;
    editable(&request, &operations::resource(&row, &outlet_id)?)
}

/// Cancel a reservation
#[utoipa::path(delete, path = "/v1/reservations/{id}", tag = "reservations", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:write"])),
    responses((status = 200, description = "The reservation, cancelled now or before", body = Reservation),
        (status = 409, description = "`reservation-over`: it was used, or has expired",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn cancel_reservation(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let named = (caller.tenant_id(), id.into_inner());
    let cancelled = context.transact(move |tx| operations::cancel(tx, &named, &expected));
    editable(&request, &cancelled.await?)
}
