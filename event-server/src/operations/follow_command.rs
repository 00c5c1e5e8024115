//! Commands that a station is at for minutes or days: firmware, logs. Its answer says that it has begun, its reports how it ends.

use api_spec::rest::{CommandKind, FirmwareUpdate};
use api_spec::webhook::{EventType, FirmwareStatus};
use foundation::DbError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::complete_command::{Outcome, complete_command_alone};
use super::connect_station::Station;
use super::dispatch_command::Instruction;
use super::events::{NewEvent, append_event};
use crate::context::Tx;
use crate::store::commands::{self, Command};
use crate::store::{controllers, name};

/// In the parameters: the station is at it, and is not asked again.
const BEGUN: &str = "begun";

/// What a station reports of such a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) kind: CommandKind,
    /// The command's number; where the station gives none, the newest one is meant.
    pub(crate) request_id: Option<i64>,
    /// In our words.
    pub(crate) status: String,
    pub(crate) detail: Option<String>,
}

/// Of one of the two kinds; `None` where the station is at it already.
pub(super) fn instruct(kind: CommandKind, command: &Command) -> Option<Instruction> {
    let request_id = command.number;
    if kind == CommandKind::UploadLog {
        let log = to_be_begun(command)?;
        return Some(Instruction::UploadLog { request_id, log });
    }
    Some(Instruction::UpdateFirmware {
        request_id,
        created_at: command.created_at,
        firmware: to_be_begun(command)?,
    })
}

fn to_be_begun<T: DeserializeOwned>(command: &Command) -> Option<T> {
    let parameters: Value = serde_json::from_str(&command.parameters).ok()?;
    match parameters.get(BEGUN) {
        Some(_) => None,
        None => serde_json::from_value(parameters).ok(),
    }
}

/// When a station is to begin with what is asked, and to go on with it: that belongs not to the time that it may take.
pub(super) fn due_us(kind: CommandKind, parameters: &Value) -> Option<i64> {
    if kind != CommandKind::UpdateFirmware {
        return None;
    }
    let asked: FirmwareUpdate = serde_json::from_value(parameters.clone()).ok()?;
    let due = [asked.retrieve_at, asked.install_at].into_iter().flatten().max();
    due.map(|due| due.0)
}

/// The station is at it, and at nothing else of the kind any more.
pub(super) fn begin(tx: &mut Tx<'_>, command: &Command) -> Result<(), DbError> {
    for older in commands::list_open(tx.conn, &command.controller_id)? {
        if older.kind == command.kind && older.number < command.number {
            complete_command_alone(tx, &older, Outcome::failed("superseded", None))?;
        }
    }
    let mut parameters: Value = serde_json::from_str(&command.parameters).unwrap_or_default();
    if let Some(members) = parameters.as_object_mut() {
        members.insert(BEGUN.to_owned(), json!(true));
    }
    commands::update_parameters(tx.conn, command.number, &parameters.to_string())
}

/// A station that repeats a report, because our answer was lost, tells nothing new.
pub(crate) fn record_progress(
    tx: &mut Tx<'_>,
    station: &Station,
    progress: &Progress,
) -> Result<(), DbError> {
    let command = find(tx, station, progress)?;
    if command.as_ref().is_some_and(|command| is_told(command, progress)) {
        return Ok(());
    }
    let trace = command.as_ref().and_then(|command| command.traceparent.clone());
    let before = std::mem::replace(&mut tx.trace, trace);
    if progress.kind == CommandKind::UpdateFirmware {
        tell_firmware(tx, station, command.as_ref(), &progress.status)?;
    }
    if let Some(command) = command.filter(|command| command.completed_at.is_none()) {
        match outcome(progress) {
            Some(outcome) => drop(complete_command_alone(tx, &command, outcome)?),
            None => commands::update_detail(tx.conn, command.number, &progress.status)?,
        }
    }
    tx.trace = before;
    Ok(())
}

/// An upload does not live through a start of the station; firmware does.
pub(super) fn give_up_uploads(tx: &mut Tx<'_>, controller_id: &str) -> Result<(), DbError> {
    let upload = name(CommandKind::UploadLog);
    for command in commands::list_open(tx.conn, controller_id)? {
        if command.kind == upload && command.sent_at.is_some() {
            complete_command_alone(tx, &command, Outcome::failed("station_restarted", None))?;
        }
    }
    Ok(())
}

fn find(tx: &mut Tx<'_>, station: &Station, progress: &Progress) -> Result<Option<Command>, DbError> {
    let kind = name(progress.kind);
    let found = match progress.request_id {
        Some(number) => commands::find_by_number(tx.conn, number)?,
        None => {
            let open = commands::list_open(tx.conn, &station.controller_id)?;
            open.into_iter().rfind(|command| command.kind == kind)
        }
    };
    Ok(found.filter(|command| command.kind == kind && command.controller_id == station.controller_id))
}

fn is_told(command: &Command, progress: &Progress) -> bool {
    match outcome(progress) {
        // Whatever its outcome is: a report that comes after it, and ends nothing, is none of a new step.
        None if command.completed_at.is_some() => true,
        None => command.detail.as_deref() == Some(progress.status.as_str()),
        Some(outcome) => outcome.is_that_of(command),
    }
}

/// `None` while the station is still at it.
fn outcome(progress: &Progress) -> Option<Outcome> {
    match progress.status.as_str() {
        "installed" => Some(Outcome::confirmed()),
        "uploaded" => Some(match &progress.detail {
            Some(detail) => Outcome::confirmed_with(detail.clone()),
            None => Outcome::confirmed(),
        }),
        "accepted_canceled" => Some(Outcome::failed("superseded", progress.detail.clone())),
        "download_failed"
        | "invalid_signature"
        | "install_verification_failed"
        | "installation_failed"
        | "bad_message"
        | "not_supported_operation"
        | "permission_denied"
        | "upload_failure" => Some(Outcome::failed(progress.status.clone(), progress.detail.clone())),
        _ => None,
    }
}

fn tell_firmware(
    tx: &mut Tx<'_>,
    station: &Station,
    command: Option<&Command>,
    status: &str,
) -> Result<(), DbError> {
    let Some(controller) = controllers::find(tx.conn, &station.controller_id)? else {
        return Ok(());
    };
    let data = FirmwareStatus {
        controller_id: controller.id,
        station_id: controller.station_id,
        site_id: controller.site_id,
        command_id: command.map(|command| command.id.clone()),
        status: status.to_owned(),
        firmware: controller.firmware,
    };
    let event = NewEvent {
        tenant_id: &controller.tenant_id,
        kind: EventType::ControllerFirmwareStatus,
        at_us: tx.now_us,
        data: &data,
    };
    append_event(tx, None, &event).map(drop)
}
