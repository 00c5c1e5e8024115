//! Opens alarms that nobody's report can open: of controllers that tell nothing.

use api_spec::rest::AlarmKind;
use foundation::DbError;

use crate::context::{Context, Tx};
use crate::operations::alarms::open_at_controller;
use crate::store::{alarms, controllers, name};

/// A line that is back by then needs nobody.
const GRACE_US: i64 = 300_000_000;

pub(super) async fn run(context: &Context) -> Result<(), DbError> {
    let until_us = context.clock.now_us().saturating_sub(GRACE_US);
    let kind = name(AlarmKind::ControllerOffline);
    let due = context
        .db
        .read(move |conn| alarms::list_silent_controllers(conn, until_us, &kind))
        .await?;
    for controller in due {
        let id = controller.id.clone();
        if let Err(error) = context.transact(move |tx| open(tx, &controller.id)).await {
            tracing::error!(id, %error, "an alarm cannot be opened; it will be tried again");
        }
    }
    Ok(())
}

fn open(tx: &mut Tx<'_>, controller_id: &str) -> Result<(), DbError> {
    // It may have connected since it was listed.
    let found = controllers::find(tx.conn, controller_id)?;
    let Some(controller) = found.filter(|controller| !controller.online) else {
        return Ok(());
    };
    let since_us = controller.online_changed_at.unwrap_or(tx.now_us);
    open_at_controller(tx, &controller, (AlarmKind::ControllerOffline, ""), since_us)
}
