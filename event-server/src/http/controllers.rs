//! `/v1/controllers`.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{
    CommandAccepted, CommandKind, Controller, ControllerCreated, NewController, Page, VariableRequest,
};
use serde_json::json;

use foundation::DbError;

use super::access::Caller;
use super::answers::tagged;
use super::idempotency::{IdempotencyKey, accept};
use super::json::{Faults, Json, Query};
use super::outlets;
use super::paging;
use super::problems::ApiError;
use super::sites::PageQuery;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::command_controller::command_controller;
use crate::operations::create_controller::create_controller as create;
use crate::operations::list_controllers::{all_shown, shown};
use crate::store::controllers;

/// OCPP 2.1 allows a station identity of 48 characters.
const MAX_STATION_ID: usize = 48;
/// OCPP knows 1 too, in clear, which is not served.
const SECURITY_PROFILES: std::ops::RangeInclusive<i32> = 2..=3;
const MAX_OUTLETS: usize = domain::ids::MAX_OUTLETS as usize;
const MAX_VARIABLES: usize = 20;
/// OCPP allows names of 50 characters.
const MAX_VARIABLE_NAME: usize = 50;

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
        (status = 409, description = "`station-id-taken`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn create_controller(
    caller: Caller,
    context: web::Data<Context>,
    body: Json<NewController>,
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    check(&asked)?;
    let tenant = caller.tenant_id();
    let made = context.transact(move |tx| create(tx, &tenant, &asked)).await?;
    let location = format!("/v1/controllers/{}", made.controller.id);
    let mut response = HttpResponse::Created();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.json(made))
}

fn check(asked: &NewController) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, 100);
    if let Some(station_id) = &asked.station_id {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=MAX_STATION_ID).contains(&station_id.len()) || !station_id.chars().all(plain) {
            faults.add("/station_id", "expected at most 48 of letters, digits, - _ .");
        }
    }
    if asked
        .security_profile
        .is_some_and(|profile| !SECURITY_PROFILES.contains(&profile))
    {
        faults.add("/security_profile", "expected 2 or 3");
    }
    if !(1..=MAX_OUTLETS).contains(&asked.outlets.len()) {
        faults.add("/outlets", "expected 1 to 8");
    }
    for (index, outlet) in asked.outlets.iter().enumerate() {
        let at = |field: &str| format!("/outlets/{index}/{field}");
        faults.check_text(&at("name"), &outlet.name, 100);
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
    tagged(&request, &found?.ok_or(Refusal::NotFound("controller"))?)
}

/// Read variables of a controller
///
/// What the controller answers is in the command's `detail`: a JSON array of `VariableRead`.
#[utoipa::path(post, path = "/v1/controllers/{id}/variable-requests", tag = "controllers",
    params(("id" = String, Path)), request_body = VariableRequest, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn request_variables(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    (id, body): (web::Path<String>, Json<VariableRequest>),
) -> Result<HttpResponse, ApiError> {
    check_variables(&body.value)?;
    let (once, tenant) = (key.once(&caller, &request, &body.canonical), caller.tenant_id());
    let asked = body.value;
    accept(&request, &context, once, move |tx| {
        command_controller(tx, (&tenant, &id), CommandKind::GetVariables, &json!(asked))
    })
    .await
}

fn check_variables(asked: &VariableRequest) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if !(1..=MAX_VARIABLES).contains(&asked.variables.len()) {
        faults.add("/variables", "expected 1 to 20");
    }
    for (index, wanted) in asked.variables.iter().enumerate() {
        let at = |field: &str| format!("/variables/{index}/{field}");
        faults.check_text(&at("component"), &wanted.component, MAX_VARIABLE_NAME);
        faults.check_text(&at("variable"), &wanted.variable, MAX_VARIABLE_NAME);
        let number = wanted.outlet_number.map(usize::try_from);
        if number.is_some_and(|number| !number.is_ok_and(|number| (1..=MAX_OUTLETS).contains(&number))) {
            faults.add(&at("outlet_number"), "expected 1 to 8");
        }
    }
    faults.into_result()
}
