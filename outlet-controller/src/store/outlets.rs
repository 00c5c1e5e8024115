//! One row per outlet: its saved state, and the place in its transaction's messages.

use diesel::prelude::*;
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

pub(super) fn all(conn: &mut Conn) -> Result<Vec<OutletRow>, StoreError> {
    let rows: Vec<Columns> = outlets::table.order(outlets::number).load(conn.sqlite()?)?;
    rows.into_iter().map(read).collect()
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
