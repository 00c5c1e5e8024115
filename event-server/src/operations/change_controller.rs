//! Changes what people say of a controller; what it says of itself is its own.

use api_spec::rest::{self, ControllerChange};

use super::expected::{Expected, edited_at};
use super::list_controllers::shown;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::controllers;

pub(crate) fn change_controller(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    change: ControllerChange,
) -> Result<rest::Controller, Refusal> {
    let found = controllers::find(tx.conn, id)?.filter(|row| row.tenant_id == *tenant_id);
    let mut controller = found.ok_or(Refusal::NotFound("controller"))?;
    expected.check(controller.updated_at)?;
    let before = controller.updated_at;
    controller.name = change.name.unwrap_or(controller.name);
    if let Some(profile) = change.security_profile {
        // OCPP A05: a station that has a certificate is not let in by less again.
        if profile < controller.security_profile {
            return Err(Refusal::invalid("/security_profile", "cannot be lowered"));
        }
        controller.security_profile = profile;
    }
    controller.updated_at = edited_at(before, tx.now_us);
    if !controllers::update(tx.conn, &controller, before)? {
        return Err(Refusal::Changed);
    }
    Ok(shown(tx.conn, controller)?)
}
