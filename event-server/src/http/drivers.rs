//! `/v1/drivers`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Driver, DriverChange, NewDriver, Page};

use super::access::Caller;
use super::answers::{created, editable};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sessions::MAX_DRIVER_ID;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::drivers as operations;
use crate::operations::expected::Expected;
use crate::store::drivers;

const MAX_NAME: usize = 100;
const MAX_UNIT: usize = 50;
/// Of sites, and of outlets.
const MAX_PLACES: usize = 100;

/// Which drivers.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DriverQuery {
    /// Of this dwelling alone.
    unit: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the drivers
#[utoipa::path(get, path = "/v1/drivers", tag = "drivers", params(DriverQuery), security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of drivers", body = Page<Driver>)))]
pub(super) async fn list_drivers(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<DriverQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let (limit, after) = (
        paging::limit(query.limit)?,
        paging::after(query.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context
        .db
        .read(move |conn| drivers::list(conn, &tenant, query.unit.as_deref(), &after, limit + 1));
    let page = paging::page(read.await?, limit, |row| row.id.clone());
    Ok(HttpResponse::Ok().json(paging::map(page, operations::resource)))
}

/// Show a driver
#[utoipa::path(get, path = "/v1/drivers/{id}", tag = "drivers", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])), responses((status = 200, description = "The driver", body = Driver)))]
pub(super) async fn get_driver(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| drivers::find(conn, &tenant, &id));
    let found = read.await?.ok_or(Refusal::NotFound("driver"))?;
    editable(&request, &operations::resource(found))
}

/// Write a driver down, whole
///
/// The id is your own: up to 64 visible characters, the same that `POST /v1/sessions` names as `driver_id`; best one that
/// says nothing of the person. One that is there already is replaced with `If-Match` alone; `*` writes it whatever it is now.
#[utoipa::path(put, path = "/v1/drivers/{id}", tag = "drivers", params(("id" = String, Path)),
    request_body = NewDriver, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The driver, which was there before", body = Driver),
        (status = 201, description = "The driver, which is new", body = Driver)))]
pub(super) async fn put_driver(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    expected: Option<IfMatch>,
    (id, body): (web::Path<String>, Json<NewDriver>),
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    let mut faults = Faults::default();
    let visible = |c: char| !c.is_whitespace() && !c.is_control();
    if !(1..=MAX_DRIVER_ID).contains(&id.chars().count()) || !id.chars().all(visible) {
        faults.add(
            "",
            "expected 1 to 64 visible characters as the driver's id in the path",
        );
    }
    check(&mut faults, (asked.name.as_deref(), asked.unit.as_deref()));
    check_places(&mut faults, Some(&asked.sites), Some(&asked.outlets));
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    let expected = expected.map_or(Expected::New, |named| named.0);
    let put = context.transact(move |tx| operations::put(tx, &named, &expected, asked));
    match put.await? {
        (driver, false) => editable(&request, &driver),
        (driver, true) => created(request.uri().path().to_owned(), &driver),
    }
}

/// Change a driver
#[utoipa::path(patch, path = "/v1/drivers/{id}", tag = "drivers", params(("id" = String, Path)),
    request_body = DriverChange, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The driver", body = Driver)))]
pub(super) async fn change_driver(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<DriverChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    let mut faults = Faults::default();
    let texts = (
        change.name.as_ref().and_then(Option::as_deref),
        change.unit.as_ref().and_then(Option::as_deref),
    );
    check(&mut faults, texts);
    check_places(&mut faults, change.sites.as_deref(), change.outlets.as_deref());
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| operations::change(tx, &named, &expected, change));
    editable(&request, &changed.await?)
}

/// Delete a driver
///
/// Name, dwelling and rights are gone. Sessions stay, with the id and the dwelling that they were charged for, because bills
/// are made from them; what runs goes on.
#[utoipa::path(delete, path = "/v1/drivers/{id}", tag = "drivers", params(("id" = String, Path)),
    security(("oauth2" = ["sites:write"])), responses((status = 204, description = "Deleted")))]
pub(super) async fn delete_driver(
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let named = (caller.tenant_id(), id.into_inner());
    context
        .transact(move |tx| operations::delete(tx, &named, &expected))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn check(faults: &mut Faults, (name, unit): (Option<&str>, Option<&str>)) {
    for (pointer, text, most) in [("/name", name, MAX_NAME), ("/unit", unit, MAX_UNIT)] {
        if let Some(text) = text {
            faults.check_text(pointer, text, most);
        }
    }
}

fn check_places(faults: &mut Faults, sites: Option<&[String]>, outlets: Option<&[String]>) {
    for (pointer, places) in [("/sites", sites), ("/outlets", outlets)] {
        if places.is_some_and(|places| places.len() > MAX_PLACES) {
            faults.add(pointer, "expected at most 100");
        }
    }
}
