//! One row per outlet: its saved state, and the place in its transaction's messages.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use domain::ids::TransactionId;
use domain::outlet::Saved;
use foundation::Conn;

use super::StoreError;
use super::schema::outlets;

/// What is kept of one outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletRow {
    pub number: u8,
    pub saved: Saved,
    /// The boot under which the ticks in `saved` were counted.
    pub boot_id: String,
    /// The number of the next message of the running transaction.
    pub seq_no: i64,
    /// The last start that was accepted, and its transaction.
    pub last_start: Option<(i64, TransactionId)>,
}

type Columns = (i32, String, String, i64, Option<i64>, Option<String>);

/// A row that cannot be read, and why.
pub(super) type Unreadable = (i32, String);

/// Each row by itself: one that is broken takes no other with it.
pub(super) fn all(conn: &mut Conn) -> Result<(Vec<OutletRow>, Vec<Unreadable>), StoreError> {
    let numbers = outlets::table.select(outlets::number).order(outlets::number);
    let numbers: Vec<i32> = numbers.load(conn.sqlite()?)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for number in numbers {
        match one(conn, number)? {
            Ok(row) => good.push(row),
            Err(problem) => bad.push((number, problem)),
        }
    }
    Ok((good, bad))
}

/// The inner error is about this row alone.
pub(super) fn one(conn: &mut Conn, number: i32) -> Result<Result<OutletRow, String>, StoreError> {
    match outlets::table.find(number).first(conn.sqlite()?) {
        Ok(columns) => Ok(read(columns).map_err(|error| error.to_string())),
        Err(diesel::result::Error::DeserializationError(error)) => Ok(Err(error.to_string())),
        Err(other) => Err(other.into()),
    }
}

/// Keeps it as it is in another place: whoever it belonged to begins anew.
pub(super) fn put_aside(conn: &mut Conn, (number, problem): &Unreadable) -> Result<(), StoreError> {
    const COPY: &str = "INSERT INTO unreadable_outlets (number, saved, problem) \
         SELECT number, CAST(saved AS BLOB), ? FROM outlets WHERE number = ?";
    diesel::sql_query(COPY)
        .bind::<Text, _>(problem)
        .bind::<Integer, _>(number)
        .execute(conn.sqlite()?)?;
    diesel::delete(outlets::table.find(number)).execute(conn.sqlite()?)?;
    Ok(())
}

fn read((number, saved, boot_id, seq_no, start, transaction): Columns) -> Result<OutletRow, StoreError> {
    let unreadable = |problem: String| StoreError::Outlet { number, problem };
    Ok(OutletRow {
        number: u8::try_from(number).map_err(|error| unreadable(error.to_string()))?,
        saved: serde_json::from_str(&saved).map_err(|error| unreadable(error.to_string()))?,
        boot_id,
        seq_no,
        last_start: start.zip(transaction.map(TransactionId)),
    })
}

pub(super) fn save(conn: &mut Conn, row: &OutletRow) -> Result<(), StoreError> {
    let number = i32::from(row.number);
    let saved = serde_json::to_string(&row.saved).map_err(|error| StoreError::Outlet {
        number,
        problem: error.to_string(),
    })?;
    let (start, transaction) = row
        .last_start
        .as_ref()
        .map(|(id, transaction)| (*id, &transaction.0))
        .unzip();
    diesel::replace_into(outlets::table)
        .values((
            outlets::number.eq(number),
            outlets::saved.eq(saved),
            outlets::boot_id.eq(&row.boot_id),
            outlets::seq_no.eq(row.seq_no),
            outlets::last_remote_start_id.eq(start),
            outlets::last_transaction.eq(transaction),
        ))
        .execute(conn.sqlite()?)?;
    Ok(())
}
