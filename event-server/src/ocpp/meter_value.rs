//! OCPP's sampled values as samples in integer units.

use domain::observation::Position;
use serde_json::{Map, Value};

use super::versions::both_versions;
use crate::operations::outlet_report::{Place, Sample, Seen};

/// The vendor whose customData we read and write.
pub(super) const VENDOR: &str = "denro";
/// Larger values are no measurements.
const LARGEST: f64 = 9.0e15;

/// One sampled value, its enumerations as texts.
struct Sampled<'a> {
    value: f64,
    measurand: &'a str,
    phase: Option<&'a str>,
    location: Option<&'a str>,
    unit: Option<&'a str>,
    multiplier: i64,
}

/// Sums up values that come by phase, where none comes without.
#[derive(Default)]
struct Gathered {
    whole: Sample,
    by_phase: Sample,
}

impl Gathered {
    /// Takes a value in; what is of another measurand, place or unit is left out.
    fn add(&mut self, sampled: &Sampled<'_>) {
        if matches!(sampled.location, Some("EV" | "Body" | "Cable")) {
            return;
        }
        let Some(value) = integer(sampled) else { return };
        let whole = sampled.phase.is_none();
        let sample = if whole {
            &mut self.whole
        } else {
            &mut self.by_phase
        };
        let sum = |old: Option<i64>| Some(old.map_or(value, |old| old.saturating_add(value)));
        match sampled.measurand {
            "Energy.Active.Import.Register" if whole => sample.register_wh = Some(value),
            "Energy.Active.Import.Register" => sample.register_wh = sum(sample.register_wh),
            "Power.Active.Import" if whole => sample.power_w = Some(value),
            "Power.Active.Import" => sample.power_w = sum(sample.power_w),
            "Voltage" => sample.voltage_mv = sample.voltage_mv.or(Some(value)),
            "Current.Import" => sample.current_ma = sample.current_ma.max(Some(value)),
            _ => {}
        }
    }

    fn sample(self, at: i64) -> Sample {
        let (whole, by_phase) = (self.whole, self.by_phase);
        Sample {
            at,
            register_wh: whole.register_wh.or(by_phase.register_wh),
            voltage_mv: whole.voltage_mv.or(by_phase.voltage_mv),
            current_ma: whole.current_ma.or(by_phase.current_ma),
            power_w: whole.power_w.or(by_phase.power_w),
        }
    }
}

/// The value in Wh, mV, mA or W; `None` for a wrong unit or no number.
#[expect(clippy::cast_possible_truncation, reason = "checked to be far inside i64")]
fn integer(sampled: &Sampled<'_>) -> Option<i64> {
    let (base, default, scale) = match sampled.measurand {
        "Energy.Active.Import.Register" => ("Wh", "Wh", 1.0),
        "Power.Active.Import" => ("W", "W", 1.0),
        "Voltage" => ("V", "V", 1000.0),
        "Current.Import" => ("A", "A", 1000.0),
        _ => return None,
    };
    let prefix = match sampled.unit.unwrap_or(default).strip_suffix(base)? {
        "" => 1.0,
        "k" => 1000.0,
        "m" => 0.001,
        _ => return None,
    };
    let exponent = i32::try_from(sampled.multiplier).ok()?;
    let value = (sampled.value * prefix * scale * 10_f64.powi(exponent)).round();
    (value.abs() <= LARGEST).then_some(value as i64)
}

/// Sampled values of either version.
pub(super) trait MeterValues {
    /// The samples in their order, and whether any answers a trigger.
    fn samples(&self) -> (Vec<Sample>, bool);
}

/// The customData of either version.
pub(super) trait Custom {
    /// The data of our own controller.
    fn ours(&self) -> Option<&Map<String, Value>>;

    fn our_text(&self, key: &str) -> Option<&str> {
        self.ours()?.get(key)?.as_str()
    }

    /// Where our own controller has it in its journal.
    fn place(&self) -> Option<Place> {
        let number = |key| self.ours()?.get(key)?.as_i64();
        let (journal, sample) = (number("journal")?, number("sample"));
        Some(Place {
            journal,
            number: sample.or_else(|| number("report"))?,
            is_sample: sample.is_some(),
        })
    }

    /// What our own controller says of the breaker.
    fn seen(&self) -> Option<Seen> {
        let tripped = self.ours()?.get("tripped").and_then(Value::as_bool);
        let breaker = match self.our_text("breaker")? {
            "closed" => Position::Closed,
            "open" => Position::Open,
            _ => Position::Unknown,
        };
        Some(Seen {
            breaker,
            tripped: tripped.unwrap_or(false),
            fault: self.our_text("fault").map(str::to_owned),
        })
    }
}

both_versions! {
    impl MeterValues for [wire::MeterValue] {
        fn samples(&self) -> (Vec<Sample>, bool) {
            let mut requested = false;
            let samples = self.iter().map(|value| {
                let mut gathered = Gathered::default();
                for sampled in &value.sampled_value {
                    requested |= sampled.context == Some(wire::ReadingContextEnum::Trigger);
                    gathered.add(&sampled_value(sampled));
                }
                gathered.sample(value.timestamp.as_microsecond())
            });
            let samples = samples.collect();
            (samples, requested)
        }
    }

    fn sampled_value(value: &wire::SampledValue) -> Sampled<'_> {
        let unit = value.unit_of_measure.as_ref();
        let default = wire::MeasurandEnum::EnergyActiveImportRegister;
        Sampled {
            value: value.value,
            measurand: value.measurand.unwrap_or(default).as_str(),
            phase: value.phase.map(wire::PhaseEnum::as_str),
            location: value.location.map(wire::LocationEnum::as_str),
            unit: unit.and_then(|unit| unit.unit.as_deref()),
            multiplier: unit.and_then(|unit| unit.multiplier).unwrap_or(0),
        }
    }

    impl Custom for wire::CustomData {
        fn ours(&self) -> Option<&Map<String, Value>> {
            (&*self.vendor_id == VENDOR).then_some(&self.extra)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_of(json: &str) -> Sample {
        let at = "\"timestamp\":\"2026-11-20T07:00:00Z\"";
        let value: api_spec::ocpp::v21::MeterValue =
            serde_json::from_str(&format!("{{{at},\"sampledValue\":{json}}}")).unwrap();
        let (samples, _) = [value].samples();
        Sample { at: 0, ..samples[0] }
    }

    fn register(wh: i64) -> Sample {
        Sample {
            register_wh: Some(wh),
            ..Sample::default()
        }
    }

    #[test]
    fn values_become_integers_of_our_units() {
        let table = [
            (r#"[{"value":1234.6}]"#, register(1235)),
            (
                r#"[{"value":1.5,"unitOfMeasure":{"unit":"kWh"}}]"#,
                register(1500),
            ),
            (
                r#"[{"value":15,"unitOfMeasure":{"multiplier":2}}]"#,
                register(1500),
            ),
            (
                r#"[{"value":15,"unitOfMeasure":{"unit":"A"}}]"#,
                Sample::default(),
            ),
            (r#"[{"value":1e300}]"#, Sample::default()),
            (
                r#"[{"value":5,"unitOfMeasure":{"multiplier":400}}]"#,
                Sample::default(),
            ),
            (r#"[{"value":5,"measurand":"SoC"}]"#, Sample::default()),
            (
                r#"[{"value":15.25,"measurand":"Current.Import"},{"value":200.5,"measurand":"Voltage"},
                    {"value":3050.4,"measurand":"Power.Active.Import"}]"#,
                Sample {
                    current_ma: Some(15_250),
                    voltage_mv: Some(200_500),
                    power_w: Some(3050),
                    ..Sample::default()
                },
            ),
            (
                r#"[{"value":100,"phase":"L1"},{"value":50,"phase":"L2"},
                    {"value":1,"phase":"L1","measurand":"Current.Import"},
                    {"value":2,"phase":"L2","measurand":"Current.Import"}]"#,
                Sample {
                    register_wh: Some(150),
                    current_ma: Some(2000),
                    ..Sample::default()
                },
            ),
            (r#"[{"value":100,"phase":"L1"},{"value":175}]"#, register(175)),
            (r#"[{"value":100,"location":"EV"}]"#, Sample::default()),
        ];
        for (json, expected) in table {
            assert_eq!(sample_of(json), expected, "{json}");
        }
    }

    #[test]
    fn only_our_own_custom_data_tells_of_the_breaker() {
        let data = |json: &str| serde_json::from_str::<api_spec::ocpp::v21::CustomData>(json).unwrap();
        let ours = data(r#"{"vendorId":"denro","breaker":"closed","tripped":true,"fault":"welded"}"#);
        let expected = Seen {
            breaker: Position::Closed,
            tripped: true,
            fault: Some("welded".into()),
        };
        assert_eq!(ours.seen(), Some(expected));
        let other = data(r#"{"vendorId":"other","breaker":"closed"}"#);
        assert_eq!(other.seen(), None);
    }
}
