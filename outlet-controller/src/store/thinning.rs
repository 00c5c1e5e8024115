//! Thinning: of the samples that wait ever fewer minutes are kept, evenly, the oldest periods first.

use diesel::prelude::*;
use foundation::Conn;

use super::journal::{FIRST_SAMPLE, Rank};
use super::schema::journal;
use super::sqlite::{counter, set_counter};
use super::{StoreError, count};

const STRIDE: &str = "thinning_stride";
const FROM: &str = "thinning_from";
const UNTIL: &str = "thinning_until";
const MINUTE_US: i64 = 60_000_000;
/// The first pass keeps every second minute.
const FIRST_STRIDE: i64 = 2;
/// The last pass keeps one minute in four hours.
const LAST_STRIDE: i64 = 256;
/// So many are looked at in one go.
const PORTION: i64 = 4_096;

/// How far thinning has come.
#[derive(Clone, Copy, Debug)]
struct Pass {
    /// Of so many minutes one is kept.
    stride: i64,
    /// The next id to look at.
    from: i64,
    /// The last id that was ever looked at.
    until: i64,
}

type Row = (i64, String, Vec<u8>, i64, i32);

/// Thins the next portion that has anything to thin.
pub(super) fn thin(conn: &mut Conn) -> Result<(), StoreError> {
    let mut pass = Pass::load(conn)?;
    loop {
        let rows = portion(conn, pass.from)?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            if pass.stride >= LAST_STRIDE || oldest(conn)?.is_none() {
                break;
            }
            pass.stride *= 2;
            pass.from = FIRST_SAMPLE;
            continue;
        };
        let (first, last, count) = (first.0, last.0, rows.len());
        let kept: Vec<Row> = rows.into_iter().filter(|row| pass.keeps(row.3)).collect();
        pass.from = last + 1;
        pass.until = pass.until.max(last);
        let gone = count - kept.len();
        if gone > 0 {
            replace(conn, (first, last), kept)?;
            count::take(conn, Rank::Sample.into(), gone)?;
            break;
        }
    }
    pass.save(conn)
}

/// Whether thinning would still find something.
pub(super) fn is_possible(conn: &mut Conn) -> Result<bool, StoreError> {
    let Some(newest) = newest(conn)? else {
        return Ok(false);
    };
    let pass = Pass::load(conn)?;
    Ok(pass.stride < LAST_STRIDE || pass.from <= newest)
}

impl Pass {
    fn load(conn: &mut Conn) -> Result<Self, StoreError> {
        let until = counter(conn, UNTIL, 0)?;
        let nothing_left = oldest(conn)?.is_none_or(|oldest| oldest > until);
        let (stride, from) = if nothing_left {
            (FIRST_STRIDE, FIRST_SAMPLE)
        } else {
            (
                counter(conn, STRIDE, FIRST_STRIDE)?,
                counter(conn, FROM, FIRST_SAMPLE)?,
            )
        };
        Ok(Self { stride, from, until })
    }

    fn save(self, conn: &mut Conn) -> Result<(), StoreError> {
        set_counter(conn, STRIDE, self.stride)?;
        set_counter(conn, FROM, self.from)?;
        set_counter(conn, UNTIL, self.until)
    }

    /// All outlets are sampled in the same minute, so each keeps the same ones.
    fn keeps(self, created_us: i64) -> bool {
        created_us.div_euclid(MINUTE_US).rem_euclid(self.stride) == 0
    }
}

fn portion(conn: &mut Conn, from: i64) -> Result<Vec<Row>, StoreError> {
    let rows = journal::table.filter(journal::id.ge(from.max(FIRST_SAMPLE)));
    Ok(rows.order(journal::id).limit(PORTION).load(conn.sqlite()?)?)
}

/// Deleting every second row would leave half-empty pages and free none; so all go, and those that stay come back.
fn replace(conn: &mut Conn, (first, last): (i64, i64), kept: Vec<Row>) -> Result<(), StoreError> {
    let c = conn.sqlite()?;
    diesel::delete(journal::table.filter(journal::id.between(first, last))).execute(c)?;
    for (id, action, packed, created_us, refusals) in kept {
        let row = (
            journal::id.eq(id),
            journal::action.eq(action),
            journal::packed.eq(packed),
            journal::created_us.eq(created_us),
            journal::refusals.eq(refusals),
        );
        diesel::insert_into(journal::table).values(row).execute(c)?;
    }
    Ok(())
}

fn oldest(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    let ids = journal::table
        .select(journal::id)
        .filter(journal::id.ge(FIRST_SAMPLE));
    Ok(ids.order(journal::id).first(conn.sqlite()?).optional()?)
}

fn newest(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    let ids = journal::table
        .select(journal::id)
        .filter(journal::id.ge(FIRST_SAMPLE));
    Ok(ids.order(journal::id.desc()).first(conn.sqlite()?).optional()?)
}
