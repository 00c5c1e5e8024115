//! One delivery of energy and what ends it.

use serde::{Deserialize, Serialize};

use super::Deadline;
use crate::ids::TransactionId;
use crate::limits::{Limits, WhenIdle};
use crate::units::{Now, Timestamp, WattHours};

/// A request to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub transaction: TransactionId,
    /// The server's number of this request, given back to it.
    pub remote_start_id: i64,
    pub id_token: String,
    pub limits: Limits,
}

/// An accepted start: what is delivered, for whom, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub transaction: TransactionId,
    pub remote_start_id: i64,
    pub id_token: String,
    pub deadline: Deadline,
    pub energy_limit: Option<WattHours>,
    pub accepted_at: Timestamp,
    /// The register when the charge was accepted, where one was known.
    pub start_register: Option<WattHours>,
    /// The meter's attributable energy when the charge was accepted.
    pub counted_at_start: WattHours,
    /// Whether *energized* was reported.
    pub energized: bool,
    /// Whether current was ever seen.
    #[serde(default)]
    pub charged: bool,
    #[serde(default)]
    pub when_idle: WhenIdle,
}

impl Charge {
    pub(super) fn accepted(start: Start, counted: WattHours, register: Option<WattHours>, now: Now) -> Self {
        Self {
            transaction: start.transaction,
            remote_start_id: start.remote_start_id,
            id_token: start.id_token,
            deadline: Deadline::in_future(start.limits.duration, now),
            energy_limit: start.limits.energy,
            accepted_at: now.wall,
            start_register: register,
            counted_at_start: counted,
            energized: false,
            charged: false,
            when_idle: start.limits.when_idle,
        }
    }
}
