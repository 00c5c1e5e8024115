//! The journal: messages to the server, kept until it has answered them. Reports go before samples.

use diesel::prelude::*;
use foundation::Conn;

use super::StoreError;
use super::packing::{pack, unpack};
use super::schema::{journal, set_aside};
use super::sqlite::{counter, set_counter};

/// Ids of samples begin here, those of reports at 1: in the order of ids every report goes before every sample.
pub const FIRST_SAMPLE: i64 = 1 << 40;

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
    fn counter(self) -> (&'static str, i64) {
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
    let (name, first) = rank.counter();
    let begin = counter(conn, name, first)?;
    let mut id = begin;
    for message in messages {
        let row = (
            journal::id.eq(id),
            journal::action.eq(message.action),
            journal::packed.eq(pack(&message.payload)),
            journal::created_us.eq(message.created_us),
        );
        diesel::insert_into(journal::table)
            .values(row)
            .execute(conn.sqlite()?)?;
        id += 1;
    }
    if id > begin {
        set_counter(conn, name, id)?;
    }
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
    let columns = (journal::id, journal::action, journal::packed, journal::refusals);
    let query = journal::table
        .filter(journal::id.gt(after))
        .filter(journal::id.lt(before))
        .order(journal::id)
        .select(columns);
    let found: Option<(i64, String, Vec<u8>, i32)> = query.first(conn.sqlite()?).optional()?;
    let entry = found.map(|(id, action, packed, refusals)| {
        Ok(Entry {
            id,
            action,
            payload: unpack(id, &packed)?,
            refusals,
        })
    });
    entry.transpose()
}

pub(super) fn delete(conn: &mut Conn, answered: Answered) -> Result<(), StoreError> {
    let reports = journal::id.le(answered.report);
    let samples = journal::id.between(FIRST_SAMPLE, answered.sample);
    let c = conn.sqlite()?;
    diesel::delete(journal::table.filter(reports)).execute(c)?;
    diesel::delete(journal::table.filter(samples)).execute(c)?;
    Ok(())
}

pub(super) fn refuse(conn: &mut Conn, id: i64, why: &str, aside: bool) -> Result<(), StoreError> {
    let c = conn.sqlite()?;
    diesel::update(journal::table.find(id))
        .set(journal::refusals.eq(journal::refusals + 1))
        .execute(c)?;
    if !aside {
        return Ok(());
    }
    let columns = (journal::id, journal::action, journal::packed, journal::created_us);
    let row: (i64, String, Vec<u8>, i64) = journal::table.find(id).select(columns).get_result(c)?;
    diesel::insert_into(set_aside::table)
        .values((
            set_aside::id.eq(row.0),
            set_aside::action.eq(row.1),
            set_aside::packed.eq(row.2),
            set_aside::created_us.eq(row.3),
            set_aside::refused.eq(why),
        ))
        .execute(c)?;
    diesel::delete(journal::table.find(id)).execute(c)?;
    Ok(())
}

pub(super) fn depth(conn: &mut Conn) -> Result<Depth, StoreError> {
    let c = conn.sqlite()?;
    let reports = journal::table.filter(journal::id.lt(FIRST_SAMPLE));
    let samples = journal::table.filter(journal::id.ge(FIRST_SAMPLE));
    let first = |c: &mut SqliteConnection, from: i64| {
        let rows = journal::table.filter(journal::id.ge(from)).order(journal::id);
        rows.select(journal::created_us).first::<i64>(c).optional()
    };
    Ok(Depth {
        oldest_us: first(c, 0)?.into_iter().chain(first(c, FIRST_SAMPLE)?).min(),
        reports: reports.count().get_result(c)?,
        samples: samples.count().get_result(c)?,
        set_aside: set_aside::table.count().get_result(c)?,
    })
}
