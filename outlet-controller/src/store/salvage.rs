//! Reads from a broken database whatever still makes sense.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::ids::OutletNumber;
use foundation::Conn;

use super::journal::{FIRST_SAMPLE, Rank};
use super::schema::{counters, journal, set_aside};
use super::sqlite::{EVENTS, JOURNAL, counter, set_counter};
use super::{StoreError, count, outlets};

/// As what the broken file is attached to the new one.
pub(super) const OLD: &str = "old";
/// Breakers wait for this; reports come first, and what is not reached stays in the old file.
const PATIENCE: Duration = Duration::from_secs(6);
const PORTION: i64 = 256;

/// What could be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Saved {
    pub(super) outlets: usize,
    pub(super) messages: usize,
}

/// Copies what can be read of `old`, to which `new` is attached too, into `new`, which is empty.
pub(super) fn copy(old: &mut Conn, new: &mut Conn) -> Result<Saved, StoreError> {
    let until = Instant::now() + PATIENCE;
    let outlets = copy_outlets(old, new)?;
    copy_numbers(old, new)?;
    let mut messages = 0;
    for rank in [Rank::Report, Rank::Sample] {
        messages += copy_rank(new, rank, until)?;
    }
    copy_set_aside(old, new)?;
    Ok(Saved { outlets, messages })
}

fn copy_outlets(old: &mut Conn, new: &mut Conn) -> Result<usize, StoreError> {
    let mut copied = 0;
    for number in OutletNumber::first(u8::MAX) {
        if let Ok(Ok(row)) = outlets::one(old, number.get().into()) {
            outlets::save(new, &row)?;
            copied += 1;
        }
    }
    Ok(copied)
}

/// The journal keeps its name only where it is known which numbers it has given away.
fn copy_numbers(old: &mut Conn, new: &mut Conn) -> Result<(), StoreError> {
    let mut known = |name: &str| {
        let value = counters::table.find(name).select(counters::value);
        value.first::<i64>(old.sqlite().ok()?).ok()
    };
    let (name, next) = (known(JOURNAL), known(EVENTS));
    if let (Some(name), Some(next)) = (name, next) {
        set_counter(new, JOURNAL, name)?;
        set_counter(new, EVENTS, next)?;
    }
    for (rank, next) in [Rank::Report, Rank::Sample].map(|rank| (rank, known(rank.counter().0))) {
        if let Some(next) = next {
            set_counter(new, rank.counter().0, next)?;
        }
    }
    Ok(())
}

/// From both ends up to the broken place. What a row holds is looked at when it is sent.
fn copy_rank(new: &mut Conn, rank: Rank, until: Instant) -> Result<usize, StoreError> {
    let (first, end) = match rank {
        Rank::Report => (1, FIRST_SAMPLE),
        Rank::Sample => (FIRST_SAMPLE, i64::MAX),
    };
    let (mut low, mut high, mut copied) = (first, end, 0);
    for order in ["ASC", "DESC"] {
        while Instant::now() < until {
            let count = portion(new, (low, high), order)?;
            let (lowest, highest) = ids(new, (low, high))?;
            match (count, order, lowest, highest) {
                (1.., "ASC", _, Some(highest)) => low = highest + 1,
                (1.., _, Some(lowest), _) => high = lowest,
                _ => break,
            }
            copied += count;
        }
    }
    count::add(new, rank.into(), i64::try_from(copied).unwrap_or(0))?;
    // No id is given away twice, whatever the counter said.
    if let (_, Some(highest)) = ids(new, (first, end))? {
        let (name, first) = rank.counter();
        let next = counter(new, name, first)?;
        set_counter(new, name, next.max(highest + 1))?;
    }
    Ok(copied)
}

/// Copies the next rows in a range of ids; none where there are none, or where they cannot be read.
fn portion(new: &mut Conn, (low, high): (i64, i64), order: &str) -> Result<usize, StoreError> {
    let query = format!(
        "INSERT OR IGNORE INTO main.journal (id, action, packed, created_us) \
         SELECT id, action, packed, created_us FROM {OLD}.journal \
         WHERE id >= ? AND id < ? ORDER BY id {order} LIMIT ?"
    );
    let c = new.sqlite()?;
    let mut copy = |limit: i64| {
        diesel::sql_query(&query)
            .bind::<BigInt, _>(low)
            .bind::<BigInt, _>(high)
            .bind::<BigInt, _>(limit)
            .execute(c)
    };
    // Only the rows before the broken place, one by one.
    Ok(copy(PORTION).or_else(|_broken| copy(1)).unwrap_or(0))
}

/// The lowest and the highest id of a range.
fn ids(new: &mut Conn, (low, high): (i64, i64)) -> Result<(Option<i64>, Option<i64>), StoreError> {
    use diesel::dsl::{max, min};
    let range = journal::table
        .filter(journal::id.ge(low))
        .filter(journal::id.lt(high));
    let c = new.sqlite()?;
    let lowest = range.select(min(journal::id)).get_result(c)?;
    Ok((lowest, range.select(max(journal::id)).get_result(c)?))
}

fn copy_set_aside(old: &mut Conn, new: &mut Conn) -> Result<(), StoreError> {
    type Columns = (i64, String, Vec<u8>, i64, String);
    let (mut last, mut copied) = (0, 0);
    loop {
        let rows = set_aside::table
            .filter(set_aside::id.gt(last))
            .order(set_aside::id);
        let rows: Vec<Columns> = rows.limit(PORTION).load(old.sqlite()?).unwrap_or_default();
        let Some(end) = rows.last() else {
            return count::add(new, count::Kind::SetAside, copied);
        };
        last = end.0;
        for row in &rows {
            let columns = (
                set_aside::id.eq(row.0),
                set_aside::action.eq(&row.1),
                set_aside::packed.eq(&row.2),
                set_aside::created_us.eq(row.3),
                set_aside::refused.eq(&row.4),
            );
            diesel::insert_into(set_aside::table)
                .values(columns)
                .execute(new.sqlite()?)?;
            copied += 1;
        }
    }
}
