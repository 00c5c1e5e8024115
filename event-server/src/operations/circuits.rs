//! Makes, changes and deletes circuits; a site's circuits stay one tree.

use std::collections::HashMap;

use api_spec::rest::{self, CircuitChange, NewCircuit, Time};
use foundation::{Conn, DbError};

use super::expected::{Expected, edited_at};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::circuits::{self, Circuit};
use crate::store::{controllers, outlets, sites};

/// From the main circuit to an outlet.
const MAX_DEPTH: usize = 8;

pub(crate) fn create_circuit(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewCircuit,
) -> Result<rest::Circuit, Refusal> {
    if sites::find(tx.conn, tenant_id, &asked.site_id)?.is_none() {
        return Err(Refusal::invalid("/site_id", "there is no such site"));
    }
    if let Some(id) = &asked.controller_id {
        let controller = controllers::find(tx.conn, id)?;
        if controller.is_none_or(|found| found.site_id != asked.site_id) {
            return Err(Refusal::invalid(
                "/controller_id",
                "there is no such controller at the site",
            ));
        }
    }
    let parent_id = match &asked.parent_id {
        Some(id) => Some(id.clone()),
        None => main_of(tx.conn, &asked.site_id)?,
    };
    let circuit = Circuit {
        parent_id,
        controller_id: asked.controller_id.clone(),
        limit_ma: asked.limit_ma,
        ..new_circuit(tx, (tenant_id, &asked.site_id), &asked.name)
    };
    check_parent(tx.conn, &circuit)?;
    circuits::insert(tx.conn, &circuit)?;
    let made = shown(tx.conn, circuit)?;
    tx.audit.made("circuits", &made.id, &made, &[]);
    Ok(made)
}

/// A circuit of nothing yet.
pub(crate) fn new_circuit(tx: &Tx<'_>, (tenant_id, site_id): (&str, &str), name: &str) -> Circuit {
    Circuit {
        id: foundation::ids::id("cir"),
        tenant_id: tenant_id.to_owned(),
        site_id: site_id.to_owned(),
        parent_id: None,
        controller_id: None,
        name: name.to_owned(),
        limit_ma: None,
        created_at: tx.now_us,
        updated_at: tx.now_us,
    }
}

/// The id of a site's main circuit.
pub(crate) fn main_of(conn: &mut Conn, site_id: &str) -> Result<Option<String>, DbError> {
    let mains = circuits::list_mains(conn, &[site_id.to_owned()])?;
    Ok(mains.into_iter().next().map(|main| main.id))
}

pub(crate) fn change_circuit(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    change: CircuitChange,
) -> Result<rest::Circuit, Refusal> {
    let found = circuits::find(tx.conn, tenant_id, id)?;
    let mut circuit = found.ok_or(Refusal::NotFound("circuit"))?;
    expected.check(circuit.updated_at)?;
    let before = circuit.updated_at;
    let was = shown(tx.conn, circuit.clone())?;
    circuit.name = change.name.unwrap_or(circuit.name);
    circuit.limit_ma = change.limit_ma.unwrap_or(circuit.limit_ma);
    if let Some(parent_id) = change.parent_id {
        if circuit.parent_id.is_none() {
            return Err(Refusal::invalid("/parent_id", "nothing feeds the main circuit"));
        }
        circuit.parent_id = Some(parent_id);
        check_parent(tx.conn, &circuit)?;
    }
    circuit.updated_at = edited_at(before, tx.now_us);
    if !circuits::update(tx.conn, &circuit, before)? {
        return Err(Refusal::Changed);
    }
    let now = shown(tx.conn, circuit)?;
    tx.audit.changed(&was, &now, &[]);
    Ok(now)
}

/// What feeds the circuit must be of the same site, and lead to the main circuit.
fn check_parent(conn: &mut Conn, circuit: &Circuit) -> Result<(), Refusal> {
    let bad = |detail: &str| Err(Refusal::invalid("/parent_id", detail));
    let mut above = circuit.parent_id.clone();
    for _ in 0..MAX_DEPTH {
        let Some(id) = above else {
            return Ok(());
        };
        if id == circuit.id {
            return bad("a circuit cannot feed itself");
        }
        let parent = circuits::find(conn, &circuit.tenant_id, &id)?;
        match parent.filter(|parent| parent.site_id == circuit.site_id) {
            Some(parent) => above = parent.parent_id,
            None => return bad("there is no such circuit at the site"),
        }
    }
    bad("expected at most 8 circuits from the main circuit on")
}

/// Only one that feeds nothing.
pub(crate) fn delete_circuit(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
) -> Result<(), Refusal> {
    let found = circuits::find(tx.conn, tenant_id, id)?;
    let circuit = found.ok_or(Refusal::NotFound("circuit"))?;
    expected.check(circuit.updated_at)?;
    if circuit.parent_id.is_none() || circuits::feeds_any(tx.conn, id)? {
        return Err(Refusal::CircuitInUse);
    }
    let was = shown(tx.conn, circuit)?;
    tx.audit.changed(&was, &(), &[]);
    Ok(circuits::delete(tx.conn, id)?)
}

/// A circuit as a resource.
pub(crate) fn shown(conn: &mut Conn, circuit: Circuit) -> Result<rest::Circuit, DbError> {
    let mut all = all_shown(conn, vec![circuit])?;
    all.pop().ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// Circuits as resources, with one query for the outlets of all of them.
pub(crate) fn all_shown(conn: &mut Conn, rows: Vec<Circuit>) -> Result<Vec<rest::Circuit>, DbError> {
    let ids: Vec<String> = rows.iter().map(|circuit| circuit.id.clone()).collect();
    let mut fed: HashMap<String, Vec<String>> = HashMap::new();
    for (circuit_id, outlet_id) in outlets::list_ids_of_circuits(conn, &ids)? {
        if let Some(circuit_id) = circuit_id {
            fed.entry(circuit_id).or_default().push(outlet_id);
        }
    }
    let circuits = rows.into_iter().map(|row| rest::Circuit {
        outlet_ids: fed.remove(&row.id).unwrap_or_default(),
        id: row.id,
        site_id: row.site_id,
        parent_id: row.parent_id,
        controller_id: row.controller_id,
        name: row.name,
        limit_ma: row.limit_ma,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    });
    Ok(circuits.collect())
}
