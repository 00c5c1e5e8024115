//! What whoever has scanned a label wants to know: which outlet that is, where, at what price, and whether this driver may use it.

use api_spec::rest::{DriverAnswer, ScannedOutlet, ScannedSite};
use foundation::Conn;

use super::{list_outlets, public_code, resources};
use crate::error::Refusal;
use crate::store::outlets::Outlet;
use crate::store::{outlets, sites};

/// A code that nobody has, that is another tenant's or that an outlet once had: all three are one query that finds nothing.
pub(crate) fn scan_outlet(
    conn: &mut Conn,
    tenant_id: &str,
    code: &str,
    driver_id: Option<&str>,
) -> Result<ScannedOutlet, Refusal> {
    let code = public_code::read(code).ok_or(Refusal::NotFound("outlet"))?;
    let known = outlets::find_known_by_code_of(conn, tenant_id, &code)?;
    let known = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(conn, tenant_id, &known.0.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let driver = match driver_id {
        Some(driver_id) => Some(answer(conn, &known.0, driver_id)?),
        None => None,
    };
    Ok(ScannedOutlet {
        driver,
        energy_yen_per_kwh: site.energy_yen_per_kwh,
        site: ScannedSite {
            postal_address: resources::postal_address(&site)?,
            name: site.name,
            address: site.address,
            time_zone: site.zone,
        },
        outlet: list_outlets::with_session(conn, known)?,
    })
}

fn answer(conn: &mut Conn, outlet: &Outlet, driver_id: &str) -> Result<DriverAnswer, Refusal> {
    let reason = objection(conn, outlet, driver_id)?;
    Ok(DriverAnswer {
        driver_id: driver_id.to_owned(),
        may_start: reason.is_none(),
        reason,
    })
}

/// Why this driver may not start here, whatever the outlet is doing; `None`: he may.
fn objection(_conn: &mut Conn, _outlet: &Outlet, _driver_id: &str) -> Result<Option<String>, Refusal> {
    Ok(None)
}
