//! Where a bus is, and the ways in which it may want to be spoken to.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::frame::Envelope;
use crate::modbus::library::Library;
use crate::modbus::panel::Framing;

/// As a panel file has it.
pub(crate) fn framing_name(framing: Framing) -> &'static str {
    match framing {
        Framing::EightNoneOne => "8N1",
        Framing::EightEvenOne => "8E1",
        Framing::EightOddOne => "8O1",
        Framing::EightNoneTwo => "8N2",
    }
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Tcp { host: String, port: u16 },
    Serial { port: String },
}

/// How it may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    ModbusTcp,
    RtuOverTcp,
    Serial { baud: u32, framing: Framing },
}

/// As often as they are met, roughly.
const COMMON_SPEEDS: [u32; 6] = [9_600, 19_200, 38_400, 2_400, 115_200, 4_800];
pub(crate) const FRAMINGS: [Framing; 4] = [
    Framing::EightNoneOne,
    Framing::EightEvenOne,
    Framing::EightNoneTwo,
    Framing::EightOddOne,
];

impl Setting {
    pub(crate) fn envelope(self) -> Envelope {
        match self {
            Self::ModbusTcp => Envelope::Tcp,
            Self::RtuOverTcp | Self::Serial { .. } => Envelope::Rtu,
        }
    }

    /// What a question and the longest answer of a probe take on the line.
    pub(crate) fn line_time(self) -> Duration {
        match self {
            Self::ModbusTcp | Self::RtuOverTcp => Duration::ZERO,
            Self::Serial { baud, framing } => {
                let bits = u64::from(framing.bits_per_character()) * LONGEST_TALK_BYTES;
                Duration::from_millis(bits * 1000 / u64::from(baud.max(1)))
            }
        }
    }
}

/// Eight bytes there, and a few registers back.
const LONGEST_TALK_BYTES: u64 = 24;

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModbusTcp => f.write_str("Modbus TCP"),
            Self::RtuOverTcp => f.write_str("RTU over TCP"),
            Self::Serial { baud, framing } => write!(f, "{baud} {}", framing_name(*framing)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Serial { port } => f.write_str(port),
        }
    }
}

/// The speeds that device files name, the common ones first.
pub(crate) fn speeds(library: &Library) -> Vec<u32> {
    let named: BTreeSet<u32> = library
        .ids()
        .filter_map(|id| library.device(id))
        .flat_map(|device| device.link.baud.clone())
        .collect();
    let common = COMMON_SPEEDS.into_iter().filter(|speed| named.contains(speed));
    let rest = named
        .iter()
        .copied()
        .filter(|speed| !COMMON_SPEEDS.contains(speed));
    common.chain(rest).collect()
}
