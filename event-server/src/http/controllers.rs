//! `/v1/controllers`.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Controller, ControllerChange, ControllerCreated, NewController, Page};

use foundation::DbError;

use super::access::Caller;
use super::answers::editable;
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::outlets;
use super::paging;
use super::problems::ApiError;
use super::shared::Shared;
use super::sites::PageQuery;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::change_controller::change_controller;
use crate::operations::create_controller::create_controller as create;
use crate::operations::list_controllers::{all_shown, shown};
use crate::store::controllers;

const MAX_NAME: usize = 100;
/// OCPP 2.1 allows a station identity of 48 characters.
const MAX_STATION_ID: usize = 48;
/// OCPP knows 1 too, in clear, which is not served.
const SECURITY_PROFILES: std::ops::RangeInclusive<i32> = 2..=3;
pub(super) const MAX_OUTLETS: usize = domain::ids::MAX_OUTLETS as usize;

/// List the controllers
#[utoipa::path(get, path = "/v1/controllers", tag = "controllers", params(PageQuery),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of controllers", body = Page<Controller>)))]
pub(super) async fn list_controllers(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, after) = (
        paging::limit(query.0.limit)?,
        paging::after(query.0.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let rows = controllers::list(conn, &tenant, &after, limit + 1)?;
        all_shown(conn, rows)
    });
    let shown: Result<_, DbError> = read.await;
    Ok(HttpResponse::Ok().json(paging::page(shown?, limit, |row| row.id.clone())))
}

/// Make a controller with its outlets
///
/// The password is in this answer alone.
#[utoipa::path(post, path = "/v1/controllers", tag = "controllers", request_body = NewController,
    security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The controller, its password and its outlets", body = ControllerCreated),
        (status = 409, description = "`station-id-taken`, or `too-many-outlets`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn create_controller(
    caller: Caller,
    (context, shared): (web::Data<Context>, web::Data<Shared>),
    body: Json<NewController>,
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    check(&asked)?;
    let (tenant, most) = (caller.tenant_id(), shared.outlets_most);
    let made = context.transact(move |tx| create(tx, (&tenant, most), &asked));
    let made = made.await?;
    let location = format!("/v1/controllers/{}", made.controller.id);
    let mut response = HttpResponse::Created();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.json(made))
}

fn check(asked: &NewController) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, MAX_NAME);
    if let Some(station_id) = &asked.station_id {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=MAX_STATION_ID).contains(&station_id.len()) || !station_id.chars().all(plain) {
            faults.add("/station_id", "expected at most 48 of letters, digits, - _ .");
        }
    }
    check_profile(&mut faults, asked.security_profile);
    if !(1..=MAX_OUTLETS).contains(&asked.outlets.len()) {
        faults.add("/outlets", "expected 1 to 8");
    }
    for (index, outlet) in asked.outlets.iter().enumerate() {
        let at = |field: &str| format!("/outlets/{index}/{field}");
        faults.check_text(&at("name"), &outlet.name, MAX_NAME);
        faults.check_positive(&at("max_power_w"), outlet.max_power_w);
        faults.check_positive(&at("rise_threshold_ma"), outlet.rise_threshold_ma);
        outlets::check_equipment(
            &mut faults,
            at,
            &outlets::Equipment {
                unit: outlet.unit.as_deref(),
                rated_mv: outlet.rated_mv,
                meter_valid_until: outlet.meter_valid_until.as_deref(),
            },
        );
        if outlet.meter_valid_until.is_some() && outlet.meter_class.is_none() {
            faults.add(&at("meter_valid_until"), "give meter_class too");
        }
    }
    faults.into_result()
}

/// Show a controller
#[utoipa::path(get, path = "/v1/controllers/{id}", tag = "controllers", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "The controller", body = Controller)))]
pub(super) async fn get_controller(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let found = controllers::find(conn, &id)?;
        let owned = found.filter(|row| row.tenant_id == tenant);
        owned.map(|row| shown(conn, row)).transpose()
    });
    let found: Result<_, DbError> = read.await;
    editable(&request, &found?.ok_or(Refusal::NotFound("controller"))?)
}

/// Change a controller
///
/// What people say of it; that it connects or starts anew makes no edit stale.
#[utoipa::path(patch, path = "/v1/controllers/{id}", tag = "controllers", params(("id" = String, Path)),
    request_body = ControllerChange, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The controller", body = Controller)))]
pub(super) async fn update_controller(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<ControllerChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        faults.check_text("/name", name, MAX_NAME);
    }
    check_profile(&mut faults, change.security_profile);
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| change_controller(tx, &named, &expected, change));
    editable(&request, &changed.await?)
}

fn check_profile(faults: &mut Faults, profile: Option<i32>) {
    if profile.is_some_and(|profile| !SECURITY_PROFILES.contains(&profile)) {
        faults.add("/security_profile", "expected 2 or 3");
    }
}
