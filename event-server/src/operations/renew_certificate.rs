//! A station asks for a certificate: a command that waits until the authority has signed one, and is sent then.

use api_spec::rest::CommandKind;
use foundation::DbError;
use serde::{Deserialize, Serialize};

use super::commands::queue_command_of_controller;
use super::complete_command::{Outcome, complete_command_alone};
use super::connect_station::Station;
use crate::context::Tx;
use crate::store::commands::{self, Command};
use crate::store::{controllers, name};

/// The parameters of such a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Renewal {
    /// PKCS#10 in PEM.
    pub(crate) csr: String,
    /// The station's number for its request, since OCPP 2.1.
    pub(crate) request_id: Option<i64>,
    /// PEM, the station's certificate first; `None` until it is signed.
    pub(crate) certificate_chain: Option<String>,
}

/// A renewal that waits for the authority, and whom the certificate is for.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) command: Command,
    pub(crate) renewal: Renewal,
    pub(crate) station_id: String,
    pub(crate) site_id: String,
}

impl Renewal {
    pub(crate) fn of(command: &Command) -> Option<Self> {
        serde_json::from_str(&command.parameters).ok()
    }
}

/// Whoever asks again has given up what was asked for before.
pub(crate) fn ask(tx: &mut Tx<'_>, station: &Station, renewal: &Renewal) -> Result<(), DbError> {
    let Some(controller) = controllers::find(tx.conn, &station.controller_id)? else {
        return Ok(());
    };
    for older in commands::list_open(tx.conn, &controller.id)? {
        if older.kind == name(CommandKind::RenewCertificate) {
            complete_command_alone(tx, &older, Outcome::failed("asked_again", None))?;
        }
    }
    let parameters = serde_json::json!(renewal);
    queue_command_of_controller(tx, CommandKind::RenewCertificate, &controller, &parameters)?;
    tx.wakes.renewals = true;
    Ok(())
}

/// What waits for the authority, the oldest first.
pub(crate) fn list_waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, DbError> {
    let kind = name(CommandKind::RenewCertificate);
    let mut waiting = Vec::new();
    for command in commands::list_open_of_kind(tx.conn, &kind)? {
        let renewal = Renewal::of(&command).filter(|renewal| renewal.certificate_chain.is_none());
        let controller = controllers::find(tx.conn, &command.controller_id)?;
        if let (Some(renewal), Some(controller)) = (renewal, controller) {
            waiting.push(Waiting {
                command,
                renewal,
                station_id: controller.station_id,
                site_id: controller.site_id,
            });
        }
    }
    Ok(waiting)
}

/// The authority has signed: now the command can be sent.
pub(crate) fn signed(tx: &mut Tx<'_>, waiting: Waiting, certificate_chain: String) -> Result<(), DbError> {
    let renewal = Renewal {
        certificate_chain: Some(certificate_chain),
        ..waiting.renewal
    };
    let parameters = serde_json::json!(renewal).to_string();
    commands::update_parameters(tx.conn, waiting.command.number, &parameters)?;
    tx.wakes.controllers.push(waiting.command.controller_id);
    Ok(())
}

/// The authority does not want to.
pub(crate) fn refused(tx: &mut Tx<'_>, waiting: &Waiting, why: String) -> Result<(), DbError> {
    let outcome = Outcome::failed("not_signed", Some(why));
    complete_command_alone(tx, &waiting.command, outcome).map(drop)
}
