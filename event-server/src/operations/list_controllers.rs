//! Controllers with the circuits, outlets and buses of their panels.

use std::collections::HashMap;

use api_spec::rest;
use foundation::{Conn, DbError};

use super::{circuits as operations, resources};
use crate::store::controllers::Controller;
use crate::store::{circuits, controller_buses, outlets};

/// With one query each for the circuits, outlets and buses of all of them.
pub(crate) fn all_shown(conn: &mut Conn, rows: Vec<Controller>) -> Result<Vec<rest::Controller>, DbError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut outlet_ids: HashMap<String, Vec<String>> = HashMap::new();
    for (controller_id, outlet_id) in outlets::list_ids_of_controllers(conn, &ids)? {
        outlet_ids.entry(controller_id).or_default().push(outlet_id);
    }
    let found = circuits::list_of_controllers(conn, &ids)?;
    let mut in_panels: HashMap<String, Vec<rest::Circuit>> = HashMap::new();
    for circuit in operations::all_shown(conn, found)? {
        if let Some(controller_id) = circuit.controller_id.clone() {
            in_panels.entry(controller_id).or_default().push(circuit);
        }
    }
    let mut buses: HashMap<String, Vec<rest::BusHealth>> = HashMap::new();
    for bus in controller_buses::list(conn, &ids)? {
        let of_it = buses.entry(bus.controller_id.clone()).or_default();
        of_it.push(resources::bus(bus));
    }
    let shown = rows.into_iter().map(|row| rest::Controller {
        buses: buses.remove(&row.id).unwrap_or_default(),
        circuits: in_panels.remove(&row.id).unwrap_or_default(),
        outlet_ids: outlet_ids.remove(&row.id).unwrap_or_default(),
        ..resources::controller(row)
    });
    Ok(shown.collect())
}

pub(crate) fn shown(conn: &mut Conn, row: Controller) -> Result<rest::Controller, DbError> {
    let mut all = all_shown(conn, vec![row])?;
    all.pop().ok_or_else(|| diesel::result::Error::NotFound.into())
}
