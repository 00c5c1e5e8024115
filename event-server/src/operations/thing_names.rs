//! What the things are called that the audit log tells of.

use std::collections::HashMap;

use foundation::{Conn, DbError};

use crate::store::{alarms, circuits, controllers, drivers, outlets, reservations, sessions, sites, tariffs};

/// By the path of each in the API; of a charge, a reservation or an alarm the place. What is gone has no name any more.
pub(crate) fn thing_names<'a>(
    conn: &mut Conn,
    tenant_id: &str,
    resources: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>, DbError> {
    let mut known = HashMap::new();
    for resource in resources {
        if known.contains_key(resource) {
            continue;
        }
        if let Some(name) = thing_name(conn, tenant_id, resource)? {
            known.insert(resource.to_owned(), name);
        }
    }
    Ok(known)
}

fn thing_name(conn: &mut Conn, tenant_id: &str, resource: &str) -> Result<Option<String>, DbError> {
    let mut parts = resource.split('/').skip(2);
    let (Some(list), Some(id)) = (parts.next(), parts.next()) else {
        return Ok(None);
    };
    let outlet_id = match list {
        "outlets" => Some(id.to_owned()),
        "sessions" => sessions::find_owned(conn, tenant_id, id)?.map(|(_, outlet_id)| outlet_id),
        "reservations" => reservations::find_owned(conn, tenant_id, id)?.map(|(_, outlet_id)| outlet_id),
        "alarms" => match alarms::find_owned(conn, tenant_id, id)? {
            Some((alarm, None)) => return controller_name(conn, tenant_id, &alarm.controller_id),
            Some((_, outlet_id)) => outlet_id,
            None => None,
        },
        _ => return other_name(conn, tenant_id, (list, id)),
    };
    let Some(outlet_id) = outlet_id else {
        return Ok(None);
    };
    let known = outlets::find_known(conn, tenant_id, &outlet_id)?;
    Ok(known.map(|(outlet, _, _)| outlet.name))
}

fn controller_name(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<String>, DbError> {
    let found = controllers::find(conn, id)?;
    let owned = found.filter(|controller| controller.tenant_id == tenant_id);
    Ok(owned.map(|controller| controller.name))
}

fn other_name(conn: &mut Conn, tenant_id: &str, (list, id): (&str, &str)) -> Result<Option<String>, DbError> {
    Ok(match list {
        "sites" => sites::find(conn, tenant_id, id)?.map(|site| site.name),
        "controllers" => controller_name(conn, tenant_id, id)?,
        "circuits" => circuits::find(conn, tenant_id, id)?.map(|circuit| circuit.name),
        "tariffs" => tariffs::find(conn, tenant_id, id)?.map(|tariff| tariff.name),
        "drivers" => drivers::find(conn, tenant_id, id)?.and_then(|driver| driver.name),
        _ => None,
    })
}
