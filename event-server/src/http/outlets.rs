//! `/v1/outlets` and `/v1/outlet-codes`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{
    CommandAccepted, CommandKind, Outlet, OutletChange, OutletCode, Page, ScannedOutlet, Time,
};
use serde_json::json;

use super::access::Caller;
use super::answers::{editable, tagged};
use super::asking::Asking;
use super::idempotency::{IdempotencyKey, made};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::server::PublicUrl;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::change_outlet::change_outlet;
use crate::operations::list_outlets::{with_session, with_sessions};
use crate::operations::rotate_code::rotate_code as rotate;
use crate::operations::scan_outlet::scan_outlet;
use crate::store::outlets;

const RATED_MA: std::ops::RangeInclusive<i64> = 1_000..=250_000;
const RATED_MV: std::ops::RangeInclusive<i64> = 50_000..=500_000;
const MAX_UNIT: usize = 50;
const MAX_REASON: usize = 200;
const MAX_HINT: usize = 200;

/// Which outlets.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OutletQuery {
    /// Of this site alone.
    site_id: Option<String>,
    /// Of this dwelling alone.
    unit: Option<String>,
    /// Changed later than this; what they are doing is no change.
    updated_after: Option<Time>,
    /// With a meter whose class ends before this day, or has ended.
    #[param(example = "2027-03-01")]
    meter_expires_before: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Who has scanned it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ScanQuery {
    /// Say too whether this driver may use the outlet.
    driver_id: Option<String>,
}

/// List the outlets and what they are doing
#[utoipa::path(get, path = "/v1/outlets", tag = "outlets", params(OutletQuery),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "One page of outlets", body = Page<Outlet>)))]
pub(super) async fn list_outlets(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<OutletQuery>,
) -> Result<HttpResponse, ApiError> {
    let (query, tenant) = (query.0, caller.tenant_id());
    let limit = paging::limit(query.limit)?;
    let filter = outlets::Filter {
        site_id: query.site_id,
        unit: query.unit,
        updated_after: query.updated_after.map(|time| time.0),
        meter_expires_before: query.meter_expires_before.as_deref().map(a_day).transpose()?,
        after: paging::after(query.cursor.as_deref())?,
    };
    let read = context.db.read(move |conn| {
        let known = outlets::list_known(conn, &tenant, &filter, limit + 1)?;
        with_sessions(conn, known)
    });
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, |outlet| outlet.id.clone())))
}

/// As it is kept, and so compared.
fn a_day(text: &str) -> Result<String, ApiError> {
    let day = super::usage::day("meter_expires_before", text)?;
    Ok(crate::operations::local_days::date(day).to_string())
}

/// Show an outlet and what it is doing
#[utoipa::path(get, path = "/v1/outlets/{id}", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The outlet", body = Outlet)))]
pub(super) async fn get_outlet(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let known = outlets::find_known(conn, &tenant, &id)?;
        let known = known.ok_or(Refusal::NotFound("outlet"))?;
        Ok::<_, Refusal>(with_session(conn, known)?)
    });
    editable(&request, &read.await?)
}

/// Find an outlet by what its label says
#[utoipa::path(get, path = "/v1/outlet-codes/{code}", tag = "outlets", params(("code" = String, Path), ScanQuery),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The outlet, its site and its price", body = ScannedOutlet),
        (status = 429, description = "Too many codes; see `Retry-After` and `RateLimit`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn get_outlet_by_code(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    code: web::Path<String>,
    query: Query<ScanQuery>,
) -> Result<HttpResponse, ApiError> {
    let (tenant, driver_id, now_us) = (caller.tenant_id(), query.0.driver_id, context.clock.now_us());
    let read = context
        .db
        .read(move |conn| scan_outlet(conn, &tenant, (&code, driver_id.as_deref()), now_us));
    tagged(&request, &read.await?)
}

/// Give an outlet a new code
///
/// For a label that was copied or torn off. The old code is answered from now on like any that nobody has; print the new label
/// with `GET /v1/outlets/{id}/label.svg`. `outlet.code_rotated` tells it.
#[utoipa::path(post, path = "/v1/outlets/{id}/code-rotations", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:write"])),
    responses((status = 201, description = "The new code", body = OutletCode)))]
pub(super) async fn rotate_code(
    request: HttpRequest,
    caller: Caller,
    (context, public_url): (web::Data<Context>, web::Data<PublicUrl>),
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, "");
    let named = (caller.tenant_id(), id.into_inner());
    made(&context, once, move |tx| rotate(tx, &named, &public_url.0)).await
}

/// Change an outlet
#[utoipa::path(patch, path = "/v1/outlets/{id}", tag = "outlets", params(("id" = String, Path)),
    request_body = OutletChange, security(("oauth2" = ["outlets:write"])),
    responses((status = 200, description = "The outlet", body = Outlet)))]
pub(super) async fn update_outlet(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<OutletChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    check_change(&change)?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| change_outlet(tx, &named, &expected, &change));
    editable(&request, &changed.await?)
}

fn check_change(change: &OutletChange) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        faults.check_text("/name", name, 100);
    }
    if let Some(Some(hint)) = &change.place_hint {
        faults.check_text("/place_hint", hint, MAX_HINT);
    }
    faults.check_positive("/rise_threshold_ma", change.rise_threshold_ma.flatten());
    faults.check_positive("/max_power_w", change.max_power_w);
    if change
        .rated_ma
        .is_some_and(|rated_ma| !RATED_MA.contains(&rated_ma))
    {
        faults.add("/rated_ma", "expected 1 A to 250 A");
    }
    let equipment = Equipment {
        unit: change.unit.as_ref().and_then(Option::as_deref),
        rated_mv: change.rated_mv,
        meter_valid_until: change.meter_valid_until.as_ref().and_then(Option::as_deref),
    };
    check_equipment(&mut faults, |field| format!("/{field}"), &equipment);
    match (change.enabled, &change.disabled_reason) {
        (Some(false), Some(reason)) => faults.check_text("/disabled_reason", reason, MAX_REASON),
        (Some(false), None) => faults.add("/disabled_reason", "say why it is disabled"),
        (_, Some(_)) => faults.add("/disabled_reason", "goes with \"enabled\": false alone"),
        (_, None) => {}
    }
    faults.into_result()
}

/// What a new outlet and a changed one can say alike.
pub(super) struct Equipment<'a> {
    pub(super) unit: Option<&'a str>,
    pub(super) rated_mv: Option<i64>,
    pub(super) meter_valid_until: Option<&'a str>,
}

pub(super) fn check_equipment(faults: &mut Faults, at: impl Fn(&str) -> String, equipment: &Equipment<'_>) {
    if let Some(unit) = equipment.unit {
        faults.check_text(&at("unit"), unit, MAX_UNIT);
    }
    if equipment
        .rated_mv
        .is_some_and(|rated_mv| !RATED_MV.contains(&rated_mv))
    {
        faults.add(&at("rated_mv"), "expected 50 V to 500 V");
    }
    let day = equipment.meter_valid_until;
    if day.is_some_and(|day| day.len() != 10 || day.parse::<jiff::civil::Date>().is_err()) {
        faults.add(&at("meter_valid_until"), "expected a day, such as 2033-03-31");
    }
}

/// Ask for an outlet's status now
#[utoipa::path(post, path = "/v1/outlets/{id}/status-requests", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 202, description = "The command; `outlet.status` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn request_status(asking: Asking) -> Result<HttpResponse, ApiError> {
    asking.outlet(CommandKind::StatusRequest, "", json!({})).await
}

/// Let an outlet be used again after a fault was looked at
#[utoipa::path(post, path = "/v1/outlets/{id}/fault-clearings", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:write"])),
    responses((status = 202, description = "The command", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn clear_fault(asking: Asking) -> Result<HttpResponse, ApiError> {
    asking.outlet(CommandKind::ClearFault, "", json!({})).await
}
