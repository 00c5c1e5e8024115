//! What whoever has scanned a label wants to know: which outlet that is, where, at what price, and whether this driver may use it.

use api_spec::rest::{DriverAnswer, ScannedOutlet, ScannedSite};
use foundation::Conn;

use super::admit_driver::admit_driver;
use super::pricing::pricing_for;
use super::{list_outlets, public_code, resources};
use crate::error::Refusal;
use crate::store::outlets::Outlet;
use crate::store::sites::Site;
use crate::store::{outlets, sites};

/// A code that nobody has, that is another tenant's or that an outlet once had: all three are one query that finds nothing.
pub(crate) fn scan_outlet(
    conn: &mut Conn,
    tenant_id: &str,
    (code, driver_id): (&str, Option<&str>),
    now_us: i64,
) -> Result<ScannedOutlet, Refusal> {
    let code = public_code::read(code).ok_or(Refusal::NotFound("outlet"))?;
    let known = outlets::find_known_by_code_of(conn, tenant_id, &code)?;
    let known = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(conn, tenant_id, &known.0.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let driver = match driver_id {
        Some(driver_id) => Some(answer(conn, (&site, &known.0), driver_id, now_us)?),
        None => None,
    };
    let pricing = pricing_for(conn, &known.0, &site, now_us)?;
    Ok(ScannedOutlet {
        driver,
        terms: pricing.map(|pricing| pricing.terms),
        site: ScannedSite {
            postal_address: resources::postal_address(&site)?,
            name: site.name,
            address: site.address,
            time_zone: site.zone,
        },
        outlet: list_outlets::with_session(conn, known)?,
    })
}

fn answer(
    conn: &mut Conn,
    (site, outlet): (&Site, &Outlet),
    driver_id: &str,
    now_us: i64,
) -> Result<DriverAnswer, Refusal> {
    let reason = objection(conn, (site, outlet), driver_id, now_us)?;
    Ok(DriverAnswer {
        driver_id: driver_id.to_owned(),
        may_start: reason.is_none(),
        reason,
    })
}

/// Why this driver may not start here, whatever the outlet is doing; `None`: he may.
fn objection(
    conn: &mut Conn,
    place: (&Site, &Outlet),
    driver_id: &str,
    now_us: i64,
) -> Result<Option<String>, Refusal> {
    match admit_driver(conn, place, driver_id, now_us) {
        Ok(_) => Ok(None),
        Err(Refusal::DriverBlocked) => Ok(Some("the driver is blocked".to_owned())),
        Err(Refusal::DriverNotAllowed(reason)) => Ok(Some(reason.to_owned())),
        Err(other) => Err(other),
    }
}
