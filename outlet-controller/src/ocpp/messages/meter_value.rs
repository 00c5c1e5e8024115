//! Readings as meter values: only what was measured, in Wh, V, A and W.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::v201::{MeasurandEnum, MeterValue, ReadingContextEnum, SampledValue, UnitOfMeasure};
use domain::observation::Reading;
use domain::units::{Timestamp, WattHours};

use super::time;

pub(super) type MeterValues = List<MeterValue, 1>;

/// `None` where the meter said nothing usable.
pub(super) fn of_reading(
    reading: &Reading,
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
    let sampled = values
        .into_iter()
        .filter_map(|(measurand, unit, value)| Some(sampled_value(measurand, unit, value?, context)))
        .collect();
    Some(List::one(MeterValue::new(List::new(sampled).ok()?, time(at))))
}

/// The register alone, at the begin or the end of a transaction.
pub(super) fn of_register(register: WattHours, context: ReadingContextEnum, at: Timestamp) -> MeterValues {
    let value = sampled_value(
        MeasurandEnum::EnergyActiveImportRegister,
        "Wh",
        whole(register.0),
        context,
    );
    List::one(MeterValue::new(List::one(value), time(at)))
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
