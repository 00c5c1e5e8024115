//! What others must hear of an outlet, and why a command is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::TransactionId;
use crate::meter::Anomaly;
use crate::observation::{Position, Reading};
use crate::units::{MilliAmps, Millis, WattHours};

/// A fact that must reach the server once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The breaker was seen closed for a charge (通電).
    Energized,
    /// Current was seen (充電開始), or seen again.
    ChargingStarted,
    /// No current any more: the car is full or pauses.
    ChargingPaused,
    /// The power has opened the breaker of a charge, which waits to be closed again.
    PowerLost,
    /// The breaker of a charge that the power had opened is closed again.
    PowerResumed,
    /// A charge has ended; it never was energized where `charge.energized` is false.
    Ended {
        charge: Box<super::Charge>,
        reason: EndReason,
        energy: WattHours,
        register: Option<WattHours>,
    },
    BreakerMoved {
        position: Position,
        tripped: bool,
    },
    CurrentRise {
        current: MilliAmps,
        threshold: MilliAmps,
    },
    MeterAnomaly(Anomaly),
    /// The register's new level is believed; the difference is attributed to nobody.
    MeterRebased {
        from: WattHours,
        to: WattHours,
    },
    Fault(Fault),
    FaultCleared(Fault),
    Notice(Notice),
}

/// Something that a person should hear of and that locks nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Closed for a while, and no current was ever seen.
    NoLoad,
    /// The car has charged and draws next to nothing any more.
    CarIdle,
    /// The breaker was closed at the panel; nobody is billed.
    ClosedByHand,
    /// The contact does not part: only the supply before it makes the outlet safe.
    OpenUpstream,
    /// The position contact moves more often than a breaker can; not each move is told.
    ContactChatters,
    /// So much of the breaker's life is used up.
    Worn { percent: u8, operations: u64 },
}

/// Whether a closed breaker delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Closed, no current seen yet.
    Energized,
    Charging,
    /// Current was seen and is gone: the car is full or pauses.
    Paused,
}

/// Why a charge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The app backend asked for it.
    Remote,
    TimeLimit,
    EnergyLimit,
    Tripped,
    /// The breaker was opened at the panel.
    OpenedByHand,
    /// The breaker did not close.
    DidNotClose,
    /// The breaker could not be seen or told to close for too long.
    Unreachable,
    Welded,
    /// The controller's disk takes nothing, so that the charge cannot be accounted for.
    DiskFailed,
    /// No current was ever seen; nothing is billed.
    NoLoad,
    /// The car is full.
    CarIdle,
    OverCurrent,
    Leakage,
    /// Position and meter contradict each other.
    FeedbackBroken,
    PowerLoss,
    /// The controller was told to start anew at once.
    Reset,
}

/// What makes an outlet unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Told to close, not seen closed in time. Cleared by the next request to start.
    DidNotClose,
    /// Told to open, still seen closed after three tries.
    DidNotOpen,
    /// Never closed again until a person clears it.
    Tripped,
    /// Seen open and yet carrying current.
    Welded,
    /// More current than the outlet is rated for.
    OverCurrent,
    /// Earth leakage is signalled.
    Leakage,
    /// The position says open, and the meter says closed.
    FeedbackBroken,
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "reason", content = "detail", rename_all = "snake_case")]
pub enum Refusal {
    /// Another charge has not ended.
    Busy,
    /// Somebody has taken the outlet out of use.
    Unavailable,
    Faulted(Fault),
    /// The breaker's position, or whether it has tripped, is not known, so it is not closed.
    PositionUnknown,
    /// The breaker must stay open a little longer.
    TooSoon(Millis),
    /// The breaker has been closed too often in the last ten minutes or the last hour.
    TooOften,
    /// Nobody has put the panel into service yet.
    NotCommissioned,
    /// The outlet's meter is not the one that belongs here.
    WrongMeter,
    /// The meter tells no register, so an amount of energy cannot be kept.
    RegisterUnknown,
    UnknownTransaction,
    UnknownOutlet,
}

/// What is known of an outlet now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub position: Position,
    pub tripped: bool,
    pub reading: Reading,
    /// The last register that was believed.
    pub register: Option<WattHours>,
    pub fault: Option<Fault>,
    pub transaction: Option<TransactionId>,
    /// Delivered in the charge that has not ended.
    pub energy: Option<WattHours>,
    pub phase: Option<Phase>,
    /// How often the breaker has closed in its life.
    pub operations: u64,
    /// Whether starts are taken.
    pub available: bool,
}

impl Fault {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::DidNotClose => "did_not_close",
            Self::DidNotOpen => "did_not_open",
            Self::Tripped => "tripped",
            Self::Welded => "welded",
            Self::OverCurrent => "over_current",
            Self::Leakage => "leakage",
            Self::FeedbackBroken => "feedback_broken",
        }
    }
}

impl Notice {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLoad => "no_load",
            Self::CarIdle => "car_idle",
            Self::ClosedByHand => "closed_by_hand",
            Self::OpenUpstream => "open_upstream",
            Self::ContactChatters => "contact_chatters",
            Self::Worn { .. } => "breaker_worn",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("another charge has not ended"),
            Self::Unavailable => f.write_str("the outlet is out of use"),
            Self::Faulted(fault) => write!(f, "the outlet is locked out: {}", fault.name()),
            Self::PositionUnknown => {
                f.write_str("the breaker's position, or whether it has tripped, is not known")
            }
            Self::TooSoon(wait) => write!(f, "the breaker must stay open for another {} ms", wait.0),
            Self::TooOften => {
                f.write_str("the breaker has closed too often in the last ten minutes or the last hour")
            }
            Self::NotCommissioned => f.write_str("the outlet is not commissioned"),
            Self::WrongMeter => f.write_str("the outlet's meter is not the one that belongs there"),
            Self::RegisterUnknown => {
                f.write_str("the outlet's meter tells no register, so an amount of energy cannot be kept")
            }
            Self::UnknownTransaction => f.write_str("this transaction is not running here"),
            Self::UnknownOutlet => f.write_str("the panel has no such outlet"),
        }
    }
}

impl std::error::Error for Refusal {}
