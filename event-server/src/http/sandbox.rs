//! `/v1/sandbox`: simulated panels, where the configuration allows them.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use api_spec::rest::{
    NewController, NewOutlet, NewSimulatedPanel, OutletHappening, PanelHappening, SimulatedPanelCreated,
};

use super::access::Caller;
use super::json::{Faults, Json};
use super::problems::{ApiError, Kind, nothing_here};
use super::shared::Shared;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::create_controller::create_controller;
use crate::sandbox::{Sandbox, Simulated, Slot};
use crate::store::{controllers, outlets};

const MAX_OUTLETS: u8 = 8;
const MAX_SPEED: u32 = 600;
/// What the simulated car draws is 15 A.
const RATED_A: i64 = 20;
const MAX_POWER_W: i64 = 6_000;

/// Make a simulated panel
///
/// With its controller, which connects at once. It lives until the server stops.
#[utoipa::path(post, path = "/v1/sandbox/panels", tag = "sandbox", request_body = NewSimulatedPanel,
    security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The panel's controller and its outlets", body = SimulatedPanelCreated),
        (status = 404, description = "There is no sandbox here", body = api_spec::problem::Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`too-many-panels`, or `too-many-outlets`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn create_simulated_panel(
    caller: Caller,
    (context, shared): (web::Data<Context>, web::Data<Shared>),
    slot: web::Data<Slot>,
    body: Json<NewSimulatedPanel>,
) -> Result<HttpResponse, ApiError> {
    let sandbox = sandbox(&slot)?;
    let asked = body.value;
    let speed = asked.speed.unwrap_or(1);
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, 100);
    if !(1..=MAX_OUTLETS).contains(&asked.outlets) {
        faults.add("/outlets", "expected 1 to 8");
    }
    if !(1..=MAX_SPEED).contains(&speed) {
        faults.add("/speed", "expected 1 to 600");
    }
    faults.into_result()?;
    let (tenant, new) = (caller.tenant_id(), controller(&asked, speed));
    let share = shared.panels.take(&tenant).ok_or_else(|| {
        let most = shared.panels.most();
        let detail = format!("a tenant has at most {most} simulated panels here");
        ApiError::new(Kind::TooManyPanels, detail)
    })?;
    let most = shared.outlets_most;
    let made = context
        .transact(move |tx| create_controller(tx, (&tenant, most), &new))
        .await?;
    let simulated = Simulated {
        controller_id: made.controller.id.clone(),
        station_id: made.controller.station_id.clone(),
        password: made.password,
        outlets: asked.outlets,
        speed,
    };
    done(sandbox.make_panel(simulated).await)?;
    share.keep();
    let location = format!("/v1/controllers/{}", made.controller.id);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(SimulatedPanelCreated {
            controller: made.controller,
            outlets: made.outlets,
        }))
}

/// Let something happen at a simulated outlet
#[utoipa::path(post, path = "/v1/sandbox/outlets/{id}/happenings", tag = "sandbox", params(("id" = String, Path)),
    request_body = OutletHappening, security(("oauth2" = ["outlets:write"])),
    responses((status = 204, description = "It has happened")))]
pub(super) async fn happen_at_outlet(
    caller: Caller,
    context: web::Data<Context>,
    slot: web::Data<Slot>,
    id: web::Path<String>,
    body: Json<OutletHappening>,
) -> Result<HttpResponse, ApiError> {
    let sandbox = sandbox(&slot)?;
    if let OutletHappening::PlugIn { need_wh: Some(..1) } = body.value {
        return Err(Refusal::invalid("/need_wh", "must be 1 or more").into());
    }
    let tenant = caller.tenant_id();
    // Written down as any other change, though it leaves no other row.
    let find = context.transact(move |tx| {
        let found = outlets::find_known(tx.conn, &tenant, &id)?;
        found.ok_or(Refusal::NotFound("outlet"))
    });
    let (outlet, _, _) = find.await?;
    let number = u8::try_from(outlet.number).unwrap_or_default();
    done(sandbox.at_outlet(&outlet.controller_id, number, body.value).await)
}

/// Let something happen to a simulated panel
#[utoipa::path(post, path = "/v1/sandbox/panels/{id}/happenings", tag = "sandbox",
    params(("id" = String, Path, description = "Of its controller")), request_body = PanelHappening,
    security(("oauth2" = ["outlets:write"])),
    responses((status = 204, description = "It has happened")))]
pub(super) async fn happen_at_panel(
    caller: Caller,
    context: web::Data<Context>,
    slot: web::Data<Slot>,
    id: web::Path<String>,
    body: Json<PanelHappening>,
) -> Result<HttpResponse, ApiError> {
    let sandbox = sandbox(&slot)?;
    let tenant = caller.tenant_id();
    let find = context.transact(move |tx| {
        let found = controllers::find(tx.conn, &id)?;
        let owned = found.filter(|controller| controller.tenant_id == tenant);
        owned.ok_or(Refusal::NotFound("controller"))
    });
    let controller = find.await?;
    done(sandbox.at_panel(&controller.id, body.value).await)
}

fn sandbox(slot: &Slot) -> Result<&Arc<dyn Sandbox>, ApiError> {
    slot.0.as_ref().ok_or_else(nothing_here)
}

fn done(outcome: Result<bool, String>) -> Result<HttpResponse, ApiError> {
    match outcome {
        Ok(true) => Ok(HttpResponse::NoContent().finish()),
        Ok(false) => Err(ApiError::new(Kind::NotFound, "there is no such simulated panel")),
        Err(why) => Err(ApiError::unavailable(&why)),
    }
}

fn controller(asked: &NewSimulatedPanel, speed: u32) -> NewController {
    let outlets = (1..=i32::from(asked.outlets)).map(|number| NewOutlet {
        number: Some(number),
        name: format!("S-{number}"),
        rated_a: Some(RATED_A),
        rated_ma: None,
        rise_threshold_ma: Some(14_000),
        rated_mv: None,
        meter_class: None,
        meter_valid_until: None,
        unit: None,
        max_power_w: Some(MAX_POWER_W * i64::from(speed)),
    });
    NewController {
        site_id: asked.site_id.clone(),
        name: asked.name.clone(),
        station_id: Some(foundation::ids::id("sim")),
        security_profile: None,
        outlets: outlets.collect(),
    }
}
