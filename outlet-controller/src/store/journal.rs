//! The journal: messages to the server, kept until it has answered them. Reports go before samples.

use diesel::prelude::*;
use foundation::Conn;
use serde::de::IgnoredAny;

use super::StoreError;
use super::packing::{pack, unpack};
use super::schema::journal;
use super::sqlite::{counter, set_counter};
use super::{aside, count};

/// Ids of samples begin here, those of reports at 1: in the order of ids every report goes before every sample.
pub const FIRST_SAMPLE: i64 = 1 << 40;

/// After so many refusals a message is set aside.
pub const MAX_REFUSALS: i32 = 3;

/// What goes first, and what may be thinned when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rank {
    /// What happened: charges, breakers, faults. Never thinned.
    Report,
    /// What a meter showed in a minute in which nothing happened.
    Sample,
}

/// A message to the server, as it will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub rank: Rank,
    pub action: &'static str,
    /// A JSON object.
    pub payload: String,
    pub created_us: i64,
}

/// A message in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub action: String,
    pub payload: String,
    /// How often the server has refused it.
    pub refusals: i32,
}

/// The last report and the last sample that the server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub report: i64,
    pub sample: i64,
}

impl Default for Answered {
    fn default() -> Self {
        Self {
            report: 0,
            sample: FIRST_SAMPLE - 1,
        }
    }
}

impl Answered {
    /// This one was answered too.
    pub fn add(&mut self, id: i64) {
        let last = match Rank::of(id) {
            Rank::Report => &mut self.report,
            Rank::Sample => &mut self.sample,
        };
        *last = id.max(*last);
    }
}

/// How many messages wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub reports: i64,
    pub samples: i64,
    /// Refused by the server again and again; nobody sends them any more.
    pub set_aside: i64,
    /// When the oldest message that waits was made.
    pub oldest_us: Option<i64>,
}

impl Rank {
    pub fn of(id: i64) -> Self {
        if id < FIRST_SAMPLE {
            Self::Report
        } else {
            Self::Sample
        }
    }

    /// The counter of its ids, and where that begins.
    pub(super) fn counter(self) -> (&'static str, i64) {
        match self {
            Self::Report => ("report_id", 1),
            Self::Sample => ("sample_id", FIRST_SAMPLE),
        }
    }
}

pub(super) fn append(conn: &mut Conn, messages: &[Message]) -> Result<(), StoreError> {
    for rank in [Rank::Report, Rank::Sample] {
        let messages = messages.iter().filter(|message| message.rank == rank);
        append_ranked(conn, rank, messages)?;
    }
    Ok(())
}

fn append_ranked<'a>(
    conn: &mut Conn,
    rank: Rank,
    messages: impl Iterator<Item = &'a Message>,
) -> Result<(), StoreError> {
    let rows = messages.map(|message| Row {
        action: message.action.to_owned(),
        packed: pack(&message.payload),
        created_us: message.created_us,
        refusals: 0,
    });
    append_rows(conn, rank, rows)
}

/// A message as it lies on the disk.
pub(super) struct Row {
    pub(super) action: String,
    pub(super) packed: Vec<u8>,
    pub(super) created_us: i64,
    pub(super) refusals: i32,
}

/// Puts rows behind all that their rank ever had.
pub(super) fn append_rows(
    conn: &mut Conn,
    rank: Rank,
    rows: impl Iterator<Item = Row>,
) -> Result<(), StoreError> {
    let (name, first) = rank.counter();
    let begin = counter(conn, name, first)?;
    let mut id = begin;
    for row in rows {
        insert(conn, id, row)?;
        id += 1;
    }
    if id > begin {
        set_counter(conn, name, id)?;
        count::add(conn, rank.into(), id - begin)?;
    }
    Ok(())
}

pub(super) fn insert(conn: &mut Conn, id: i64, row: Row) -> Result<(), StoreError> {
    let row = (
        journal::id.eq(id),
        journal::action.eq(row.action),
        journal::packed.eq(row.packed),
        journal::created_us.eq(row.created_us),
        journal::refusals.eq(row.refusals),
    );
    diesel::insert_into(journal::table)
        .values(row)
        .execute(conn.sqlite()?)?;
    Ok(())
}

pub(super) fn oldest(conn: &mut Conn, answered: Answered) -> Result<Option<Entry>, StoreError> {
    let report = first_between(conn, answered.report, FIRST_SAMPLE)?;
    match report {
        Some(report) => Ok(Some(report)),
        None => first_between(conn, answered.sample, i64::MAX),
    }
}

fn first_between(conn: &mut Conn, after: i64, before: i64) -> Result<Option<Entry>, StoreError> {
    let ids = journal::table
        .filter(journal::id.gt(after))
        .filter(journal::id.lt(before))
        .order(journal::id)
        .select(journal::id);
    let id: Option<i64> = ids.first(conn.sqlite()?).optional()?;
    id.map(|id| entry(conn, id)).transpose()
}

fn entry(conn: &mut Conn, id: i64) -> Result<Entry, StoreError> {
    let columns = (journal::action, journal::packed, journal::refusals);
    let query = journal::table.find(id).select(columns);
    let read: QueryResult<(String, Vec<u8>, i32)> = query.first(conn.sqlite()?);
    let (action, packed, refusals) = match read {
        Ok(read) => read,
        Err(diesel::result::Error::DeserializationError(error)) => {
            let problem = error.to_string();
            return Err(StoreError::Message { id, problem });
        }
        Err(other) => return Err(other.into()),
    };
    let payload = unpack(id, &packed)?;
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&payload) {
        let problem = error.to_string();
        return Err(StoreError::Message { id, problem });
    }
    Ok(Entry {
        id,
        action,
        payload,
        refusals,
    })
}

pub(super) fn delete(conn: &mut Conn, answered: Answered) -> Result<(), StoreError> {
    let reports = journal::table.filter(journal::id.le(answered.report));
    let deleted = diesel::delete(reports).execute(conn.sqlite()?)?;
    count::take(conn, Rank::Report.into(), deleted)?;
    let samples = journal::table.filter(journal::id.between(FIRST_SAMPLE, answered.sample));
    let deleted = diesel::delete(samples).execute(conn.sqlite()?)?;
    count::take(conn, Rank::Sample.into(), deleted)
}

pub(super) fn refuse(conn: &mut Conn, id: i64, why: &str, set_aside: bool) -> Result<(), StoreError> {
    if set_aside {
        return aside::put(conn, id, why);
    }
    diesel::update(journal::table.find(id))
        .set(journal::refusals.eq(journal::refusals + 1))
        .execute(conn.sqlite()?)?;
    Ok(())
}

pub(super) fn depth(conn: &mut Conn) -> Result<Depth, StoreError> {
    let first = |c: &mut SqliteConnection, from: i64| {
        let rows = journal::table.filter(journal::id.ge(from)).order(journal::id);
        rows.select(journal::created_us).first::<i64>(c).optional()
    };
    let c = conn.sqlite()?;
    let oldest = first(c, 0)?.into_iter().chain(first(c, FIRST_SAMPLE)?).min();
    Ok(Depth {
        oldest_us: oldest,
        reports: count::of(conn, Rank::Report.into())?,
        samples: count::of(conn, Rank::Sample.into())?,
        set_aside: count::of(conn, count::Kind::SetAside)?,
    })
}
