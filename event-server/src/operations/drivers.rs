//! Writing down who may charge where.

use api_spec::rest::{self, DriverChange, NewDriver, Time};
use foundation::{Conn, DbError};

use super::expected::{Expected, edited_at};
use super::reservations::cancel_all;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::drivers::{self, Driver};
use crate::store::{outlets, sites};

/// What the audit log, which forgets nothing, does not tell of a person.
const PERSONAL: [&str; 2] = ["name", "unit"];

/// Writes a driver whole; `true` beside one that was not there before.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    asked: NewDriver,
) -> Result<(rest::Driver, bool), Refusal> {
    let known = drivers::find(tx.conn, tenant_id, id)?;
    match (&known, expected) {
        (Some(known), _) => expected.check(known.updated_at)?,
        (None, Expected::Any | Expected::New) => {}
        // What was to be replaced is gone.
        (None, Expected::OneOf(_)) => return Err(Refusal::Changed),
    }
    let row = Driver {
        tenant_id: tenant_id.to_owned(),
        id: id.to_owned(),
        name: asked.name,
        unit: asked.unit,
        sites: of_tenant(tx.conn, "sites", &asked.sites, |conn, site| {
            Ok(sites::find(conn, tenant_id, site)?.is_some())
        })?,
        outlets: of_tenant(tx.conn, "outlets", &asked.outlets, |conn, outlet| {
            Ok(outlets::find_known(conn, tenant_id, outlet)?.is_some())
        })?,
        blocked: asked.blocked,
        valid_from: asked.valid_from.map(|time| time.0),
        valid_until: asked.valid_until.map(|time| time.0),
        created_at: known.as_ref().map_or(tx.now_us, |known| known.created_at),
        updated_at: known
            .as_ref()
            .map_or(tx.now_us, |known| edited_at(known.updated_at, tx.now_us)),
    };
    check_times(&row)?;
    let is_new = known.is_none();
    if is_new {
        drivers::insert(tx.conn, &row)?;
    } else {
        drivers::update(tx.conn, &row)?;
    }
    let now = resource(row);
    tx.audit.changed(&known.map(resource), &now, &PERSONAL);
    Ok((now, is_new))
}

pub(crate) fn change(
    tx: &mut Tx<'_>,
    named: &(String, String),
    expected: &Expected,
    change: DriverChange,
) -> Result<rest::Driver, Refusal> {
    let (tenant_id, id) = named;
    let found = drivers::find(tx.conn, tenant_id, id)?;
    let now = resource(found.ok_or(Refusal::NotFound("driver"))?);
    let whole = NewDriver {
        name: change.name.unwrap_or(now.name),
        unit: change.unit.unwrap_or(now.unit),
        sites: change.sites.unwrap_or(now.sites),
        outlets: change.outlets.unwrap_or(now.outlets),
        blocked: change.blocked.unwrap_or(now.blocked),
        valid_from: change.valid_from.unwrap_or(now.valid_from),
        valid_until: change.valid_until.unwrap_or(now.valid_until),
    };
    put(tx, named, expected, whole).map(|(driver, _)| driver)
}

/// Its sessions stay, under its id: bills are made from them. What is reserved for it is free again.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
) -> Result<(), Refusal> {
    let found = drivers::find(tx.conn, tenant_id, id)?;
    let was = found.ok_or(Refusal::NotFound("driver"))?;
    expected.check(was.updated_at)?;
    tx.audit.changed(&resource(was), &(), &PERSONAL);
    drivers::delete(tx.conn, tenant_id, id)?;
    Ok(cancel_all(tx, tenant_id, id)?)
}

pub(crate) fn resource(row: Driver) -> rest::Driver {
    rest::Driver {
        id: row.id,
        name: row.name,
        unit: row.unit,
        sites: serde_json::from_str(&row.sites).unwrap_or_default(),
        outlets: serde_json::from_str(&row.outlets).unwrap_or_default(),
        blocked: row.blocked,
        valid_from: row.valid_from.map(Time),
        valid_until: row.valid_until.map(Time),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

/// The ids as they are kept, each once; every one must be the tenant's.
fn of_tenant(
    conn: &mut Conn,
    member: &str,
    ids: &[String],
    is_there: impl Fn(&mut Conn, &str) -> Result<bool, DbError>,
) -> Result<String, Refusal> {
    let mut kept: Vec<&String> = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        if !is_there(conn, id)? {
            return Err(Refusal::invalid(
                &format!("/{member}/{index}"),
                "there is no such id",
            ));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    Ok(serde_json::json!(kept).to_string())
}

fn check_times(row: &Driver) -> Result<(), Refusal> {
    match (row.valid_from, row.valid_until) {
        (Some(from), Some(until)) if until <= from => {
            Err(Refusal::invalid("/valid_until", "must be later than valid_from"))
        }
        (_, _) => Ok(()),
    }
}
