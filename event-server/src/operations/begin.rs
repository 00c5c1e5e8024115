//! At start-up nobody is connected, and what was sent may never have arrived.

use api_spec::webhook::{ControllerChanged, EventType};
use foundation::DbError;

use super::events::{NewEvent, append_event};
use super::nodes::enter;
use crate::context::{Context, Tx};
use crate::store::commands;
use crate::store::controllers::{self, Controller};

/// One of several nodes answers for what was connected to itself.
pub(crate) async fn begin(context: &Context) -> Result<(), DbError> {
    context
        .transact(|tx| match tx.node {
            Some(node) => enter(tx, node),
            None => set_all_offline(tx),
        })
        .await
}

fn set_all_offline(tx: &mut Tx<'_>) -> Result<(), DbError> {
    commands::update_all_sent_to_accepted(tx.conn)?;
    for controller in controllers::list_online(tx.conn)? {
        set_offline(tx, controller)?;
    }
    Ok(())
}

/// Writes that a controller is not connected, and tells it.
pub(super) fn set_offline(tx: &mut Tx<'_>, controller: Controller) -> Result<(), DbError> {
    controllers::update_online(tx.conn, &controller.id, false, tx.now_us)?;
    let data = ControllerChanged {
        controller_id: controller.id,
        station_id: controller.station_id,
        site_id: controller.site_id,
    };
    let event = NewEvent {
        tenant_id: &controller.tenant_id,
        kind: EventType::ControllerOffline,
        at_us: tx.now_us,
        data: &data,
    };
    append_event(tx, None, &event).map(|_| ())
}
