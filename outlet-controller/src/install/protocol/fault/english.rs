//! What can be wrong with a panel, in English.

use super::{Fault, list, volts};

pub(super) fn text(fault: &Fault) -> String {
    match fault {
        Fault::NoAnswer => "does not answer".into(),
        Fault::NoSerialNumber => "tells no serial number".into(),
        Fault::SerialNumberTwice { also } => format!("has the serial number of {also} too"),
        Fault::NotOff => "is not OFF".into(),
        Fault::OthersNotOff { outlets } => format!("outlet {} is not seen OFF", list(outlets)),
        Fault::PositionUnknown => "its position cannot be read".into(),
        Fault::TrippedAlready => "is tripped".into(),
        Fault::LeakageAlready => "its leakage input acts".into(),
        Fault::AlarmUnknown => "its alarm contacts cannot be read".into(),
        Fault::CannotSwitch { problem } => format!("cannot be told to move: {problem}"),
        Fault::DoesNotClose { within_ms } => format!("was not seen closed within {within_ms} ms"),
        Fault::TooSlow { within_ms } => format!("moved later than travel_ms + verify_ms = {within_ms}"),
        Fault::OthersMove { outlets } => format!("the position of outlet {} moved", list(outlets)),
        Fault::NoVoltage => "no voltage can be read".into(),
        Fault::ImplausibleVoltage { allowed_v } => format!("the voltage is not {}", volts(allowed_v)),
        Fault::MeterSilent => "its meter shows no current".into(),
        Fault::NoMeterSeesLoad => "no meter sees the load".into(),
        Fault::OtherMetersSeeLoad { outlets } => {
            format!("the meter of outlet {} sees the load", list(outlets))
        }
        Fault::MainSilent => "the main meter shows no current".into(),
        Fault::MainSeesNoLoad => "the main meter does not see the load".into(),
        Fault::MainReversed => "the main meter counts the load backwards".into(),
        Fault::NoRegister => "the register cannot be read".into(),
        Fault::Reversed => "power is negative, or export counts".into(),
        Fault::RegisterStandsStill => "the register does not count".into(),
        Fault::DoesNotOpen { within_ms } => format!("was not seen open within {within_ms} ms"),
        Fault::CurrentStays => "current still flows".into(),
        Fault::NoTripSeen => "no trip input acted".into(),
        Fault::TripSeenElsewhere { outlets } => format!("the trip input of outlet {} acted", list(outlets)),
        Fault::NoLeakageSeen => "the leakage input did not act".into(),
        Fault::TripStays => "the trip input stays".into(),
    }
}

/// What to look at.
pub(super) fn hint(fault: &Fault) -> &'static str {
    match fault {
        Fault::NoAnswer => {
            "Supply, A and B, unit id, speed and framing; `outlet-controller probe` says what answers."
        }
        Fault::NoSerialNumber | Fault::SerialNumberTwice { .. } => {
            "Is it the device that the panel file names? Two units may answer to one id."
        }
        Fault::NotOff | Fault::DoesNotOpen { .. } => {
            "Open it by hand. Then: the output and its wires, the drive's supply, the position contact (on = 0 or 1)."
        }
        Fault::OthersNotOff { .. } => "No second breaker is closed: find out why that one is not OFF.",
        Fault::PositionUnknown => "Does the unit with the position inputs answer?",
        Fault::TrippedAlready => {
            "Find out why, and reset the breaker; or the trip contact is the other way round (on = 0 or 1)."
        }
        Fault::LeakageAlready => {
            "Find the leakage, and reset; or the leakage contact is the other way round (on = 0 or 1)."
        }
        Fault::AlarmUnknown => "Does the unit with the alarm inputs answer?",
        Fault::CannotSwitch { .. } => {
            "Does the unit with the outputs answer? Its mode must be normal, not linked to inputs."
        }
        Fault::DoesNotClose { .. } => {
            "Is the lever in remote position? The output's wires, the drive's supply; the position contact and its input."
        }
        Fault::TooSlow { .. } => "Take over the proposed times, and check again.",
        Fault::OthersMove { .. } => {
            "Look which lever moved: another one – the outputs are swapped; this one – the position contacts are."
        }
        Fault::NoVoltage | Fault::MeterSilent | Fault::MainSilent | Fault::NoRegister => {
            "Does the meter answer, and is it the device that the panel file names?"
        }
        Fault::ImplausibleVoltage { .. } => {
            "Which phases feed the outlet and the meter? Another supply belongs into [supply]; a wrong device file shows wrong numbers too."
        }
        Fault::NoMeterSeesLoad => {
            "Is the load on? The current transformer: closed around the wire, its plug, the right input."
        }
        Fault::OtherMetersSeeLoad { .. } => {
            "The meters, their current transformers or the sockets' wires are swapped: a neighbour would pay."
        }
        Fault::MainSeesNoLoad => {
            "Does its current transformer sit around the wire that feeds all outlets? One that sees one phase of three cannot serve as [main]."
        }
        Fault::Reversed | Fault::MainReversed => {
            "The current transformer sits the wrong way round (K and L), or L and N of the meter are swapped."
        }
        Fault::RegisterStandsStill => {
            "Does the meter's own display count? The device file may name another register."
        }
        Fault::CurrentStays => {
            "Welded contacts or a bypass: open the upstream breaker, do not use this outlet."
        }
        Fault::NoTripSeen | Fault::NoLeakageSeen => {
            "The alarm contact, its wires and its input; on = 0 or 1 in the panel file."
        }
        Fault::TripSeenElsewhere { .. } => "The alarm contacts are swapped at the inputs.",
        Fault::TripStays => "Is the breaker reset? The alarm contact may need the lever fully down.",
    }
}
