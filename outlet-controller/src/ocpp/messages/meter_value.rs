//! Readings as meter values: only what was measured, in Wh, V, A and W, and with each register what it was read from.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::v201::{
    CustomData, MeasurandEnum, MeterValue, ReadingContextEnum, SampledValue, UnitOfMeasure,
};
use domain::observation::Reading;
use domain::units::{Timestamp, WattHours};

use super::{VENDOR, time};

pub(super) type MeterValues = List<MeterValue, 1>;

/// `None` where the meter said nothing usable.
pub(super) fn of_reading(
    reading: &Reading,
    serial: Option<&str>,
    context: ReadingContextEnum,
    at: Timestamp,
) -> Option<MeterValues> {
    let register = reading.register.ok().map(|register| whole(register.0));
    let values = [
        (MeasurandEnum::EnergyActiveImportRegister, "Wh", register),
        (
            MeasurandEnum::Voltage,
            "V",
            reading.voltage.ok().map(|voltage| thousandth(voltage.0)),
        ),
        (
            MeasurandEnum::CurrentImport,
            "A",
            reading.current.ok().map(|current| thousandth(current.0)),
        ),
        (
            MeasurandEnum::PowerActiveImport,
            "W",
            reading.power.ok().map(|power| whole(power.0)),
        ),
    ];
    let mut sampled: Vec<_> = values
        .into_iter()
        .filter_map(|(measurand, unit, value)| Some(sampled_value(measurand, unit, value?, context)))
        .collect();
    if let Some(first) = sampled.first_mut().filter(|_| reading.register.is_ok()) {
        first.custom_data = origin(serial, reading.raw_register);
    }
    Some(List::one(MeterValue::new(List::new(sampled).ok()?, time(at))))
}

/// The register alone, at the begin or the end of a transaction.
pub(super) fn of_register(
    register: WattHours,
    (reading, serial): (&Reading, Option<&str>),
    context: ReadingContextEnum,
    at: Timestamp,
) -> MeterValues {
    let mut value = sampled_value(
        MeasurandEnum::EnergyActiveImportRegister,
        "Wh",
        whole(register.0),
        context,
    );
    // A register that is held on to was not read just now.
    let raw = reading.raw_register.filter(|_| reading.register == Ok(register));
    value.custom_data = origin(serial, raw);
    List::one(MeterValue::new(List::one(value), time(at)))
}

/// The meter's serial number and the bits of its register, before any conversion.
fn origin(serial: Option<&str>, raw: Option<u64>) -> Option<Box<CustomData>> {
    let serial = serial.map(|serial| ("meterSerial", serial.to_owned()));
    let raw = raw.map(|raw| ("rawRegister", format!("0x{raw:X}")));
    let known = [serial, raw].into_iter().flatten();
    let extra: serde_json::Map<_, _> = known.map(|(key, text)| (key.to_owned(), text.into())).collect();
    if extra.is_empty() {
        return None;
    }
    let mut data = CustomData::new(Str::truncated(VENDOR));
    data.extra = extra;
    Some(Box::new(data))
}

fn sampled_value(
    measurand: MeasurandEnum,
    unit: &str,
    value: f64,
    context: ReadingContextEnum,
) -> SampledValue {
    let mut sampled = SampledValue::new(value);
    sampled.measurand = Some(measurand);
    sampled.context = Some(context);
    sampled.unit_of_measure = Some(UnitOfMeasure {
        unit: Some(Str::truncated(unit)),
        ..UnitOfMeasure::default()
    });
    sampled
}

/// Exact: a register is far below 2^53.
fn whole(value: i64) -> f64 {
    value as f64
}

fn thousandth(value: i64) -> f64 {
    value as f64 / 1000.0
}
