//! Makes a controller with its outlets; its password is shown once and kept hashed.

use std::collections::BTreeSet;

use api_spec::rest::{ControllerCreated, NewController, NewOutlet};
use domain::ids::OutletNumber;
use foundation::secrets::{SecretHash, station_password};

use super::circuits::{main_of, new_circuit};
use super::{list_controllers, list_outlets, public_code};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::circuits::{self, Circuit};
use crate::store::controllers::{self, Controller};
use crate::store::{name, outlets, sites};

/// OCPP security profile 2: Basic authentication over TLS.
const PASSWORD_PROFILE: i32 = 2;
const DEFAULT_RATED_MA: i64 = 15_000;
const DEFAULT_RATED_MV: i64 = 200_000;

/// A tenant has `outlets_most` outlets, and no more.
pub(crate) fn create_controller(
    tx: &mut Tx<'_>,
    (tenant_id, outlets_most): (&str, u32),
    asked: &NewController,
) -> Result<ControllerCreated, Refusal> {
    if sites::find(tx.conn, tenant_id, &asked.site_id)?.is_none() {
        return Err(Refusal::invalid("/site_id", "there is no such site"));
    }
    let outlets = outlets::count(tx.conn, tenant_id)?.saturating_add(asked.outlets.len());
    if usize::try_from(outlets_most).is_ok_and(|most| outlets > most) {
        return Err(Refusal::TooManyOutlets(outlets_most));
    }
    let station_id = asked
        .station_id
        .clone()
        .unwrap_or_else(|| foundation::ids::id("st"));
    if controllers::find_by_station(tx.conn, &station_id)?.is_some() {
        return Err(Refusal::StationIdTaken);
    }
    let password = station_password();
    let controller = new_controller(tx, (tenant_id, station_id), asked, &password);
    controllers::insert(tx.conn, &controller)?;
    let mut taken = BTreeSet::new();
    let mut known = Vec::with_capacity(asked.outlets.len());
    let main_id = main_of(tx.conn, &asked.site_id)?;
    for (index, outlet) in asked.outlets.iter().enumerate() {
        let new = new_outlet(&controller, outlet, index, &mut taken)?;
        let circuit = Circuit {
            parent_id: main_id.clone(),
            controller_id: Some(controller.id.clone()),
            limit_ma: Some(new.rated_ma),
            ..new_circuit(tx, (tenant_id, &asked.site_id), &new.name)
        };
        circuits::insert(tx.conn, &circuit)?;
        let new = outlets::NewOutlet {
            circuit_id: Some(circuit.id),
            ..new
        };
        outlets::insert(tx.conn, &new)?;
        known.extend(outlets::find_known(tx.conn, tenant_id, &new.id)?);
    }
    let made = list_controllers::shown(tx.conn, controller)?;
    tx.audit.made("controllers", &made.id, &made, &[]);
    Ok(ControllerCreated {
        outlets: list_outlets::with_sessions(tx.conn, known)?,
        controller: made,
        password,
    })
}

/// One that has never connected.
fn new_controller(
    tx: &Tx<'_>,
    (tenant_id, station_id): (&str, String),
    asked: &NewController,
    password: &str,
) -> Controller {
    Controller {
        id: foundation::ids::id("ctl"),
        tenant_id: tenant_id.to_owned(),
        site_id: asked.site_id.clone(),
        station_id,
        name: asked.name.clone(),
        password_hash: SecretHash::of(password).to_text(),
        ocpp_version: None,
        vendor: None,
        model: None,
        firmware: None,
        online: false,
        online_changed_at: None,
        booted_at: None,
        created_at: tx.now_us,
        updated_at: tx.now_us,
        security_profile: asked.security_profile.unwrap_or(PASSWORD_PROFILE),
        certificate_ends_at: None,
        clock_ahead_ms: None,
    }
}

fn new_outlet(
    controller: &Controller,
    asked: &NewOutlet,
    index: usize,
    taken: &mut BTreeSet<i32>,
) -> Result<outlets::NewOutlet, Refusal> {
    let at = |field: &str| format!("/outlets/{index}/{field}");
    let number = asked
        .number
        .unwrap_or_else(|| taken.last().map_or(1, |last| last + 1));
    let in_panel = u8::try_from(number).ok().and_then(OutletNumber::new).is_some();
    if !in_panel || !taken.insert(number) {
        return Err(Refusal::invalid(&at("number"), "expected 1 to 8, each once"));
    }
    let rated_ma = match (asked.rated_a, asked.rated_ma) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid(
                &at("rated_a"),
                "give rated_a or rated_ma, not both",
            ));
        }
        (Some(rated_a), None) => rated_a.saturating_mul(1000),
        (None, rated_ma) => rated_ma.unwrap_or(DEFAULT_RATED_MA),
    };
    if !(1_000..=250_000).contains(&rated_ma) {
        return Err(Refusal::invalid(&at("rated_ma"), "expected 1 A to 250 A"));
    }
    // A fifth more than rated: a breaker carries that for long.
    let rated_mv = asked.rated_mv.unwrap_or(DEFAULT_RATED_MV);
    let carried_w = rated_ma * rated_mv / 1_000_000 * 12 / 10;
    Ok(outlets::NewOutlet {
        id: foundation::ids::id("out"),
        tenant_id: controller.tenant_id.clone(),
        site_id: controller.site_id.clone(),
        controller_id: controller.id.clone(),
        number,
        name: asked.name.clone(),
        public_code: public_code::new(),
        rated_ma,
        max_power_w: asked.max_power_w.unwrap_or(carried_w),
        rise_threshold_ma: asked.rise_threshold_ma,
        circuit_id: None,
        rated_mv,
        meter_class: asked.meter_class.map(name),
        meter_valid_until: asked.meter_valid_until.clone(),
        unit: asked.unit.clone(),
        created_at: controller.created_at,
        updated_at: controller.created_at,
    })
}
