//! How many messages wait: counted in the same transaction in which they come or go, for a long journal takes long to count.

use diesel::prelude::*;
use foundation::Conn;

use super::StoreError;
use super::journal::Rank;
use super::schema::counters;
use super::sqlite::counter;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Reports,
    Samples,
    SetAside,
}

impl From<Rank> for Kind {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::Report => Self::Reports,
            Rank::Sample => Self::Samples,
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Reports => "waiting_reports",
            Self::Samples => "waiting_samples",
            Self::SetAside => "set_aside",
        }
    }
}

pub(super) fn of(conn: &mut Conn, kind: Kind) -> Result<i64, StoreError> {
    counter(conn, kind.name(), 0)
}

pub(super) fn add(conn: &mut Conn, kind: Kind, more: i64) -> Result<(), StoreError> {
    if more == 0 {
        return Ok(());
    }
    diesel::insert_into(counters::table)
        .values((counters::name.eq(kind.name()), counters::value.eq(more)))
        .on_conflict(counters::name)
        .do_update()
        .set(counters::value.eq(counters::value + more))
        .execute(conn.sqlite()?)?;
    Ok(())
}

pub(super) fn take(conn: &mut Conn, kind: Kind, fewer: usize) -> Result<(), StoreError> {
    add(conn, kind, -i64::try_from(fewer).unwrap_or(i64::MAX))
}
