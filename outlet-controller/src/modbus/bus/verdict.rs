//! What the end of a call says about the unit that was asked.

use std::time::Duration;

use super::{BusError, CallError, Data, ExceptionCode};

/// A device that is busy is left alone for as long.
pub(super) const BUSY_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Answered,
    /// It answered that it has no time.
    Busy,
    Silent,
    /// Something came that may be what was late.
    Unsure,
    /// Nothing: it was not reached.
    NotAsked,
}

pub(super) fn verdict(result: &Result<Data, CallError>) -> Verdict {
    match result {
        Ok(_) => Verdict::Answered,
        Err(CallError::DeviceRefused(code)) => match code {
            ExceptionCode::GatewayPathUnavailable | ExceptionCode::GatewayTargetDevice => Verdict::Silent,
            ExceptionCode::Acknowledge | ExceptionCode::ServerDeviceBusy => Verdict::Busy,
            ExceptionCode::IllegalFunction
            | ExceptionCode::IllegalDataAddress
            | ExceptionCode::IllegalDataValue
            | ExceptionCode::ServerDeviceFailure
            | ExceptionCode::MemoryParityError
            | ExceptionCode::Other(_) => Verdict::Answered,
        },
        Err(CallError::Bus(error)) => match error {
            BusError::Timeout | BusError::Io(_) | BusError::Checksum | BusError::Mismatch(_) => {
                Verdict::Silent
            }
            BusError::Unsure => Verdict::Unsure,
            BusError::Connect(_) | BusError::Down | BusError::Resting | BusError::Closed => Verdict::NotAsked,
        },
    }
}

pub(super) fn describe(result: &Result<Data, CallError>) -> String {
    result.as_ref().err().map(ToString::to_string).unwrap_or_default()
}
