//! How words become integers of our units, and when they are not to be used.

use domain::observation::{Measured, Unusable};

use super::{Marker, ValueType, WordOrder, round};

/// How the words of one value become an integer in mV, mA, W, Wh or mHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub(super) value_type: ValueType,
    pub(super) order: WordOrder,
    pub(super) numerator: i64,
    pub(super) denominator: i64,
    pub(super) invalid: Vec<Marker>,
    pub(super) range: (i64, i64),
    pub(super) counter: bool,
}

impl Format {
    /// Registers that the value takes.
    pub fn words(&self) -> u16 {
        self.value_type.words()
    }

    /// The highest value that is believed, in our unit.
    pub(crate) fn highest(&self) -> i64 {
        self.range.1
    }

    /// Whether it can be below zero, so that its sign tells something.
    pub(crate) fn has_sign(&self) -> bool {
        let unsigned = matches!(self.value_type, ValueType::U16 | ValueType::U32 | ValueType::U64);
        !unsigned && self.range.0 < 0
    }

    /// The raw bits in the order ABCD; `None` if `words` is not one whole value.
    pub fn bits(&self, words: &[u16]) -> Option<u64> {
        if words.len() != usize::from(self.words()) {
            return None;
        }
        Some(join(words, self.order))
    }

    /// The value in our integer unit.
    ///
    /// # Errors
    /// Why it is not to be used.
    pub fn decode(&self, words: &[u16]) -> Measured<i64> {
        self.decode_scaled(words, 0)
    }

    /// As [`Format::decode`], multiplied by ten to the power of `exponent`.
    ///
    /// # Errors
    /// Why it is not to be used.
    pub fn decode_scaled(&self, words: &[u16], exponent: i8) -> Measured<i64> {
        let bits = self.bits(words).ok_or(Unusable::Silent)?;
        if self.invalid.contains(&Marker::Bits(bits)) {
            return Err(Unusable::Invalid);
        }
        let value = match number(self.value_type, bits) {
            Number::Integer(value) => self.scaled_integer(value, exponent)?,
            Number::Float(value) => self.scaled_float(value, exponent)?,
        };
        let (low, high) = self.range;
        let in_range = (low..=high).contains(&value);
        if in_range && !(self.counter && value < 0) {
            Ok(value)
        } else {
            Err(Unusable::OutOfRange)
        }
    }

    fn scaled_integer(&self, value: i128, exponent: i8) -> Measured<i64> {
        let power = 10i128.pow(exponent.unsigned_abs().into());
        let (more, less) = if exponent < 0 { (1, power) } else { (power, 1) };
        let denominator = i128::from(self.denominator).saturating_mul(less);
        let scaled = value
            .saturating_mul(i128::from(self.numerator))
            .saturating_mul(more);
        let half = if scaled < 0 {
            -denominator / 2
        } else {
            denominator / 2
        };
        i64::try_from((scaled.saturating_add(half)) / denominator).map_err(|_| Unusable::OutOfRange)
    }

    fn scaled_float(&self, value: f64, exponent: i8) -> Measured<i64> {
        /// Beyond 2^53 a float no longer counts in ones.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !value.is_finite() {
            return Err(Unusable::Invalid);
        }
        let scaled = value * self.numerator as f64 / self.denominator as f64 * 10f64.powi(exponent.into());
        if scaled.abs() <= EXACT {
            Ok(round(scaled))
        } else {
            Err(Unusable::OutOfRange)
        }
    }
}

/// The bits of a value in the order ABCD.
pub(crate) fn join(words: &[u16], order: WordOrder) -> u64 {
    let join = |bits: u64, word: &u16| {
        let word = if order.swaps_bytes() {
            word.swap_bytes()
        } else {
            *word
        };
        (bits << 16) | u64::from(word)
    };
    if order.swaps_words() {
        words.iter().rev().fold(0, join)
    } else {
        words.iter().fold(0, join)
    }
}

/// The power of ten that a scale-factor register holds, as SunSpec defines it.
///
/// # Errors
/// If the device says that it has none (0x8000), or it cannot be one.
pub fn exponent(word: u16) -> Measured<i8> {
    const NONE: u16 = 0x8000;
    if word == NONE {
        return Err(Unusable::Invalid);
    }
    i8::try_from(word as i16)
        .ok()
        .filter(|exponent| (-10..=10).contains(exponent))
        .ok_or(Unusable::OutOfRange)
}

enum Number {
    Integer(i128),
    Float(f64),
}

/// `bits` holds no more than the type's width.
fn number(value_type: ValueType, bits: u64) -> Number {
    match value_type {
        ValueType::U16 | ValueType::U32 | ValueType::U64 => Number::Integer(i128::from(bits)),
        ValueType::I16 => Number::Integer(i128::from(bits as u16 as i16)),
        ValueType::I32 => Number::Integer(i128::from(bits as u32 as i32)),
        ValueType::I64 => Number::Integer(i128::from(bits as i64)),
        ValueType::F32 => Number::Float(f64::from(f32::from_bits(bits as u32))),
        ValueType::F64 => Number::Float(f64::from_bits(bits)),
    }
}
