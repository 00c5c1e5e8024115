//! Values with the limits of the OCPP schemas, checked when they are made and when they are read.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};

/// A value outside its limits. The text begins with the OCPP error code that fits.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OutOfBounds {
    #[error("PropertyConstraintViolation: text of more than {limit} characters")]
    TooLong { limit: usize },
    #[error("PropertyConstraintViolation: {value} is not between {low} and {high}")]
    Integer { value: i64, low: i64, high: i64 },
    #[error("PropertyConstraintViolation: {value} is not between {low} and {high}")]
    Number { value: f64, low: f64, high: f64 },
    #[error("PropertyConstraintViolation: not one of the allowed words")]
    UnknownWord,
    #[error("OccurrenceConstraintViolation: fewer than {low} items")]
    TooFew { low: usize },
    #[error("OccurrenceConstraintViolation: more than {high} items")]
    TooMany { high: usize },
}

/// A text of at most `N` characters (not bytes).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Str<const N: usize>(Box<str>);

impl<const N: usize> Str<N> {
    pub fn new(text: impl Into<String>) -> Result<Self, OutOfBounds> {
        let text = text.into();
        Self::check(&text).map(|()| Self(text.into_boxed_str()))
    }

    /// The first `N` characters of a text.
    pub fn truncated(text: &str) -> Self {
        let end = text.char_indices().nth(N).map_or(text.len(), |(end, _)| end);
        Self(text.get(..end).unwrap_or_default().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0.into_string()
    }

    fn check(text: &str) -> Result<(), OutOfBounds> {
        let fits = text.len() <= N || text.chars().nth(N).is_none();
        if fits {
            Ok(())
        } else {
            Err(OutOfBounds::TooLong { limit: N })
        }
    }
}

impl<const N: usize> Deref for Str<N> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Display for Str<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> PartialEq<str> for Str<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for Str<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl<const N: usize> TryFrom<String> for Str<N> {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        Self::new(text)
    }
}

impl<const N: usize> TryFrom<&str> for Str<N> {
    type Error = OutOfBounds;
    fn try_from(text: &str) -> Result<Self, OutOfBounds> {
        Self::check(text).map(|()| Self(text.into()))
    }
}

impl<const N: usize> From<Str<N>> for String {
    fn from(text: Str<N>) -> Self {
        text.into_string()
    }
}

struct TextVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for TextVisitor<N> {
    type Value = Str<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Str<N>, E> {
        Str::try_from(text).map_err(E::custom)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Str<N>, E> {
        Str::new(text).map_err(E::custom)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Str<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextVisitor)
    }
}

/// An integer from `L` to `H`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Int<const L: i64, const H: i64 = { i64::MAX }>(i64);

impl<const L: i64, const H: i64> Int<L, H> {
    pub fn new(value: i64) -> Result<Self, OutOfBounds> {
        let inside = (L..=H).contains(&value);
        if inside {
            Ok(Self(value))
        } else {
            Err(OutOfBounds::Integer {
                value,
                low: L,
                high: H,
            })
        }
    }

    /// The value, or the bound that it passes.
    pub fn clamped(value: i64) -> Self {
        Self(value.min(H).max(L))
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

impl<const L: i64, const H: i64> fmt::Display for Int<L, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const L: i64, const H: i64> TryFrom<i64> for Int<L, H> {
    type Error = OutOfBounds;
    fn try_from(value: i64) -> Result<Self, OutOfBounds> {
        Self::new(value)
    }
}

impl<const L: i64, const H: i64> From<Int<L, H>> for i64 {
    fn from(value: Int<L, H>) -> Self {
        value.0
    }
}

impl<'de, const L: i64, const H: i64> Deserialize<'de> for Int<L, H> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A number from `L` to `H`, both included; the smallest and the largest `i64` mean no bound. Never NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Num<const L: i64, const H: i64 = { i64::MAX }>(f64);

impl<const L: i64, const H: i64> Num<L, H> {
    const LOW: f64 = if L == i64::MIN { f64::MIN } else { L as f64 };
    const HIGH: f64 = if H == i64::MAX { f64::MAX } else { H as f64 };

    pub fn new(value: f64) -> Result<Self, OutOfBounds> {
        let inside = (Self::LOW..=Self::HIGH).contains(&value);
        if inside {
            Ok(Self(value))
        } else {
            Err(OutOfBounds::Number {
                value,
                low: Self::LOW,
                high: Self::HIGH,
            })
        }
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

impl<const L: i64, const H: i64> TryFrom<f64> for Num<L, H> {
    type Error = OutOfBounds;
    fn try_from(value: f64) -> Result<Self, OutOfBounds> {
        Self::new(value)
    }
}

impl<const L: i64, const H: i64> From<Num<L, H>> for f64 {
    fn from(value: Num<L, H>) -> Self {
        value.0
    }
}

impl<'de, const L: i64, const H: i64> Deserialize<'de> for Num<L, H> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A list of `L` to `H` items.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct List<T, const L: usize = 0, const H: usize = { usize::MAX }>(Vec<T>);

impl<T, const L: usize, const H: usize> List<T, L, H> {
    pub fn new(items: Vec<T>) -> Result<Self, OutOfBounds> {
        if items.len() < L {
            return Err(OutOfBounds::TooFew { low: L });
        }
        if items.len() > H {
            Err(OutOfBounds::TooMany { high: H })
        } else {
            Ok(Self(items))
        }
    }

    /// A list of one item; does not compile where the limits exclude it.
    pub fn one(item: T) -> Self {
        const { assert!(L <= 1 && H >= 1, "this list cannot have one item") };
        Self(vec![item])
    }

    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const L: usize, const H: usize> Deref for List<T, L, H> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const L: usize, const H: usize> TryFrom<Vec<T>> for List<T, L, H> {
    type Error = OutOfBounds;
    fn try_from(items: Vec<T>) -> Result<Self, OutOfBounds> {
        Self::new(items)
    }
}

impl<T, const L: usize, const H: usize> IntoIterator for List<T, L, H> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T, const L: usize, const H: usize> IntoIterator for &'a List<T, L, H> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

struct ListVisitor<T, const L: usize, const H: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const L: usize, const H: usize> Visitor<'de> for ListVisitor<T, L, H> {
    type Value = List<T, L, H>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    /// Stops at the first item too many, however long the list is.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == H {
                return Err(A::Error::custom(OutOfBounds::TooMany { high: H }));
            }
            items.push(item);
        }
        List::new(items).map_err(A::Error::custom)
    }
}

impl<'de, T: Deserialize<'de>, const L: usize, const H: usize> Deserialize<'de> for List<T, L, H> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// Reads one of a set of words; serde's derive alone takes an object for a word too.
pub(super) struct WordVisitor<T>(pub(super) fn(&str) -> Option<T>);

impl<T> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).ok_or_else(|| E::custom(OutOfBounds::UnknownWord))
    }
}

/// Hands a structure to its reader as a map, whatever the reader asks for.
pub(super) struct ObjectOnly<D>(pub(super) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
