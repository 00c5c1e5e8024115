//! Values in registers, as a device file describes them.

use serde::Deserialize;

use super::{Fault, pairs};

mod format;

pub(crate) use format::join;
pub use format::{Format, exponent};

/// The four address spaces of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Area {
    Coil,
    Discrete,
    Holding,
    Input,
}

impl Area {
    /// Coils and discrete inputs; the other two hold words.
    pub fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// The Modbus function that reads it.
    pub fn read_function(self) -> u8 {
        match self {
            Self::Coil => 1,
            Self::Discrete => 2,
            Self::Holding => 3,
            Self::Input => 4,
        }
    }
}

/// What a meter can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    Voltage,
    Current,
    Power,
    Frequency,
    EnergyImport,
    EnergyExport,
}

impl Quantity {
    pub(crate) const ALL: [Self; 6] = [
        Self::Voltage,
        Self::Current,
        Self::Power,
        Self::Frequency,
        Self::EnergyImport,
        Self::EnergyExport,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    /// Its key in a device file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Voltage => "voltage",
            Self::Current => "current",
            Self::Power => "power",
            Self::Frequency => "frequency",
            Self::EnergyImport => "energy_import",
            Self::EnergyExport => "energy_export",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl ValueType {
    /// Registers that a value takes.
    pub fn words(self) -> u16 {
        match self {
            Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
            Self::U64 | Self::I64 | Self::F64 => 4,
        }
    }

    fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// The order of the bytes of a 32-bit value on the wire; 64-bit values alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum WordOrder {
    #[default]
    Abcd,
    Cdab,
    Badc,
    Dcba,
}

impl WordOrder {
    pub(crate) fn swaps_words(self) -> bool {
        matches!(self, Self::Cdab | Self::Dcba)
    }

    pub(crate) fn swaps_bytes(self) -> bool {
        matches!(self, Self::Badc | Self::Dcba)
    }
}

/// The unit in which a device counts, after its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Symbol {
    V,
    A,
    W,
    #[serde(rename = "kW")]
    KiloW,
    Wh,
    #[serde(rename = "kWh")]
    KiloWh,
    Hz,
}

impl Symbol {
    /// How many of our units (mV, mA, W, Wh, mHz) one of these is.
    fn ours(self) -> i64 {
        match self {
            Self::W | Self::Wh => 1,
            Self::V | Self::A | Self::KiloW | Self::KiloWh | Self::Hz => 1000,
        }
    }

    fn allowed(quantity: Quantity) -> (&'static [Self], &'static str) {
        match quantity {
            Quantity::Voltage => (&[Self::V], "V"),
            Quantity::Current => (&[Self::A], "A"),
            Quantity::Power => (&[Self::W, Self::KiloW], "W, kW"),
            Quantity::Frequency => (&[Self::Hz], "Hz"),
            Quantity::EnergyImport | Quantity::EnergyExport => (&[Self::Wh, Self::KiloWh], "Wh, kWh"),
        }
    }
}

/// A device's own sign for "no value".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Marker {
    /// Raw bits, in the order ABCD.
    Bits(u64),
    /// Any not-a-number.
    Nan,
}

impl TryFrom<String> for Marker {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "nan" {
            return Ok(Self::Nan);
        }
        text.strip_prefix("0x")
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self::Bits)
            .ok_or_else(|| format!("found \"{text}\", allowed: \"nan\" or raw bits like \"0xFFFFFFFF\""))
    }
}

/// A meter that counts in larger steps bills nobody fairly.
const LONGEST_STEP_WH: f64 = 10_000.0;
const MOST_POWER_W: i64 = 100_000_000;

/// A point as a device file has it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct PointFile {
    area: Area,
    addr: u16,
    #[serde(rename = "type")]
    value_type: ValueType,
    #[serde(default)]
    order: WordOrder,
    #[serde(default = "one")]
    scale: f64,
    /// The register of the same area that holds the power of ten by which to multiply.
    scale_from: Option<u16>,
    /// In a circuit only: instead of the circuit's.
    pub(crate) stride: Option<u16>,
    unit: Symbol,
    #[serde(default)]
    #[cfg_attr(
        test,
        schemars(with = "Vec<String>", inner(regex(pattern = "^(nan|0x[0-9A-Fa-f]{1,16})$")))
    )]
    invalid: Vec<Marker>,
    #[serde(deserialize_with = "pairs::one")]
    range: [f64; 2],
    #[serde(default)]
    counter: bool,
    resolution: Option<f64>,
    max_power_w: Option<i64>,
}

fn one() -> f64 {
    1.0
}

/// One value of a meter: where it lies and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub area: Area,
    /// 0-based, as on the wire.
    pub addr: u16,
    pub format: Format,
    /// The register whose [`exponent`] goes to [`Format::decode_scaled`].
    pub scale_from: Option<u16>,
    /// The smallest step of the device, in our unit; rounded up, at least 1.
    pub resolution: Option<i64>,
    /// A counter cannot rise faster than this.
    pub max_power_w: Option<i64>,
}

impl PointFile {
    pub(crate) fn resolve(self, quantity: Quantity) -> Result<Point, Fault> {
        if self.area.is_bits() {
            return Err(Fault::new(
                "area",
                "found a bit area, allowed for a value: holding, input",
            ));
        }
        let (symbols, names) = Symbol::allowed(quantity);
        if !symbols.contains(&self.unit) {
            return Err(Fault::new(
                "unit",
                format!("found {:?}, allowed here: {names}", self.unit),
            ));
        }
        for marker in &self.invalid {
            self.check_marker(*marker)?;
        }
        self.check_counter(quantity)?;
        let (numerator, denominator) = decimal(self.scale)?;
        let ours = self.unit.ours();
        Ok(Point {
            area: self.area,
            addr: self.addr,
            scale_from: self.scale_from,
            resolution: self.resolution.map(|step| whole_steps(step * ours as f64)),
            max_power_w: self.max_power_w,
            format: Format {
                value_type: self.value_type,
                order: self.order,
                numerator: numerator.saturating_mul(ours),
                denominator,
                range: integer_range(self.range, ours)?,
                counter: self.counter,
                invalid: self.invalid,
            },
        })
    }

    /// A wrong step or power would let a register jump, or hold back what was really delivered.
    fn check_counter(&self, quantity: Quantity) -> Result<(), Fault> {
        let counts = matches!(quantity, Quantity::EnergyImport | Quantity::EnergyExport);
        let found = [
            ("counter", self.counter),
            ("resolution", self.resolution.is_some()),
            ("max_power_w", self.max_power_w.is_some()),
        ];
        if let Some((key, _)) = found.into_iter().find(|(_, found)| *found && !counts) {
            return Err(Fault::new(
                key,
                "allowed only for energy_import and energy_export",
            ));
        }
        if let Some(step) = self.resolution {
            let step_wh = step * self.unit.ours() as f64;
            if !(step_wh > 0.0 && step_wh <= LONGEST_STEP_WH) {
                let problem = format!("found {step}, allowed: above 0, at most {LONGEST_STEP_WH} Wh");
                return Err(Fault::new("resolution", problem));
            }
        }
        match self.max_power_w {
            Some(watts) if !(1..=MOST_POWER_W).contains(&watts) => Err(Fault::new(
                "max_power_w",
                format!("found {watts}, allowed: 1 to {MOST_POWER_W}"),
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn check_marker(&self, marker: Marker) -> Result<(), Fault> {
        let width = u32::from(self.value_type.words()) * 16;
        match marker {
            Marker::Nan if !self.value_type.is_float() => Err(Fault::new(
                "invalid",
                "found \"nan\", allowed only for f32 and f64",
            )),
            Marker::Bits(bits) if width < 64 && bits >> width != 0 => Err(Fault::new(
                "invalid",
                format!("found {bits:#X}, which is wider than {width} bits"),
            )),
            Marker::Nan | Marker::Bits(_) => Ok(()),
        }
    }
}

/// A scale as an exact fraction, so that integer registers never pass through floating point.
fn decimal(scale: f64) -> Result<(i64, i64), Fault> {
    (0..=9u32)
        .map(|digits| 10i64.pow(digits))
        .map(|denominator| (scale * denominator as f64, denominator))
        .find(|(scaled, _)| scaled.round() != 0.0 && (scaled - scaled.round()).abs() <= scaled.abs() * 1e-12)
        .map(|(scaled, denominator)| (round(scaled), denominator))
        .filter(|(numerator, _)| numerator.unsigned_abs() <= 1_000_000_000_000)
        .ok_or_else(|| {
            Fault::new(
                "scale",
                format!("found {scale}, allowed: not 0, at most 9 decimal places"),
            )
        })
}

fn integer_range([low, high]: [f64; 2], ours: i64) -> Result<(i64, i64), Fault> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(Fault::new(
            "range",
            format!("found [{low}, {high}], allowed: [low, high]"),
        ));
    }
    Ok((round(low * ours as f64), round(high * ours as f64)))
}

/// Upwards, but not for what binary fractions add.
fn whole_steps(step: f64) -> i64 {
    round((step - 1e-6).ceil()).max(1)
}

/// To the nearest integer; the callers have bounded the value.
fn round(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests;
