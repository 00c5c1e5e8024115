//! What a device tells about itself: its serial number, and which model it is.

use serde::Deserialize;

use super::Link;
use crate::modbus::Fault;
use crate::modbus::plan::Span;
use crate::modbus::point::{Area, WordOrder, join};

/// Where a device tells which one it is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Differs from device to device; a panel file pins it.
    pub serial: Option<Told>,
    /// The same for all devices of the type.
    pub model: Option<Model>,
}

/// A number or a text in registers.
#[derive(Clone, Debug)]
pub struct Told {
    pub area: Area,
    /// 0-based, as on the wire.
    pub addr: u16,
    words: u16,
    kind: Kind,
    order: WordOrder,
}

/// What a device of the type tells of its model.
#[derive(Clone, Debug)]
pub struct Model {
    pub told: Told,
    /// Any of these.
    pub equals: Vec<String>,
}

impl Told {
    /// Registers that it takes.
    pub fn words(&self) -> u16 {
        self.words
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }

    /// The read that tells it.
    pub(crate) fn span(&self) -> Span {
        Span {
            area: self.area,
            addr: self.addr,
            count: self.words,
        }
    }

    /// As people write it: digits, or text without what fills it up. `None` where nothing was ever written, or
    /// `words` is not exactly the whole.
    pub fn read(&self, words: &[u16]) -> Option<String> {
        if words.len() != usize::from(self.words) {
            return None;
        }
        match self.kind {
            Kind::U16 | Kind::U32 | Kind::U64 => {
                let erased = u64::MAX >> (64 - 16 * u32::from(self.words));
                let number = join(words, self.order);
                (number != 0 && number != erased).then(|| number.to_string())
            }
            Kind::Text => text(words, self.order),
        }
    }
}

fn text(words: &[u16], order: WordOrder) -> Option<String> {
    let bytes = words.iter().flat_map(|word| {
        if order.swaps_bytes() {
            word.to_le_bytes()
        } else {
            word.to_be_bytes()
        }
    });
    let text: String = bytes.take_while(|byte| *byte != 0).map(char::from).collect();
    let text = text.trim();
    let printable = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    printable.then(|| text.to_owned())
}

impl Model {
    /// Whether these registers are those of a device of the type.
    pub fn matches(&self, words: &[u16]) -> bool {
        self.told
            .read(words)
            .is_some_and(|told| self.equals.contains(&told))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    U16,
    U32,
    U64,
    Text,
}

/// An `[identity]` table.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityFile {
    serial: Option<SerialFile>,
    model: Option<ModelFile>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SerialFile {
    area: Area,
    addr: u16,
    #[serde(rename = "type")]
    kind: Kind,
    /// Of a text, in registers.
    length: Option<u16>,
    #[serde(default)]
    order: WordOrder,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ModelFile {
    area: Area,
    addr: u16,
    #[serde(rename = "type")]
    kind: Kind,
    /// Of a text, in registers.
    length: Option<u16>,
    #[serde(default)]
    order: WordOrder,
    equals: Equals,
}

/// What the model's registers hold: one of these.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Equals {
    Number(u64),
    Text(String),
    Numbers(Vec<u64>),
    Texts(Vec<String>),
}

impl Equals {
    fn into_texts(self) -> Vec<String> {
        match self {
            Self::Number(number) => vec![number.to_string()],
            Self::Text(text) => vec![text],
            Self::Numbers(numbers) => numbers.iter().map(u64::to_string).collect(),
            Self::Texts(texts) => texts,
        }
    }
}

impl IdentityFile {
    pub(super) fn resolve(self, link: &Link) -> Result<Identity, Fault> {
        let serial = self
            .serial
            .map(|file| told(file, link).map_err(|fault| fault.under("serial")));
        let model = self
            .model
            .map(|file| model(file, link).map_err(|fault| fault.under("model")));
        if serial.is_none() && model.is_none() {
            return Err(Fault::new("serial", "missing, allowed: serial, model, or both"));
        }
        Ok(Identity {
            serial: serial.transpose()?,
            model: model.transpose()?,
        })
    }
}

fn model(file: ModelFile, link: &Link) -> Result<Model, Fault> {
    let ModelFile {
        area,
        addr,
        kind,
        length,
        order,
        equals,
    } = file;
    let equals: Vec<String> = equals
        .into_texts()
        .iter()
        .map(|text| text.trim().to_owned())
        .collect();
    if equals.is_empty() || equals.iter().any(String::is_empty) {
        return Err(Fault::new(
            "equals",
            "found nothing, allowed: what the registers hold",
        ));
    }
    Ok(Model {
        told: told(
            SerialFile {
                area,
                addr,
                kind,
                length,
                order,
            },
            link,
        )?,
        equals,
    })
}

fn told(file: SerialFile, link: &Link) -> Result<Told, Fault> {
    if file.area.is_bits() {
        return Err(Fault::new(
            "area",
            "found a bit area, allowed for a value: holding, input",
        ));
    }
    let words = match (file.kind, file.length) {
        (Kind::U16, None) => 1,
        (Kind::U32, None) => 2,
        (Kind::U64, None) => 4,
        (Kind::Text, Some(length)) if (1..=link.max_read_regs).contains(&length) => length,
        (Kind::Text, found) => {
            let found = found.map_or("nothing".to_owned(), |length| length.to_string());
            let problem = format!(
                "found {found}, allowed: 1 to max_read_regs = {}",
                link.max_read_regs
            );
            return Err(Fault::new("length", problem));
        }
        (Kind::U16 | Kind::U32 | Kind::U64, Some(length)) => {
            let problem = format!("found {length}, allowed only with type = \"text\"");
            return Err(Fault::new("length", problem));
        }
    };
    link.check_span(file.addr, words)?;
    Ok(Told {
        area: file.area,
        addr: file.addr,
        words,
        kind: file.kind,
        order: file.order,
    })
}
