//! Somebody says that something is wrong at an outlet: kept in their words, and an alarm for whoever looks after it.

use api_spec::rest::AlarmKind;
use serde::{Deserialize, Serialize};

use super::alarms::open_at_outlet;
use super::events::LoadedOutlet;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::fault_reports::{self, NewReport};
use crate::store::{name, outlets};

/// Of one person.
const MAX_PER_DAY: i64 = 5;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    NoPower,
    Damaged,
    /// Something stands before it, or another cable is in it.
    Blocked,
    /// Its label is gone, or leads elsewhere.
    Label,
    Other,
}

/// What somebody says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) outlet_id: String,
    pub(crate) person_id: String,
    pub(crate) kind: FaultKind,
    pub(crate) text: String,
}

/// `false`: they have said too much today.
pub(crate) fn report_fault(tx: &mut Tx<'_>, tenant_id: &str, said: Said) -> Result<bool, Refusal> {
    let since = tx.now_us.saturating_sub(DAY_US);
    if fault_reports::count_of_person(tx.conn, &said.person_id, since)? >= MAX_PER_DAY {
        return Ok(false);
    }
    let known = outlets::find_known(tx.conn, tenant_id, &said.outlet_id)?;
    let (outlet, _, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let kind = name(said.kind);
    let report = NewReport {
        tenant_id: tenant_id.to_owned(),
        outlet_key: outlet.key,
        person_id: said.person_id,
        kind: kind.clone(),
        text: said.text,
        reported_at: tx.now_us,
    };
    fault_reports::insert(tx.conn, &report)?;
    let mut loaded = LoadedOutlet::load(tx, outlet.key)?;
    let now_us = tx.now_us;
    open_at_outlet(tx, &mut loaded, (AlarmKind::OutletReported, &kind), now_us)?;
    loaded.save(tx)?;
    Ok(true)
}
