//! What the receipt of a session tells.

use foundation::{Conn, Language};

use super::labels::today;
use super::local_days::zone;
use super::pricing::cost;
use super::tariffs::at_prices;
use crate::error::Refusal;
use crate::papers::moments::moment;
use crate::papers::receipt::Receipt;
use crate::store::sessions::{self, Session};
use crate::store::{outlets, parse, sites, tenants};

pub(crate) fn receipt(
    conn: &mut Conn,
    (tenant_id, session_id): (&str, &str),
    language: Language,
    now_us: i64,
) -> Result<Receipt, Refusal> {
    let found = sessions::find_owned(conn, tenant_id, session_id)?;
    let (session, _) = found.ok_or(Refusal::NotFound("session"))?;
    let (Some(began), Some(ended)) = (session.energized_at, session.ended_at) else {
        return Err(Refusal::SessionRunning);
    };
    let outlet = outlets::find(conn, session.outlet_key)?;
    let outlet = outlet.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(conn, tenant_id, &outlet.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let tenant = tenants::find(conn, tenant_id)?;
    let zone = zone(&site.zone);
    Ok(Receipt {
        language,
        issuer: tenant.as_ref().map(|tenant| tenant.name.clone()),
        contact: tenant.and_then(|tenant| tenant.contact),
        issued: today(&site, now_us),
        site: site.name,
        address: site.address,
        outlet: outlet.name,
        unit: session.unit.clone(),
        started: moment(began, &zone, language),
        ended: moment(ended, &zone, language),
        ended_reason: session.ended_reason.as_deref().map(parse).transpose()?,
        start_register_wh: session.start_register_wh,
        stop_register_wh: session.stop_register_wh,
        energy_wh: session.energy_wh,
        verified: outlet.meter_class.as_deref() == Some("verified"),
        energy: energy(&session)?,
        cost: cost(&session)?,
        session_id: session.id,
    })
}

/// What it took at which price.
pub(super) fn energy(session: &Session) -> Result<Vec<api_spec::rest::EnergyAtPrice>, Refusal> {
    let Some(pricing) = session.pricing()? else {
        return Ok(Vec::new());
    };
    Ok(at_prices(&pricing.terms, &session.progress()?.metered))
}
