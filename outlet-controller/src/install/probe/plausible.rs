//! What a value of the mains can be.

use crate::modbus::point::Quantity;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Only that quantity looks like this.
    Distinct,
    Fitting,
    /// Zero where there must be mains: a phase that is not connected, or no such value at all.
    NoMains,
    Impossible,
}

/// `value` is in mV, mA, W, Wh or mHz.
pub(crate) fn judge(quantity: Quantity, value: i64) -> Judgement {
    let (distinct, possible) = match quantity {
        Quantity::Voltage => (Some(80_000..=300_000), 80_000..=300_000),
        Quantity::Frequency => (Some(45_000..=65_000), 45_000..=65_000),
        Quantity::Current => (None, -10_000_000..=10_000_000),
        Quantity::Power => (None, -5_000_000..=5_000_000),
        Quantity::EnergyImport | Quantity::EnergyExport => (None, 0..=100_000_000_000),
    };
    if value == 0 && distinct.is_some() {
        Judgement::NoMains
    } else if distinct.is_some_and(|range| range.contains(&value)) {
        Judgement::Distinct
    } else if possible.contains(&value) {
        Judgement::Fitting
    } else {
        Judgement::Impossible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mains_voltage_and_frequency_are_told_from_other_numbers() {
        let check =
            |quantity, value, expected| assert_eq!(judge(quantity, value), expected, "{quantity:?} {value}");
        check(Quantity::Voltage, 79_999, Judgement::Impossible);
        check(Quantity::Voltage, 80_000, Judgement::Distinct);
        check(Quantity::Voltage, 300_001, Judgement::Impossible);
        check(Quantity::Frequency, 44_999, Judgement::Impossible);
        check(Quantity::Frequency, 60_020, Judgement::Distinct);
        check(Quantity::Frequency, 0, Judgement::NoMains);
        check(Quantity::Current, 0, Judgement::Fitting);
        check(Quantity::Current, -15_000, Judgement::Fitting);
        check(Quantity::EnergyImport, -1, Judgement::Impossible);
    }
}
