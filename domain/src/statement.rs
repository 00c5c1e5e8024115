//! The arithmetic of a month's statement: who is charged for how much, what is corrected, and whether it agrees with the meters.
//!
//! Every figure of a session is a whole number, rounded once in [`crate::price::tariff::Terms::cost`]; sums of them are exact. What was
//! stated of a session is the sum of its entries in all statements, so that a later entry only ever adds the difference.

use std::collections::BTreeMap;

use crate::price::Yen;
use crate::price::tariff::Cost;
use crate::units::{Timestamp, WattHours};

/// What is stated of a session, or of several together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub sessions: i64,
    pub energy: WattHours,
    pub cost: Cost,
}

/// One entry of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A session that ended in the month.
    Session(Figures),
    /// What has changed of a session that an earlier statement tells of, or should have.
    Correction(Figures),
    /// What a manager has added, or taken off.
    Manual(Yen),
}

/// What entries come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    pub listed: Figures,
    pub corrected: Figures,
    pub manual: Yen,
}

/// When a month begins and ends. The first of a site begins with everything before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub begin: Option<Timestamp>,
    /// The first moment after it.
    pub end: Timestamp,
}

/// What the registers of all outlets moved by in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    pub attributed: WattHours,
    /// Nobody's.
    pub unattributed: WattHours,
    /// Steps to levels that were believed anew, as after the exchange of a meter: no energy.
    pub rebased: WattHours,
}

/// A month's statement beside its meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// What flowed through the main circuit.
    pub main: Option<WattHours>,
    pub moved: Movement,
    /// All that the statement charges for, corrections included.
    pub stated: WattHours,
    /// What of it the registers moved by within the month.
    pub within: WattHours,
}

impl Figures {
    pub const NOTHING: Self = Self {
        sessions: 0,
        energy: WattHours(0),
        cost: Cost::NOTHING,
    };

    /// Of one session. Whoever took no energy is not listed.
    pub fn of_session(energy: WattHours, cost: Option<Cost>) -> Self {
        if energy <= WattHours(0) {
            return Self::NOTHING;
        }
        Self {
            sessions: 1,
            energy,
            cost: cost.unwrap_or(Cost::NOTHING),
        }
    }

    pub fn plus(self, other: Self) -> Self {
        self.with(other, i64::saturating_add)
    }

    pub fn minus(self, other: Self) -> Self {
        self.with(other, i64::saturating_sub)
    }

    fn with(self, other: Self, sum: fn(i64, i64) -> i64) -> Self {
        let yen = |part: fn(&Cost) -> Yen| Yen(sum(part(&self.cost).0, part(&other.cost).0));
        Self {
            sessions: sum(self.sessions, other.sessions),
            energy: WattHours(sum(self.energy.0, other.energy.0)),
            cost: Cost {
                energy: yen(|cost| cost.energy),
                fixed: yen(|cost| cost.fixed),
                minimum: yen(|cost| cost.minimum),
                idle: yen(|cost| cost.idle),
            },
        }
    }
}

impl Amounts {
    pub const NOTHING: Self = Self {
        listed: Figures::NOTHING,
        corrected: Figures::NOTHING,
        manual: Yen(0),
    };

    pub fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Session(figures) => self.listed = self.listed.plus(figures),
            Entry::Correction(figures) => self.corrected = self.corrected.plus(figures),
            Entry::Manual(amount) => self.manual = Yen(self.manual.0.saturating_add(amount.0)),
        }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            listed: self.listed.plus(other.listed),
            corrected: self.corrected.plus(other.corrected),
            manual: Yen(self.manual.0.saturating_add(other.manual.0)),
        }
    }

    /// All corrections together, those by hand too.
    pub fn corrections(self) -> Yen {
        Yen(self.corrected.cost.total().0.saturating_add(self.manual.0))
    }

    pub fn total(self) -> Yen {
        Yen(self.listed.cost.total().0.saturating_add(self.corrections().0))
    }
}

/// What each unit is charged.
pub fn by_unit<U: Ord>(entries: impl IntoIterator<Item = (U, Entry)>) -> BTreeMap<U, Amounts> {
    let mut units = BTreeMap::new();
    for (unit, entry) in entries {
        units.entry(unit).or_insert(Amounts::NOTHING).add(entry);
    }
    units
}

/// What is to be added to what was stated of a session, so that all its entries come to what it is now. Nothing where they do.
pub fn corrections<U: Ord>(
    stated: impl IntoIterator<Item = (U, Figures)>,
    now: (U, Figures),
) -> Vec<(U, Figures)> {
    let mut missing: BTreeMap<U, Figures> = BTreeMap::from([now]);
    for (unit, figures) in stated {
        let left = missing.entry(unit).or_insert(Figures::NOTHING);
        *left = left.minus(figures);
    }
    missing.retain(|_, figures| *figures != Figures::NOTHING);
    missing.into_iter().collect()
}

impl Period {
    /// Whether a session that ended then belongs to it, whenever it began.
    pub fn holds(self, ended: Timestamp) -> bool {
        self.begin.is_none_or(|begin| begin <= ended) && ended < self.end
    }
}

impl Reconciliation {
    /// What flowed through all outlets.
    pub fn outlets(self) -> WattHours {
        self.moved.attributed + self.moved.unattributed
    }

    /// What flowed through the main circuit and through no outlet.
    pub fn difference(self) -> Option<WattHours> {
        self.main.map(|main| main - self.outlets())
    }

    /// The difference in thousandths of what flowed through the main circuit, rounded to the nearest.
    pub fn difference_per_mille(self) -> Option<i64> {
        let (main, difference) = (self.main.filter(|main| main.0 > 0)?, self.difference()?);
        let (main, doubled) = (i128::from(main.0), i128::from(difference.0) * 2_000);
        i64::try_from((doubled + main).div_euclid(2 * main)).ok()
    }

    /// What is charged for in this month and flowed before it.
    pub fn earlier(self) -> WattHours {
        self.stated - self.within
    }

    /// What flowed in this month for sessions of later ones.
    pub fn later(self) -> WattHours {
        self.moved.attributed - self.within
    }
}

#[cfg(test)]
#[path = "statement_tests.rs"]
mod tests;
