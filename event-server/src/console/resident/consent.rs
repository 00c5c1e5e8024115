//! Where energy is billed by kWh (特定計量), a resident agrees to that once per building and text.

use api_spec::rest::{MeterClass, NewConsent};

use super::super::place::Place;
use super::super::viewer::Viewer;
use super::super::visit::{NoPage, Visit};
use crate::context::Tx;
use crate::error::Refusal;
use crate::operations::consents::{OfDriver, create};
use crate::store::consents;

/// Another one with every change of what the page says.
const TEXT_VERSION: &str = "kwh-2026-11";

/// Whether the outlet is billed by a verified meter's kWh, and the viewer has not agreed to that yet.
pub(super) async fn is_needed(visit: &Visit, viewer: &Viewer, place: &Place) -> Result<bool, NoPage> {
    if place.pricing.is_none() || place.outlet.meter_class != Some(MeterClass::Verified) {
        return Ok(false);
    }
    let (of, site_id) = (
        (viewer.tenant_id.clone(), viewer.person_id.clone()),
        place.site.id.clone(),
    );
    let read = visit
        .context
        .db
        .read(move |conn| consents::has_agreed(conn, (&of.0, &of.1), &site_id, TEXT_VERSION));
    Ok(!read.await?)
}

pub(super) fn given(place: &Place) -> NewConsent {
    NewConsent {
        site_id: place.site.id.clone(),
        text_version: TEXT_VERSION.to_owned(),
        consented_at: None,
    }
}

pub(super) fn keep(
    tx: &mut Tx<'_>,
    (tenant_id, driver_id): (&str, &str),
    consent: NewConsent,
) -> Result<(), Refusal> {
    let of = OfDriver {
        tenant_id: tenant_id.to_owned(),
        driver_id: driver_id.to_owned(),
    };
    create(tx, &of, consent).map(|_| ())
}
