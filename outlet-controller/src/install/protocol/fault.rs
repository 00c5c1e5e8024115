//! What can be wrong with a panel, and where to look.

mod english;
mod japanese;

use serde::Serialize;

use crate::install::lang::Lang;

/// What a check has found wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Fault {
    NoAnswer,
    NoSerialNumber,
    SerialNumberTwice { also: String },
    NotOff,
    OthersNotOff { outlets: Vec<u8> },
    PositionUnknown,
    TrippedAlready,
    LeakageAlready,
    AlarmUnknown,
    CannotSwitch { problem: String },
    DoesNotClose { within_ms: u64 },
    TooSlow { within_ms: u64 },
    OthersMove { outlets: Vec<u8> },
    NoVoltage,
    ImplausibleVoltage { allowed_v: Vec<[u32; 2]> },
    MeterSilent,
    NoMeterSeesLoad,
    OtherMetersSeeLoad { outlets: Vec<u8> },
    MainSilent,
    MainSeesNoLoad,
    MainReversed,
    Reversed,
    NoRegister,
    RegisterStandsStill,
    DoesNotOpen { within_ms: u64 },
    CurrentStays,
    NoTripSeen,
    TripSeenElsewhere { outlets: Vec<u8> },
    NoLeakageSeen,
    TripStays,
}

fn list(outlets: &[u8]) -> String {
    let numbers: Vec<String> = outlets.iter().map(u8::to_string).collect();
    numbers.join(", ")
}

/// As "182–222 V, 91–111 V".
fn volts(ranges: &[[u32; 2]]) -> String {
    let ranges: Vec<String> = ranges
        .iter()
        .map(|[low, high]| format!("{low}–{high} V"))
        .collect();
    ranges.join(", ")
}

impl Fault {
    pub(crate) fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => english::text(self),
            Lang::Ja => japanese::text(self),
        }
    }

    /// What to look at.
    pub(crate) fn hint(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => english::hint(self),
            Lang::Ja => japanese::hint(self),
        }
    }
}
