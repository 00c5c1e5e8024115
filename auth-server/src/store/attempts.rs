//! The table `attempts`: a generic cell rate for each key, moved by one statement.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::attempts;

/// Takes one of the attempts of a key, of which one comes back each `interval_us`; false if all `burst` are used up.
pub(crate) fn take(
    conn: &mut Conn,
    key: SecretHash,
    burst: i64,
    interval_us: i64,
    now_us: i64,
) -> Result<bool, DbError> {
    let row = (
        attempts::hash.eq(key.to_text()),
        attempts::used_up_to_us.eq(now_us.saturating_add(interval_us)),
    );
    // Whoever waited longer than everything used begins anew, as a new row would.
    let latest_us = now_us.saturating_add(interval_us.saturating_mul(burst - 1));
    let taken = on!(conn, |c| {
        let next = sql::<BigInt>(&format!(
            "CASE WHEN attempts.used_up_to_us < {now_us} THEN {now_us} ELSE attempts.used_up_to_us END + {interval_us}"
        ));
        let upsert = diesel::insert_into(attempts::table)
            .values(row)
            .on_conflict(attempts::hash)
            .do_update()
            .set(attempts::used_up_to_us.eq(next));
        diesel::query_dsl::methods::FilterDsl::filter(upsert, attempts::used_up_to_us.le(latest_us))
            .execute(c)
    })?;
    Ok(taken == 1)
}

/// Until when all attempts of a key are used up, if they are.
pub(crate) fn find(conn: &mut Conn, key: SecretHash) -> Result<Option<i64>, DbError> {
    Ok(on!(conn, |c| attempts::table
        .find(key.to_text())
        .select(attempts::used_up_to_us)
        .first(c)
        .optional())?)
}

/// Gives all attempts back.
pub(crate) fn forget(conn: &mut Conn, key: SecretHash) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(attempts::table.find(key.to_text()))
        .execute(c))?;
    Ok(())
}

/// Forgets keys whose attempts have all come back.
pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = attempts::table.filter(attempts::used_up_to_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
