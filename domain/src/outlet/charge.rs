//! One delivery of energy and what ends it.

use serde::{Deserialize, Serialize};

use super::Deadline;
use crate::ids::TransactionId;
use crate::limits::{LONGEST, Limits, NewLimits, WhenIdle};
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
    /// Whether it was reported that the power has opened the breaker, and not yet that it is closed again.
    #[serde(default)]
    pub interrupted: bool,
    #[serde(default)]
    pub when_idle: WhenIdle,
}

/// What ends a charge, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    deadline: Deadline,
    energy_limit: Option<WattHours>,
    when_idle: WhenIdle,
}

impl Charge {
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            deadline: self.deadline,
            energy_limit: self.energy_limit,
            when_idle: self.when_idle,
        }
    }

    pub(super) fn bind(&mut self, bounds: Bounds) {
        self.deadline = bounds.deadline;
        self.energy_limit = bounds.energy_limit;
        self.when_idle = bounds.when_idle;
    }

    pub(super) fn limit(&mut self, limits: NewLimits, now: Now) {
        self.deadline = Deadline::in_future(limits.duration.min(LONGEST), now);
        self.energy_limit = limits.energy;
        self.when_idle = limits.when_idle.unwrap_or(self.when_idle);
    }

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
            interrupted: false,
            when_idle: start.limits.when_idle,
        }
    }
}
