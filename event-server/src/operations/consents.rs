//! What drivers have agreed to.

use api_spec::rest::{self, NewConsent, Time};
use foundation::Conn;

use crate::context::Tx;
use crate::error::Refusal;
use crate::store::consents::{self, Consent};
use crate::store::{drivers, sites};

/// A driver of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct OfDriver {
    pub(crate) tenant_id: String,
    pub(crate) driver_id: String,
}

pub(crate) fn create(tx: &mut Tx<'_>, of: &OfDriver, asked: NewConsent) -> Result<rest::Consent, Refusal> {
    let site = sites::find(tx.conn, &of.tenant_id, &asked.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let consented_at = asked.consented_at.map_or(tx.now_us, |time| time.0);
    if consented_at > tx.now_us {
        return Err(Refusal::invalid("/consented_at", "must not lie in the future"));
    }
    let row = Consent {
        id: foundation::ids::id("con"),
        tenant_id: of.tenant_id.clone(),
        driver_id: of.driver_id.clone(),
        site_id: site.id,
        text_version: asked.text_version,
        consented_at,
        created_at: tx.now_us,
    };
    consents::insert(tx.conn, &row)?;
    let made = resource(row);
    let list = format!("drivers/{}/consents", of.driver_id);
    tx.audit.made(&list, &made.id, &made, &[]);
    Ok(made)
}

/// What a driver has agreed to after `after`, the oldest first. One that nothing is known of is not found.
pub(crate) fn list(
    conn: &mut Conn,
    of: &OfDriver,
    (after, limit): (&str, i64),
) -> Result<Vec<rest::Consent>, Refusal> {
    let rows = consents::list(conn, (&of.tenant_id, &of.driver_id), after, limit)?;
    if rows.is_empty() && after.is_empty() && drivers::find(conn, &of.tenant_id, &of.driver_id)?.is_none() {
        return Err(Refusal::NotFound("driver"));
    }
    Ok(rows.into_iter().map(resource).collect())
}

fn resource(row: Consent) -> rest::Consent {
    rest::Consent {
        id: row.id,
        driver_id: row.driver_id,
        site_id: row.site_id,
        text_version: row.text_version,
        consented_at: Time(row.consented_at),
        created_at: Time(row.created_at),
    }
}
