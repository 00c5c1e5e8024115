//! A command on its way to a controller.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// What a controller is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    StartSession,
    StopSession,
    /// New limits for a session that runs.
    ChangeLimits,
    StatusRequest,
    SetRiseThreshold,
    ClearFault,
    GetVariables,
    SetVariables,
    /// Starts are taken, or no longer.
    ChangeAvailability,
    /// The controller starts anew.
    Reset,
    /// A controller has asked for a new certificate, and gets it.
    RenewCertificate,
    InstallCertificate,
    ListCertificates,
    DeleteCertificate,
    /// The controller gets signed firmware and installs it.
    UpdateFirmware,
    /// The controller sends a log somewhere.
    UploadLog,
}

/// Where a command is; the last four are final, and every command reaches exactly one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    Accepted,
    /// The controller has it; its effect has not been seen.
    Sent,
    /// The effect was seen.
    Confirmed,
    /// The controller does not want to.
    Refused,
    /// The controller tried in vain, or answered with an error.
    Failed,
    /// No outcome in time.
    Expired,
}

/// A command and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Command {
    #[schema(example = "cmd_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub kind: CommandKind,
    pub state: CommandState,
    #[schema(required)]
    pub outlet_id: Option<String>,
    #[schema(required)]
    pub session_id: Option<String>,
    /// Why it was not confirmed, for programs.
    #[schema(required)]
    pub reason: Option<String>,
    /// Why it was not confirmed, for people; of confirmed `get_variables` a JSON array of `VariableRead`, of
    /// `list_certificates` one of `TrustedCertificate`, of `set_variables`, be it confirmed or refused, one of `VariableSet`.
    /// `scheduled`: it happens once the charges under way have ended. Of `update_firmware` and `upload_log` without an outcome:
    /// how far it is, such as `downloading` or `install_scheduled`.
    #[schema(required)]
    pub detail: Option<String>,
    pub created_at: Time,
    #[schema(required)]
    pub sent_at: Option<Time>,
    #[schema(required)]
    pub completed_at: Option<Time>,
    pub expires_at: Time,
}

/// The answer to what makes a command alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandAccepted {
    pub command: Command,
}
