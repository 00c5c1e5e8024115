//! The journal: messages to the server, kept until it has answered them.

use diesel::prelude::*;
use foundation::Conn;

use super::StoreError;
use super::schema::journal;

/// A message to the server, as it will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) action: &'static str,
    /// A JSON object.
    pub(crate) payload: String,
    pub(crate) created_us: i64,
}

/// A message in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) action: String,
    pub(crate) payload: String,
    /// How often the server has refused it.
    pub(crate) refusals: i32,
}

pub(super) fn append(conn: &mut Conn, messages: &[Message]) -> Result<(), StoreError> {
    let rows: Vec<_> = messages
        .iter()
        .map(|message| {
            (
                journal::action.eq(message.action),
                journal::payload.eq(&message.payload),
                journal::created_us.eq(message.created_us),
            )
        })
        .collect();
    let c = conn.sqlite()?;
    for row in rows {
        diesel::insert_into(journal::table).values(row).execute(c)?;
    }
    Ok(())
}

pub(super) fn oldest(conn: &mut Conn, answered: i64) -> Result<Option<Entry>, StoreError> {
    let columns = (journal::id, journal::action, journal::payload, journal::refusals);
    let query = journal::table
        .filter(journal::refused.is_null())
        .filter(journal::id.gt(answered))
        .order(journal::id)
        .select(columns);
    Ok(query.first(conn.sqlite()?).optional()?)
}

pub(super) fn delete(conn: &mut Conn, id: i64) -> Result<(), StoreError> {
    diesel::delete(journal::table.find(id)).execute(conn.sqlite()?)?;
    Ok(())
}

pub(super) fn refuse(conn: &mut Conn, id: i64, why: &str, set_aside: bool) -> Result<(), StoreError> {
    let refused = set_aside.then_some(why);
    diesel::update(journal::table.find(id))
        .set((
            journal::refusals.eq(journal::refusals + 1),
            journal::refused.eq(refused),
        ))
        .execute(conn.sqlite()?)?;
    Ok(())
}
