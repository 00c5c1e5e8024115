//! Names of things, so that one cannot be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most outlets that one panel has.
pub const MAX_OUTLETS: u8 = 8;

/// The place of an outlet in its panel, 1 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct OutletNumber(u8);

impl OutletNumber {
    /// `None` outside 1 to 8.
    pub fn new(number: u8) -> Option<Self> {
        (1..=MAX_OUTLETS).contains(&number).then_some(Self(number))
    }

    /// All places that a panel with `count` outlets has.
    pub fn first(count: u8) -> impl Iterator<Item = Self> {
        (1..=count.min(MAX_OUTLETS)).map(Self)
    }

    pub fn get(self) -> u8 {
        self.0
    }

    /// 0-based, for tables.
    pub fn index(self) -> usize {
        usize::from(self.0) - 1
    }
}

impl fmt::Display for OutletNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u8> for OutletNumber {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Self::new(number).ok_or_else(|| format!("outlet {number}: a panel has outlets 1 to {MAX_OUTLETS}"))
    }
}

impl From<OutletNumber> for u8 {
    fn from(number: OutletNumber) -> Self {
        number.0
    }
}

/// The station's name for one delivery of energy; unique per controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(pub String);

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
