//! Alike inputs or outputs of a device, counted from 1.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::modbus::Fault;
use crate::modbus::point::Area;

/// Alike inputs or outputs: element n = 1..=count lies at `base + stride * (n - 1)`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Bank {
    pub(crate) area: Area,
    base: u16,
    #[serde(default = "stride_one")]
    stride: u16,
    pub(crate) count: u16,
    /// The Modbus function that writes it.
    #[cfg_attr(test, schemars(with = "Option<u8>", extend("enum" = [5, 6, 15, 16])))]
    pub(crate) write_fc: Option<WriteFunction>,
    pub(crate) pulse_ms: Option<u64>,
    /// The device ends a pulse or an order by itself.
    #[serde(default)]
    pub(crate) self_clearing: bool,
    #[serde(default)]
    pub(crate) bits: BTreeMap<String, u8>,
    /// Words that say nothing, as 0xFFFF from a gateway that does not reach the device.
    #[serde(default)]
    #[cfg_attr(
        test,
        schemars(with = "Vec<String>", inner(regex(pattern = "^0x[0-9A-Fa-f]{1,4}$")))
    )]
    pub(crate) invalid: Vec<Word>,
    #[serde(default)]
    pub(crate) values: Values,
}

fn stride_one() -> u16 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub(crate) enum WriteFunction {
    /// 5
    SingleCoil,
    /// 6
    SingleRegister,
    /// 15
    MultipleCoils,
    /// 16
    MultipleRegisters,
}

impl TryFrom<u8> for WriteFunction {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        match code {
            5 => Ok(Self::SingleCoil),
            6 => Ok(Self::SingleRegister),
            15 => Ok(Self::MultipleCoils),
            16 => Ok(Self::MultipleRegisters),
            other => Err(format!("found {other}, allowed: 5, 6, 15, 16")),
        }
    }
}

/// A whole register, written as "0xFFFF".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Word(pub(crate) u16);

impl TryFrom<String> for Word {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.strip_prefix("0x")
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| format!("found \"{text}\", allowed: a register like \"0xFFFF\""))
    }
}

/// What to write into a register that is an output.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) on: u16,
    pub(crate) off: u16,
}

impl Default for Values {
    fn default() -> Self {
        Self { on: 1, off: 0 }
    }
}

impl Bank {
    /// Where element `number` (from 1) lies.
    pub(crate) fn addr(&self, number: u16) -> Option<u16> {
        let shift = self.stride.checked_mul(number.checked_sub(1)?)?;
        self.base.checked_add(shift).filter(|_| number <= self.count)
    }

    /// Whether its outputs are written; what is read there says nothing about a breaker.
    pub(crate) fn is_output(&self) -> bool {
        self.write_fc.is_some()
    }

    pub(super) fn element_at(&self, addr: u16) -> bool {
        addr.checked_sub(self.base)
            .is_some_and(|offset| offset % self.stride == 0 && offset / self.stride < self.count)
    }

    pub(super) fn check(&self, name: &str) -> Result<(), Fault> {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '_') {
            return Err(Fault::new(
                "name",
                format!("found \"{name}\", allowed: letters and _"),
            ));
        }
        if self.count == 0 || self.stride == 0 || self.addr(self.count).is_none() {
            return Err(Fault::new(
                "count",
                format!(
                    "found {} with stride {}, allowed: 1 and more, ending at 0xFFFF",
                    self.count, self.stride
                ),
            ));
        }
        self.check_write()?;
        self.check_values()?;
        if self.area.is_bits() && !self.invalid.is_empty() {
            return Err(Fault::new(
                "invalid",
                "allowed only in holding or input registers",
            ));
        }
        match self
            .bits
            .iter()
            .find(|(_, bit)| self.area.is_bits() || **bit > 15)
        {
            Some((bit, place)) => Err(Fault::new(
                format!("bits.{bit}"),
                format!("found {place}, allowed: 0 to 15, in holding or input registers"),
            )),
            None => Ok(()),
        }
    }

    /// One value for both would be no command.
    fn check_values(&self) -> Result<(), Fault> {
        let Values { on, off } = self.values;
        if on == off {
            let problem = format!("found {on} for on and off, allowed: two values");
            return Err(Fault::new("values", problem));
        }
        Ok(())
    }

    fn check_write(&self) -> Result<(), Fault> {
        let allowed = match self.area {
            Area::Coil => "5, 15",
            Area::Holding => "6, 16",
            Area::Discrete | Area::Input => "none, it is read only",
        };
        let fits = match self.write_fc {
            None => true,
            Some(WriteFunction::SingleCoil | WriteFunction::MultipleCoils) => self.area == Area::Coil,
            Some(WriteFunction::SingleRegister | WriteFunction::MultipleRegisters) => {
                self.area == Area::Holding
            }
        };
        if fits {
            Ok(())
        } else {
            Err(Fault::new(
                "write_fc",
                format!("allowed for this area: {allowed}"),
            ))
        }
    }
}
