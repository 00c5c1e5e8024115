//! Writes down what somebody has found who held a label against its outlet.

use api_spec::rest::Time;
use foundation::{Conn, DbError};
use serde_json::{Value, json};

use crate::context::Tx;
use crate::error::Refusal;
use crate::store::label_checks::{self, LabelCheck};
use crate::store::outlets::{self, Outlet};

/// A check of the label that an outlet has now.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) is_right: bool,
    pub(crate) at: Time,
    /// Their name then.
    pub(crate) by: String,
}

/// `code` is what the label says: that of another outlet by now is none that was checked.
pub(crate) fn check_label(
    tx: &mut Tx<'_>,
    (tenant_id, outlet_id): &(String, String),
    (code, is_right): (&str, bool),
    (person_id, name): (&str, &str),
) -> Result<(), Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let is_there = known.is_some_and(|(outlet, _, _)| outlet.public_code == code);
    if !is_there {
        return Err(Refusal::NotFound("outlet"));
    }
    let check = LabelCheck {
        outlet_id: outlet_id.clone(),
        code: code.to_owned(),
        is_right,
        person_id: person_id.to_owned(),
        person: name.to_owned(),
        checked_at: tx.now_us,
    };
    label_checks::put(tx.conn, &check)?;
    let found = json!({ "label_is_right": is_right });
    tx.audit.changed(&Value::Null, &found, &[]);
    Ok(())
}

/// In the order of the outlets; `None` for one whose label nobody has checked.
pub(crate) fn checks_of(conn: &mut Conn, outlets: &[Outlet]) -> Result<Vec<Option<Checked>>, DbError> {
    let ids: Vec<String> = outlets.iter().map(|outlet| outlet.id.clone()).collect();
    let checks = label_checks::list_of_outlets(conn, &ids)?;
    let of = |outlet: &Outlet| {
        let is_its = |check: &&LabelCheck| check.outlet_id == outlet.id && check.code == outlet.public_code;
        let check = checks.iter().find(is_its)?;
        Some(Checked {
            is_right: check.is_right,
            at: Time(check.checked_at),
            by: check.person.clone(),
        })
    };
    Ok(outlets.iter().map(of).collect())
}
