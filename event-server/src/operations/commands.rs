//! Queueing commands for controllers: rows that `ocpp` sends.

use api_spec::rest::{CommandKind, CommandState};
use foundation::DbError;

use crate::context::Tx;
use crate::store::commands::{self, Command, NewCommand};
use crate::store::name;
use crate::store::outlets::Outlet;

/// How long a start or a status request may take.
const SHORT_US: i64 = 30_000_000;
/// How long anything else may take.
const LONG_US: i64 = 60_000_000;

/// What a controller is to do at one outlet.
#[derive(Clone, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) kind: CommandKind,
    pub(crate) outlet: &'a Outlet,
    pub(crate) session_id: Option<&'a str>,
    pub(crate) parameters: serde_json::Value,
}

/// Queues a command; its controller hears of it after the commit.
pub(crate) fn queue_command(tx: &mut Tx<'_>, order: Order<'_>) -> Result<Command, DbError> {
    let command = commands::insert(
        tx.conn,
        &NewCommand {
            id: foundation::ids::id("cmd"),
            tenant_id: order.outlet.tenant_id.clone(),
            kind: name(order.kind),
            controller_id: order.outlet.controller_id.clone(),
            outlet_key: Some(order.outlet.key),
            session_id: order.session_id.map(str::to_owned),
            state: name(CommandState::Accepted),
            parameters: order.parameters.to_string(),
            created_at: tx.now_us,
            expires_at: tx.now_us.saturating_add(lifetime_us(order.kind)),
        },
    )?;
    tx.wakes.controllers.push(command.controller_id.clone());
    Ok(command)
}

fn lifetime_us(kind: CommandKind) -> i64 {
    match kind {
        CommandKind::StartSession | CommandKind::StatusRequest => SHORT_US,
        CommandKind::StopSession | CommandKind::SetRiseThreshold | CommandKind::ClearFault => LONG_US,
    }
}
