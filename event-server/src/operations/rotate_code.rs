//! Gives an outlet a new code: its old label leads nowhere from then on.

use api_spec::rest::{OutletCode, Time};
use api_spec::webhook::{EventType, OutletCodeRotated};

use super::events::LoadedOutlet;
use super::expected::edited_at;
use super::public_code;
use super::tell_outlet::tell;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets;

pub(crate) fn rotate_code(
    tx: &mut Tx<'_>,
    named: &(String, String),
    public_url: &str,
) -> Result<OutletCode, Refusal> {
    give(tx, named, public_url, public_code::new())
}

/// Gives an outlet that code, and tells it.
pub(super) fn give(
    tx: &mut Tx<'_>,
    (tenant_id, outlet_id): &(String, String),
    public_url: &str,
    code: String,
) -> Result<OutletCode, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let (mut outlet, _, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let before = outlet.updated_at;
    outlet.public_code = code;
    outlet.coded_at = Some(tx.now_us);
    outlet.updated_at = edited_at(before, tx.now_us);
    if !outlets::update(tx.conn, &outlet, before)? {
        return Err(Refusal::Changed);
    }
    let mut loaded = LoadedOutlet::load(tx, outlet.key)?;
    let data = OutletCodeRotated {
        public_code: outlet.public_code.clone(),
    };
    let at_us = tx.now_us;
    tell(
        tx,
        &outlet,
        &mut loaded,
        EventType::OutletCodeRotated,
        (at_us, &data),
    )?;
    loaded.save(tx)?;
    Ok(OutletCode {
        url: url(public_url, &outlet.public_code),
        shown: public_code::shown(&outlet.public_code),
        outlet_id: outlet.id,
        public_code: outlet.public_code,
        public_code_since: Time(at_us),
    })
}

/// What a label's QR code says.
pub(crate) fn url(public_url: &str, code: &str) -> String {
    format!("{public_url}/o/{code}")
}
