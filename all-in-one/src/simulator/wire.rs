//! The panel as Modbus units: a relay board, an input board, one meter per outlet, one for the main circuit.

use std::ops::Range;

use domain::ids::OutletNumber;
use tokio_modbus::{ExceptionCode, Request, Response};

use super::meter::{Face, Shown};
use super::world::World;

pub(super) const RELAY_UNIT: u8 = 1;
pub(super) const TRIP_UNIT: u8 = 2;
/// Outlet 1; the others follow.
pub(super) const FIRST_METER_UNIT: u8 = 11;
pub(super) const MAIN_METER_UNIT: u8 = 20;

const COILS: u16 = 8;
const MAX_METER_REGISTERS: u16 = 80;
/// The SDM120's input registers end after "total active energy" at 0x0156.
const METER_REGISTERS: Range<u16> = 0..0x0158;
const SERIAL_REGISTERS: Range<u16> = 0xFC00..0xFC02;
/// Output modes of the relay board; 0 is "normal".
const RELAY_MODES: Range<u16> = 0x1000..0x1008;

/// `None` is silence.
pub(super) type Answer = Result<Option<Response>, ExceptionCode>;

#[derive(Clone, Copy)]
enum Unit {
    Relay,
    Trip,
    /// `None` is the main circuit's.
    Meter(Option<OutletNumber>),
}

fn unit(id: u8, outlets: u8) -> Option<Unit> {
    match id {
        RELAY_UNIT => Some(Unit::Relay),
        TRIP_UNIT => Some(Unit::Trip),
        MAIN_METER_UNIT => Some(Unit::Meter(None)),
        meter => OutletNumber::new(meter.checked_sub(FIRST_METER_UNIT)? + 1)
            .filter(|number| number.get() <= outlets)
            .map(|number| Unit::Meter(Some(number))),
    }
}

/// Answers one request; `world` has been stepped to the present.
pub(super) fn answer(world: &mut World, outlets: u8, id: u8, request: &Request<'_>) -> Answer {
    let unit = unit(id, outlets).ok_or(ExceptionCode::GatewayTargetDevice)?;
    if let Unit::Meter(outlet) = unit
        && world.shown(outlet) == Shown::Nothing
    {
        return Ok(None);
    }
    respond(world, unit, request).map(Some)
}

fn respond(world: &mut World, unit: Unit, request: &Request<'_>) -> Result<Response, ExceptionCode> {
    use Request::{
        ReadCoils, ReadDiscreteInputs, ReadHoldingRegisters, ReadInputRegisters, WriteMultipleCoils,
        WriteSingleCoil,
    };
    match (unit, request) {
        (Unit::Relay, ReadCoils(start, count)) => {
            bits(*start, *count, |number| world.breaker(number).coil).map(Response::ReadCoils)
        }
        (Unit::Relay, ReadDiscreteInputs(start, count)) => {
            bits(*start, *count, |number| world.breaker(number).mechanism_closed)
                .map(Response::ReadDiscreteInputs)
        }
        (Unit::Relay, WriteSingleCoil(address, on)) => {
            write(world, *address, &[*on])?;
            Ok(Response::WriteSingleCoil(*address, *on))
        }
        (Unit::Relay, WriteMultipleCoils(start, values)) => {
            let count = write(world, *start, values)?;
            Ok(Response::WriteMultipleCoils(*start, count))
        }
        (Unit::Relay, ReadHoldingRegisters(start, count)) => {
            words(&RELAY_MODES, *start, *count, |_| 0).map(Response::ReadHoldingRegisters)
        }
        (Unit::Trip, ReadDiscreteInputs(start, count)) => {
            bits(*start, *count, |number| world.breaker(number).tripped).map(Response::ReadDiscreteInputs)
        }
        (Unit::Meter(outlet), ReadInputRegisters(start, count)) => {
            let shown = world.shown(outlet);
            parameters(&METER_REGISTERS, *start, *count, |address| {
                parameter(&shown, address).to_bits()
            })
            .map(Response::ReadInputRegisters)
        }
        (Unit::Meter(outlet), ReadHoldingRegisters(start, count)) => {
            let serial = outlet
                .map_or(world.main_meter(), |number| world.meter(number))
                .serial;
            parameters(&SERIAL_REGISTERS, *start, *count, |_| serial).map(Response::ReadHoldingRegisters)
        }
        (_, _) => Err(ExceptionCode::IllegalFunction),
    }
}

/// The value of the input register pair at an even address; a hole in the map reads as zero.
fn parameter(shown: &Shown, address: u16) -> f32 {
    let defined = matches!(
        address,
        0x00 | 0x06 | 0x0C | 0x12 | 0x1E | 0x46 | 0x48 | 0x4A | 0x0156
    );
    match shown {
        Shown::Values(face) => value(face, address),
        Shown::NotNumbers if defined => f32::NAN,
        Shown::NotNumbers | Shown::Nothing => 0.0,
    }
}

fn value(face: &Face, address: u16) -> f32 {
    let thousandths = match address {
        0x0000 => face.flow.voltage_mv,
        0x0006 => face.flow.current_ma,
        0x000C => face.flow.power_mw,
        0x0012 => face.flow.power_mw.abs(),
        0x001E => 1_000,
        0x0046 => 50_000,
        0x0048 => face.import_wh,
        0x004A => face.export_wh,
        0x0156 => face.import_wh.saturating_add(face.export_wh),
        _ => 0,
    };
    (thousandths as f64 / 1000.0) as f32
}

/// A read of whole 32-bit parameters, high word first.
fn parameters(
    map: &Range<u16>,
    start: u16,
    count: u16,
    value: impl Fn(u16) -> u32,
) -> Result<Vec<u16>, ExceptionCode> {
    if start & 1 == 1 || count & 1 == 1 || count > MAX_METER_REGISTERS {
        return Err(ExceptionCode::IllegalDataValue);
    }
    words(map, start, count, |address| {
        let [a, b, c, d] = value(address & !1).to_be_bytes();
        u16::from_be_bytes(if address & 1 == 0 { [a, b] } else { [c, d] })
    })
}

fn words(
    map: &Range<u16>,
    start: u16,
    count: u16,
    word: impl Fn(u16) -> u16,
) -> Result<Vec<u16>, ExceptionCode> {
    let end = start
        .checked_add(count)
        .ok_or(ExceptionCode::IllegalDataAddress)?;
    if count == 0 {
        return Err(ExceptionCode::IllegalDataValue);
    }
    if start < map.start || end > map.end {
        return Err(ExceptionCode::IllegalDataAddress);
    }
    Ok((start..end).map(word).collect())
}

fn bits(start: u16, count: u16, bit: impl Fn(OutletNumber) -> bool) -> Result<Vec<bool>, ExceptionCode> {
    Ok(coils(start, count)?.map(bit).collect())
}

fn write(world: &mut World, start: u16, values: &[bool]) -> Result<u16, ExceptionCode> {
    let count = u16::try_from(values.len()).map_err(|_| ExceptionCode::IllegalDataValue)?;
    let numbers = coils(start, count).inspect_err(|_| world.forbidden_writes += 1)?;
    for (number, on) in numbers.zip(values) {
        world.write_coil(number, *on);
    }
    Ok(count)
}

/// The outlets behind a range of the eight coils or inputs.
fn coils(start: u16, count: u16) -> Result<impl Iterator<Item = OutletNumber>, ExceptionCode> {
    if count == 0 {
        return Err(ExceptionCode::IllegalDataValue);
    }
    let end = start.checked_add(count).filter(|end| *end <= COILS);
    let end = end.ok_or(ExceptionCode::IllegalDataAddress)?;
    Ok((start..end).filter_map(|address| OutletNumber::new(u8::try_from(address + 1).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::super::meter::MeterFault;
    use super::super::world::Build;
    use super::*;

    fn world() -> World {
        let build = Build {
            travel_ms: 0,
            speed: 1,
            seed: 1,
        };
        World::new(build, &[1_234_567], 0)
    }

    fn refused(request: Request<'_>, unit: u8, with: ExceptionCode) {
        let mut world = world();
        assert_eq!(answer(&mut world, 8, unit, &request), Err(with), "{request:?}");
        assert!(world.history().is_empty());
    }

    #[test]
    fn what_no_device_there_would_answer_is_refused() {
        refused(Request::ReadCoils(0, 9), 1, ExceptionCode::IllegalDataAddress);
        refused(Request::ReadCoils(0, 0), 1, ExceptionCode::IllegalDataValue);
        refused(
            Request::ReadInputRegisters(0, 2),
            1,
            ExceptionCode::IllegalFunction,
        );
        refused(
            Request::WriteSingleCoil(0, true),
            2,
            ExceptionCode::IllegalFunction,
        );
        refused(
            Request::ReadInputRegisters(1, 2),
            11,
            ExceptionCode::IllegalDataValue,
        );
        refused(
            Request::ReadInputRegisters(0, 82),
            11,
            ExceptionCode::IllegalDataValue,
        );
        refused(
            Request::ReadInputRegisters(0x0156, 4),
            11,
            ExceptionCode::IllegalDataAddress,
        );
        refused(
            Request::ReadHoldingRegisters(0xFC02, 2),
            11,
            ExceptionCode::IllegalDataAddress,
        );
        refused(Request::ReadCoils(0, 1), 0, ExceptionCode::GatewayTargetDevice);
        refused(Request::ReadCoils(0, 1), 19, ExceptionCode::GatewayTargetDevice);
    }

    #[test]
    fn the_boards_hazardous_coils_are_refused_and_counted() {
        let mut world = world();
        for address in [8, 0x00FF, 0x01FF, 0x0200, 0x0407, 0xFFFF] {
            let request = Request::WriteSingleCoil(address, true);
            let refusal = Err(ExceptionCode::IllegalDataAddress);
            assert_eq!(answer(&mut world, 8, RELAY_UNIT, &request), refusal);
        }
        assert_eq!(world.forbidden_writes, 6);
        assert!(world.history().is_empty());
    }

    #[test]
    fn meters_beyond_the_panels_outlets_are_not_there() {
        let request = Request::ReadInputRegisters(0, 2);
        assert!(answer(&mut world(), 2, 12, &request).is_ok());
        let refusal = Err(ExceptionCode::GatewayTargetDevice);
        assert_eq!(answer(&mut world(), 2, 13, &request), refusal);
    }

    #[test]
    fn a_meter_shows_kilowatt_hours_big_endian_and_zero_in_the_holes() {
        let request = Request::ReadInputRegisters(0x0046, 6);
        let Ok(Some(Response::ReadInputRegisters(words))) = answer(&mut world(), 8, 11, &request) else {
            panic!("no registers");
        };
        let float = |at: usize| f32::from_bits((u32::from(words[at]) << 16) | u32::from(words[at + 1]));
        assert_eq!((float(0), float(2), float(4)), (50.0, 1234.567, 0.0));
        let request = Request::ReadInputRegisters(0x0020, 0x26);
        let zeros = Response::ReadInputRegisters(vec![0; 0x26]);
        assert_eq!(answer(&mut world(), 8, 11, &request), Ok(Some(zeros)));
    }

    #[test]
    fn a_faulty_meter_says_nan_or_nothing() {
        let mut world = world();
        let outlet = OutletNumber::new(1);
        let request = Request::ReadInputRegisters(0x0048, 2);
        world.set_meter_fault(outlet, Some(MeterFault::Nan));
        let nan = Response::ReadInputRegisters(vec![0x7FC0, 0]);
        assert_eq!(answer(&mut world, 8, 11, &request), Ok(Some(nan)));
        world.set_meter_fault(outlet, Some(MeterFault::Silent));
        assert_eq!(answer(&mut world, 8, 11, &request), Ok(None));
    }
}
