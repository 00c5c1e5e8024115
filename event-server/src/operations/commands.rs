//! Queueing commands for controllers: rows that `ocpp` sends.

use api_spec::rest::{CommandKind, CommandState};
use foundation::DbError;

use super::follow_command;
use crate::context::Tx;
use crate::store::commands::{self, Command, NewCommand};
use crate::store::controllers::Controller;
use crate::store::name;
use crate::store::outlets::Outlet;

/// How long a start or a status request may take.
const SHORT_US: i64 = 30_000_000;
/// How long anything else may take.
const LONG_US: i64 = 55_000_000;

/// How long a station may take to start anew.
const RESET_US: i64 = 300_000_000;
/// How long a log may be under way, every try counted.
const UPLOAD_US: i64 = 900_000_000;
/// How long firmware may wait for the ends of charges, once its time has come; our own controllers give up a day before.
const FIRMWARE_US: i64 = 4 * 86_400 * 1_000_000;

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
    let command = NewCommand {
        outlet_key: Some(order.outlet.key),
        session_id: order.session_id.map(str::to_owned),
        ..new_command(
            tx,
            order.kind,
            (&order.outlet.tenant_id, &order.outlet.controller_id),
            &order.parameters,
        )
    };
    queue(tx, &command)
}

/// Queues a command that concerns no outlet alone.
pub(crate) fn queue_command_of_controller(
    tx: &mut Tx<'_>,
    kind: CommandKind,
    controller: &Controller,
    parameters: &serde_json::Value,
) -> Result<Command, DbError> {
    let owner = (controller.tenant_id.as_str(), controller.id.as_str());
    let command = new_command(tx, kind, owner, parameters);
    queue(tx, &command)
}

fn new_command(
    tx: &Tx<'_>,
    kind: CommandKind,
    (tenant_id, controller_id): (&str, &str),
    parameters: &serde_json::Value,
) -> NewCommand {
    let due_us = follow_command::due_us(kind, parameters).unwrap_or(tx.now_us);
    NewCommand {
        id: foundation::ids::id("cmd"),
        tenant_id: tenant_id.to_owned(),
        kind: name(kind),
        controller_id: controller_id.to_owned(),
        outlet_key: None,
        session_id: None,
        state: name(CommandState::Accepted),
        parameters: parameters.to_string(),
        created_at: tx.now_us,
        expires_at: due_us.max(tx.now_us).saturating_add(lifetime_us(kind)),
        traceparent: tx.trace.clone(),
    }
}

fn queue(tx: &mut Tx<'_>, command: &NewCommand) -> Result<Command, DbError> {
    let command = commands::insert(tx.conn, command)?;
    tx.wakes.controllers.push(command.controller_id.clone());
    Ok(command)
}

fn lifetime_us(kind: CommandKind) -> i64 {
    match kind {
        CommandKind::StartSession | CommandKind::StatusRequest => SHORT_US,
        CommandKind::StopSession
        | CommandKind::ChangeLimits
        | CommandKind::SetRiseThreshold
        | CommandKind::ClearFault
        | CommandKind::GetVariables
        | CommandKind::SetVariables
        | CommandKind::ChangeAvailability
        | CommandKind::RenewCertificate
        | CommandKind::InstallCertificate
        | CommandKind::ListCertificates
        | CommandKind::DeleteCertificate => LONG_US,
        CommandKind::Reset => RESET_US,
        CommandKind::UpdateFirmware => FIRMWARE_US,
        CommandKind::UploadLog => UPLOAD_US,
    }
}
