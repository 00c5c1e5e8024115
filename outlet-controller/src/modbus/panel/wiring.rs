//! What a reference such as "relay.out{n}" in a panel file points to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Input, Place, Pulse, Unit, Write, WriteValue};
use crate::modbus::device::bank::{Bank, WriteFunction};
use crate::modbus::listed;

/// The units by their names in the panel file.
pub(super) struct Wiring {
    pub(super) units: BTreeMap<String, Arc<Unit>>,
}

/// An element of a bank.
pub(super) struct Element {
    place: Place,
    bank: Bank,
    bit: Option<u8>,
    bank_name: String,
    reference: String,
}

/// Replaces `{n}`, `{n+8}`, `{n-1}`.
pub(super) fn expand(template: &str, number: u8) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, tail) = after.split_once('}').ok_or_else(|| bad_template(template))?;
        let shift: i64 = match inside.strip_prefix('n').ok_or_else(|| bad_template(template))? {
            "" => 0,
            shift => shift.parse().map_err(|_| bad_template(template))?,
        };
        text.push_str(before);
        text.push_str(&(i64::from(number).saturating_add(shift)).to_string());
        rest = tail;
    }
    text.push_str(rest);
    Ok(text)
}

fn bad_template(template: &str) -> String {
    format!("found \"{template}\", allowed in braces: {{n}}, {{n+8}}")
}

impl Wiring {
    pub(super) fn unit(&self, name: &str, reference: &str) -> Result<Arc<Unit>, String> {
        self.units.get(name).cloned().ok_or_else(|| {
            format!(
                "found \"{reference}\": no unit \"{name}\", allowed: {}",
                listed(self.units.keys())
            )
        })
    }

    /// `unit.bankN` or `unit.bankN.bit`.
    pub(super) fn element(&self, template: &str, number: u8) -> Result<Element, String> {
        let reference = expand(template, number)?;
        let Some((unit, rest)) = reference.split_once('.') else {
            return Err(format!(
                "found \"{reference}\", allowed: unit.bank{{n}} or unit.bank{{n}}.bit"
            ));
        };
        let unit = self.unit(unit, &reference)?;
        let (element, bit) = rest
            .split_once('.')
            .map_or((rest, None), |(element, bit)| (element, Some(bit)));
        let name = element.trim_end_matches(|c: char| c.is_ascii_digit());
        let banks = &unit.device.banks;
        let bank = banks.get(name).ok_or_else(|| {
            let device = &unit.device.id;
            format!(
                "found \"{reference}\": {device} has no bank \"{name}\", allowed: {}",
                listed(banks.keys())
            )
        })?;
        let addr = element
            .strip_prefix(name)
            .and_then(|index| index.parse().ok())
            .and_then(|index| bank.addr(index))
            .ok_or_else(|| format!("found \"{reference}\", allowed: {name}1 to {name}{}", bank.count))?;
        let bit = bit_of(bank, bit).map_err(|problem| format!("found \"{reference}\": {problem}"))?;
        Ok(Element {
            place: Place {
                area: bank.area,
                addr,
                unit: Arc::clone(&unit),
            },
            bank: bank.clone(),
            bit,
            bank_name: name.to_owned(),
            reference,
        })
    }
}

fn bit_of(bank: &Bank, name: Option<&str>) -> Result<Option<u8>, String> {
    let Some(name) = name else {
        return Ok(None);
    };
    match bank.bits.get(name) {
        Some(bit) => Ok(Some(*bit)),
        None if bank.bits.is_empty() => Err(format!("it has no bits; write it without \".{name}\"")),
        None => Err(format!(
            "no bit \"{name}\", allowed: {}",
            listed(bank.bits.keys())
        )),
    }
}

impl Element {
    pub(super) fn input(self, on: bool) -> Result<Input, String> {
        if !self.place.area.is_bits() && self.bit.is_none() {
            let bits = listed(self.bank.bits.keys());
            return Err(format!(
                "found \"{}\", a whole register, allowed after it: {bits}",
                self.reference
            ));
        }
        if self.place.unit.device.is_output(self.place.area, self.place.addr) {
            return Err(self.refuse("a contact of the breaker; an output tells only what was written"));
        }
        Ok(Input {
            place: self.place,
            bit: self.bit,
            on,
            invalid: self.bank.invalid.iter().map(|word| word.0).collect(),
        })
    }

    /// The writes of an output that holds its value: on, off.
    pub(super) fn maintained(&self) -> Result<(Write, Write), String> {
        if self.bank.pulse_ms.is_some() {
            return Err(self.refuse("kind = \"pulse\" for a bank with pulse_ms"));
        }
        if self.bank.self_clearing || !self.bank.bits.is_empty() {
            return Err(self.refuse("kind = \"order-bits\" for a bank of orders"));
        }
        self.levels()
    }

    fn levels(&self) -> Result<(Write, Write), String> {
        if self.bit.is_some() {
            return Err(self.refuse("kind = \"order-bits\" for a bit"));
        }
        let values = &self.bank.values;
        let (on, off) = match self.write_function()? {
            WriteFunction::SingleCoil => (WriteValue::Coil(true), WriteValue::Coil(false)),
            WriteFunction::MultipleCoils => (WriteValue::Coils(true), WriteValue::Coils(false)),
            WriteFunction::SingleRegister => {
                (WriteValue::Register(values.on), WriteValue::Register(values.off))
            }
            WriteFunction::MultipleRegisters => (
                WriteValue::Registers(values.on),
                WriteValue::Registers(values.off),
            ),
        };
        Ok((self.write(on), self.write(off)))
    }

    pub(super) fn pulse(&self) -> Result<Pulse, String> {
        let (press, release) = self.levels()?;
        let pulse_ms = self.bank.pulse_ms.filter(|ms| (1..=5_000).contains(ms));
        let pulse_ms = pulse_ms.ok_or_else(|| self.refuse("a bank with pulse_ms = 1 to 5000"))?;
        let release = (!self.bank.self_clearing).then(|| (Duration::from_millis(pulse_ms), release));
        Ok(Pulse { press, release })
    }

    /// Whether this and another are the same bank's, but not the same channel.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let same_unit = Arc::ptr_eq(&self.place.unit, &other.place.unit);
        same_unit && self.bank_name == other.bank_name && self.place.addr != other.place.addr
    }

    /// An order is a register with one bit set.
    pub(super) fn order(&self) -> Result<Write, String> {
        if !self.bank.self_clearing {
            return Err(self.refuse("a bank with self_clearing = true: nothing else ends an order"));
        }
        let order = |bit: u8| 1u16 << bit;
        match (self.bit.map(order), self.write_function()?) {
            (Some(order), WriteFunction::SingleRegister) => Ok(self.write(WriteValue::Register(order))),
            (Some(order), WriteFunction::MultipleRegisters) => Ok(self.write(WriteValue::Registers(order))),
            (_, _) => Err(self.refuse("a bit of a holding register with write_fc = 6 or 16")),
        }
    }

    fn write_function(&self) -> Result<WriteFunction, String> {
        let function = self.bank.write_fc.ok_or_else(|| {
            self.refuse("an output, which is a bank with write_fc; this one can only be read")
        })?;
        if self
            .place
            .unit
            .device
            .forbids_write(self.place.area, self.place.addr)
        {
            let (area, addr) = (self.place.area, self.place.addr);
            let device = &self.place.unit.device.id;
            return Err(self.refuse(&format!(
                "not {area:?} {addr:#06X}, which {device} forbids to write"
            )));
        }
        Ok(function)
    }

    fn write(&self, value: WriteValue) -> Write {
        Write {
            place: self.place.clone(),
            value,
        }
    }

    fn refuse(&self, allowed: &str) -> String {
        format!("found \"{}\", allowed: {allowed}", self.reference)
    }
}
