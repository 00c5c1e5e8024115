//! Commands on their way to a station that is online, and what its answers mean.

use std::time::Duration;

use api_spec::rest::{
    CertificateHash, CommandKind, CommandState, FirmwareUpdate, LogUpload, NewTrustedCertificate, ResetWhen,
    TrustedCertificate, VariableName, VariableRead, VariableSet, VariableValue, WhenIdle,
};
use domain::session::Event;
use foundation::{Conn, DbError};

use super::change_limits::{self, NewLimits};
use super::command_step::step_of;
use super::complete_command::{Outcome, complete_command_alone};
use super::events::LoadedOutlet;
use super::fleet;
use super::follow_command;
use super::instruct_controller::instruct_controller;
use super::nodes::holds;
use super::step_session::step_session;
use crate::context::Tx;
use crate::store::commands::{self, Command};
use crate::store::outlets::{self, Outlet};
use crate::store::sessions::{self, Session};
use crate::store::{controllers, name, parse};

/// What a station is told to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Instruction {
    Start(Start),
    Stop(Stop),
    ChangeLimits(NewLimits),
    /// `in_session`: the outlet has a delivery under way.
    ReportStatus {
        outlet_number: i32,
        in_session: bool,
    },
    /// `None`: tell no rise any more.
    SetRiseThreshold {
        outlet_number: i32,
        threshold_ma: Option<i64>,
    },
    ClearFault {
        outlet_number: i32,
    },
    Read(Vec<VariableName>),
    Write(Vec<VariableValue>),
    /// `None`: all outlets.
    SetAvailable {
        outlet_number: Option<i32>,
        available: bool,
    },
    Reset(ResetWhen),
    GiveCertificate {
        chain: String,
        request_id: Option<i64>,
    },
    InstallCertificate(NewTrustedCertificate),
    ListCertificates,
    DeleteCertificate(CertificateHash),
    UpdateFirmware {
        request_id: i64,
        created_at: i64,
        firmware: FirmwareUpdate,
    },
    UploadLog {
        request_id: i64,
        log: LogUpload,
    },
}

/// A start with its limits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    pub(crate) outlet_number: i32,
    pub(crate) driver_id: String,
    pub(crate) session_number: i64,
    /// From now …
    pub(crate) duration: Duration,
    /// … to here.
    pub(crate) ends_at_us: i64,
    pub(crate) energy_wh: Option<i64>,
    pub(crate) when_idle: WhenIdle,
    pub(crate) rated_ma: i64,
    /// The command's own step in the trace of whoever asked for it.
    pub(crate) traceparent: Option<String>,
}

/// The end of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Not known before the station has told it.
    pub(crate) transaction_id: Option<String>,
    pub(crate) session_number: i64,
    /// The station takes it while other calls are unanswered, and knows the delivery by the session's number.
    pub(crate) overtakes: bool,
    /// The start that must have been sent before, or the delivery would begin after its stop.
    pub(crate) after: Option<i64>,
}

impl Instruction {
    /// A stop that waits for no answer to another call.
    pub(crate) fn overtaking(&self) -> Option<&Stop> {
        match self {
            Self::Stop(stop) => Some(stop).filter(|stop| stop.overtakes),
            Self::Start(_)
            | Self::ChangeLimits(_)
            | Self::ReportStatus { .. }
            | Self::SetRiseThreshold { .. }
            | Self::ClearFault { .. }
            | Self::GiveCertificate { .. }
            | Self::Write(_)
            | Self::SetAvailable { .. }
            | Self::Reset(_)
            | Self::InstallCertificate(_)
            | Self::ListCertificates
            | Self::DeleteCertificate(_)
            | Self::UpdateFirmware { .. }
            | Self::UploadLog { .. }
            | Self::Read(_) => None,
        }
    }
}

/// What a station answered to an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With the name that the station gave the delivery, if it did.
    Accepted {
        transaction_id: Option<String>,
    },
    Refused {
        reason: String,
        detail: Option<String>,
    },
    /// Once the charges under way have ended.
    Scheduled,
    /// What was to be read.
    Read(Vec<VariableRead>),
    /// What became of what was to be set.
    Written(Vec<VariableSet>),
    /// What it trusts.
    Listed(Vec<TrustedCertificate>),
    /// The station could not process it.
    Failed {
        reason: &'static str,
        detail: Option<String>,
    },
    /// None in time: it may have been heard or not.
    Silent,
}

/// The controller's commands that are to be sent, in order; none where `node` does not hold its newest connection.
pub(crate) fn list_instructions(
    conn: &mut Conn,
    node: Option<&str>,
    controller_id: &str,
    now_us: i64,
) -> Result<Vec<(Command, Instruction)>, DbError> {
    if !holds(conn, node, controller_id)? {
        return Ok(Vec::new());
    }
    let controller = controllers::find(conn, controller_id)?;
    let is_ours = controller.is_some_and(|controller| controller.is_ours());
    let mut instructions = Vec::new();
    for command in commands::list_open(conn, controller_id)? {
        if command.state != name(CommandState::Accepted) || command.expires_at <= now_us {
            continue;
        }
        if let Some(instruction) = instruction(conn, &command, is_ours, now_us)? {
            instructions.push((command, instruction));
        }
    }
    Ok(instructions)
}

/// `is_ours`: for one of our own controllers.
fn instruction(
    conn: &mut Conn,
    command: &Command,
    is_ours: bool,
    now_us: i64,
) -> Result<Option<Instruction>, DbError> {
    let outlet = match command.outlet_key {
        Some(key) => outlets::find(conn, key)?,
        None => None,
    };
    let session = match &command.session_id {
        Some(id) => sessions::find(conn, id)?,
        None => None,
    };
    let kind = parse::<CommandKind>(&command.kind)?;
    let Some(outlet) = outlet else {
        return Ok(instruct_controller(kind, command));
    };
    let outlet_number = outlet.number;
    Ok(match (kind, session) {
        (CommandKind::StartSession, Some(session)) => {
            Some(Instruction::Start(start(command, &outlet, session, now_us)?))
        }
        (CommandKind::StopSession, Some(session)) => stop(conn, session, is_ours)?.map(Instruction::Stop),
        (CommandKind::ChangeLimits, Some(session)) => {
            change_limits::instruct(command, &outlet, &session, now_us).map(Instruction::ChangeLimits)
        }
        (CommandKind::StartSession | CommandKind::StopSession | CommandKind::ChangeLimits, None)
        | (
            CommandKind::GetVariables
            | CommandKind::RenewCertificate
            | CommandKind::InstallCertificate
            | CommandKind::ListCertificates
            | CommandKind::DeleteCertificate
            | CommandKind::UpdateFirmware
            | CommandKind::UploadLog,
            _,
        ) => None,
        (CommandKind::ChangeAvailability | CommandKind::SetVariables | CommandKind::Reset, _) => {
            fleet::instruct(command, kind, Some(outlet_number))
        }
        (CommandKind::StatusRequest, _) => Some(Instruction::ReportStatus {
            outlet_number,
            in_session: delivers(conn, outlet.key)?,
        }),
        (CommandKind::SetRiseThreshold, _) => Some(Instruction::SetRiseThreshold {
            outlet_number,
            threshold_ma: outlet.rise_threshold_ma,
        }),
        (CommandKind::ClearFault, _) => Some(Instruction::ClearFault { outlet_number }),
    })
}

fn start(command: &Command, outlet: &Outlet, session: Session, now_us: i64) -> Result<Start, DbError> {
    let left_us = u64::try_from(session.ends_at.saturating_sub(now_us)).unwrap_or(0);
    Ok(Start {
        outlet_number: outlet.number,
        when_idle: parse(&session.when_idle)?,
        driver_id: session.driver_id,
        session_number: session.number,
        duration: Duration::from_micros(left_us),
        ends_at_us: session.ends_at,
        energy_wh: session.energy_limit_wh,
        rated_ma: outlet.rated_ma,
        traceparent: step_of(command).map(|step| step.to_string()),
    })
}

/// `None` for now where another maker's station has not answered the start: it could not tell which delivery is meant.
fn stop(conn: &mut Conn, session: Session, is_ours: bool) -> Result<Option<Stop>, DbError> {
    let after = match session.transaction_id {
        Some(_) => None,
        None => find_open_start(conn, &session.id)?,
    };
    let tells = is_ours || after.is_none();
    Ok(tells.then_some(Stop {
        transaction_id: session.transaction_id,
        session_number: session.number,
        overtakes: is_ours,
        after,
    }))
}

/// Whether the outlet has a delivery under way.
fn delivers(conn: &mut Conn, outlet_key: i64) -> Result<bool, DbError> {
    let held = crate::store::outlet_current::find(conn, outlet_key)?.session_id;
    let session = match held {
        Some(id) => sessions::find(conn, &id)?,
        None => None,
    };
    Ok(session.is_some_and(|session| session.transaction_id.is_some()))
}

fn find_open_start(conn: &mut Conn, session_id: &str) -> Result<Option<i64>, DbError> {
    let start = name(CommandKind::StartSession);
    let open = commands::list_open_of_session(conn, session_id)?;
    let start = open.iter().find(|command| command.kind == start);
    Ok(start.map(|command| command.number))
}

/// The rise thresholds that a station has to know.
pub(crate) fn list_thresholds(conn: &mut Conn, controller_id: &str) -> Result<Vec<Instruction>, DbError> {
    let outlets = outlets::list_of_controller(conn, controller_id)?;
    let with_threshold = outlets
        .into_iter()
        .filter(|outlet| outlet.rise_threshold_ma.is_some());
    let instructions = with_threshold.map(|outlet| Instruction::SetRiseThreshold {
        outlet_number: outlet.number,
        threshold_ma: outlet.rise_threshold_ma,
    });
    Ok(instructions.collect())
}

/// The station has been told.
pub(crate) fn mark_sent(tx: &mut Tx<'_>, number: i64) -> Result<(), DbError> {
    commands::update_sent(tx.conn, number, tx.now_us)
}

/// The connection ended before an answer: to be sent again.
pub(crate) fn mark_unsent(tx: &mut Tx<'_>, command: &Command) -> Result<(), DbError> {
    if !holds(tx.conn, tx.node, &command.controller_id)? {
        // Put back already, when the station came to another node.
        return Ok(());
    }
    // There may be a newer connection, whose look at the commands was too early.
    tx.wakes.controllers.push(command.controller_id.clone());
    commands::update_unsent(tx.conn, command.number)
}

/// What an answer means for the command and its session.
pub(crate) fn settle(tx: &mut Tx<'_>, command: &Command, answer: Answer) -> Result<(), DbError> {
    let kind = parse::<CommandKind>(&command.kind)?;
    let outcome = match (kind, answer) {
        (CommandKind::StartSession, Answer::Accepted { transaction_id }) => {
            return accept_start(tx, command, transaction_id);
        }
        // Refused by a station that does not know the delivery (any more): only its end tells.
        (CommandKind::StopSession, Answer::Accepted { .. } | Answer::Refused { .. }) => {
            return follow_stop(tx, command);
        }
        // It may have been heard: expires, and is then stopped.
        (CommandKind::StartSession, Answer::Silent) => return Ok(()),
        (CommandKind::ChangeLimits, Answer::Accepted { .. }) => change_limits::take_effect(tx, command)?,
        // It is confirmed when the station has started anew.
        (CommandKind::Reset, Answer::Accepted { .. }) => return Ok(()),
        (CommandKind::UpdateFirmware | CommandKind::UploadLog, Answer::Accepted { .. }) => {
            return follow_command::begin(tx, command);
        }
        (_, Answer::Accepted { .. }) => Outcome::confirmed(),
        (_, Answer::Scheduled) => Outcome::confirmed_with("scheduled".to_owned()),
        (_, Answer::Written(variables)) => fleet::written(&variables),
        (_, Answer::Read(variables)) => Outcome::confirmed_with(serde_json::json!(variables).to_string()),
        (_, Answer::Listed(certificates)) => {
            Outcome::confirmed_with(serde_json::json!(certificates).to_string())
        }
        (_, Answer::Refused { reason, detail }) => Outcome::refused(reason, detail),
        (_, Answer::Failed { reason, detail }) => Outcome::failed(reason, detail),
        (_, Answer::Silent) => Outcome::failed("no_answer", None),
    };
    complete_command_alone(tx, command, outcome).map(|_| ())
}

/// The station closes the breaker now; the command is confirmed when that is seen.
fn accept_start(tx: &mut Tx<'_>, command: &Command, transaction_id: Option<String>) -> Result<(), DbError> {
    let session = match &command.session_id {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    let Some(mut session) = session else {
        return Ok(());
    };
    let mut loaded = LoadedOutlet::load(tx, session.outlet_key)?;
    if session.transaction_id.is_none() {
        session.transaction_id = transaction_id;
    }
    let at_us = tx.now_us;
    step_session(tx, &mut loaded, &mut session, Event::Accepted, at_us)?;
    sessions::update(tx.conn, &session)?;
    send_stops_again(tx, &session)?;
    // A stop may have waited for this.
    tx.wakes.controllers.push(command.controller_id.clone());
    loaded.save(tx)
}

/// A stop that overtook its start was refused for a delivery that did not run yet.
fn send_stops_again(tx: &mut Tx<'_>, session: &Session) -> Result<(), DbError> {
    let stop = name(CommandKind::StopSession);
    for command in commands::list_open_of_session(tx.conn, &session.id)? {
        if command.kind == stop {
            commands::update_unsent(tx.conn, command.number)?;
        }
    }
    Ok(())
}

/// Confirmed when the end is reported; at once where it was already. Open till then, or until it expires.
fn follow_stop(tx: &mut Tx<'_>, command: &Command) -> Result<(), DbError> {
    let session = match &command.session_id {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    if session.is_some_and(|session| session.ended_at.is_some()) {
        complete_command_alone(tx, command, Outcome::confirmed())?;
    }
    Ok(())
}
