//! What is set aside: kept out of the others' way. Reports of charges are tried again, of the rest the newest are kept.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use foundation::Conn;

use super::journal::{MAX_REFUSALS, Rank, Row, append_rows};
use super::packing::unpack;
use super::schema::{journal, set_aside};
use super::sqlite::counter;
use super::{StoreError, count};

/// In the place of an action: the row could not be read. It is kept as it was.
const UNREADABLE: &str = "unreadable";
/// Of messages that bill nobody, so many are kept.
const MAX_REST: i64 = 1_000;
/// So many are tried again in one go: whoever writes meanwhile does not wait long.
const PORTION: i64 = 200;
/// What is never dropped; the indices of the migration say the same.
const OWED: &str = "action IN ('TransactionEvent', 'unreadable')";
const REST: &str = "action NOT IN ('TransactionEvent', 'unreadable')";

/// A message that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aside {
    pub(crate) id: i64,
    pub(crate) action: String,
    pub(crate) created_us: i64,
    /// The server's last word on it.
    pub(crate) refused: String,
    /// `None` where it cannot be read.
    pub(crate) payload: Option<String>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Binary)]
    packed: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    created_us: i64,
    #[diesel(sql_type = Text)]
    refused: String,
}

/// Moves a message out of the journal.
pub(super) fn put(conn: &mut Conn, id: i64, why: &str) -> Result<(), StoreError> {
    const COPY: &str =
        "INSERT INTO set_aside SELECT id, action, packed, created_us, ? FROM journal WHERE id = ?";
    let copy = diesel::sql_query(COPY).bind::<Text, _>(why).bind::<BigInt, _>(id);
    let copied = copy.execute(conn.sqlite()?)?;
    moved(conn, id, copied)
}

/// The same with one that cannot be read; nothing of it is looked at.
pub(super) fn put_unreadable(conn: &mut Conn, id: i64, problem: &str) -> Result<(), StoreError> {
    const COPY: &str = "INSERT INTO set_aside \
         SELECT id, ?, CAST(coalesce(packed, '') AS BLOB), CAST(created_us AS INTEGER), ? FROM journal WHERE id = ?";
    let copy = diesel::sql_query(COPY)
        .bind::<Text, _>(UNREADABLE)
        .bind::<Text, _>(problem)
        .bind::<BigInt, _>(id);
    let copied = copy.execute(conn.sqlite()?)?;
    moved(conn, id, copied)
}

fn moved(conn: &mut Conn, id: i64, copied: usize) -> Result<(), StoreError> {
    let deleted = diesel::delete(journal::table.find(id)).execute(conn.sqlite()?)?;
    count::take(conn, Rank::of(id).into(), deleted)?;
    count::add(conn, count::Kind::SetAside, i64::try_from(copied).unwrap_or(0))?;
    drop_oldest_of_the_rest(conn)
}

fn drop_oldest_of_the_rest(conn: &mut Conn) -> Result<(), StoreError> {
    let surplus = format!(
        "DELETE FROM set_aside WHERE {REST} AND id <= \
         (SELECT id FROM set_aside WHERE {REST} ORDER BY id DESC LIMIT 1 OFFSET {MAX_REST})"
    );
    let dropped = diesel::sql_query(surplus).execute(conn.sqlite()?)?;
    count::take(conn, count::Kind::SetAside, dropped)
}

/// Whether a report of a charge, or what may be one, is set aside.
pub(super) fn owes(conn: &mut Conn) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Owes {
        #[diesel(sql_type = Integer)]
        owes: i32,
    }
    let query = format!("SELECT EXISTS (SELECT 1 FROM set_aside WHERE {OWED}) AS owes");
    let found: Owes = diesel::sql_query(query).get_result(conn.sqlite()?)?;
    Ok(found.owes != 0)
}

/// Puts the next portion of the reports of charges behind all other reports, for one more try each. `before` is where a
/// pass ends, so that what is refused again waits for the next one; gives back the same while there may be more.
pub(super) fn try_again(conn: &mut Conn, before: Option<i64>) -> Result<Option<i64>, StoreError> {
    let before = match before {
        Some(before) => before,
        None => counter(conn, "report_id", 1)?,
    };
    let query = format!(
        "SELECT * FROM set_aside WHERE {OWED} AND action <> '{UNREADABLE}' AND id < ? ORDER BY id LIMIT ?"
    );
    let found: Vec<Found> = diesel::sql_query(query)
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(PORTION)
        .load(conn.sqlite()?)?;
    let is_last = found.len() < usize::try_from(PORTION).unwrap_or(0);
    let (good, bad): (Vec<Found>, Vec<Found>) = found
        .into_iter()
        .partition(|row| unpack(row.id, &row.packed).is_ok());
    for row in bad {
        let broken = diesel::update(set_aside::table.find(row.id)).set(set_aside::action.eq(UNREADABLE));
        broken.execute(conn.sqlite()?)?;
    }
    for row in &good {
        diesel::delete(set_aside::table.find(row.id)).execute(conn.sqlite()?)?;
    }
    count::take(conn, count::Kind::SetAside, good.len())?;
    let rows = good.into_iter().map(|row| Row {
        action: row.action,
        packed: row.packed,
        created_us: row.created_us,
        refusals: MAX_REFUSALS - 1,
    });
    append_rows(conn, Rank::Report, rows)?;
    Ok((!is_last).then_some(before))
}

/// The first of what is set aside.
pub(super) fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Aside>, StoreError> {
    let found: Vec<Found> = diesel::sql_query("SELECT * FROM set_aside ORDER BY id LIMIT ?")
        .bind::<BigInt, _>(limit)
        .load(conn.sqlite()?)?;
    let aside = |row: Found| Aside {
        payload: unpack(row.id, &row.packed).ok(),
        id: row.id,
        action: row.action,
        created_us: row.created_us,
        refused: row.refused,
    };
    Ok(found.into_iter().map(aside).collect())
}
