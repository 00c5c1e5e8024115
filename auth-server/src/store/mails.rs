//! The table `mails`: sign-in links that have yet to be sent.

use diesel::dsl::exists;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::mails;

/// A mail on its way.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = mails)]
pub(crate) struct DueMail {
    /// Whether it is anybody's is looked at when it is sent.
    pub(crate) email: String,
    /// The id of the kept request that is gone on with, or empty.
    pub(crate) request: String,
    pub(crate) asked_at_us: i64,
}

/// One at a time for an address: whoever asks again, asks for the same.
pub(crate) fn replace(conn: &mut Conn, mail: &DueMail) -> Result<(), DbError> {
    let row = (mail, mails::next_try_us.eq(mail.asked_at_us));
    let again = (
        mails::request.eq(&mail.request),
        mails::asked_at_us.eq(mail.asked_at_us),
        mails::next_try_us.eq(mail.asked_at_us),
    );
    on!(conn, |c| diesel::insert_into(mails::table)
        .values(row)
        .on_conflict(mails::email)
        .do_update()
        .set(again)
        .execute(c))?;
    Ok(())
}

/// Whether there is anything to take.
pub(crate) fn is_any_due(conn: &mut Conn, now_us: i64) -> Result<bool, DbError> {
    let due = mails::table.filter(mails::next_try_us.le(now_us));
    Ok(on!(conn, |c| diesel::select(exists(due)).get_result(c))?)
}

/// Takes what is due, in one statement, so that of several nodes one sends it; due again at `next_try_us`.
pub(crate) fn take_due(conn: &mut Conn, now_us: i64, next_try_us: i64) -> Result<Vec<DueMail>, DbError> {
    let due = mails::table.filter(mails::next_try_us.le(now_us));
    Ok(on!(conn, |c| diesel::update(due)
        .set(mails::next_try_us.eq(next_try_us))
        .returning(DueMail::as_returning())
        .get_results(c))?)
}

/// Done, unless it was asked for again meanwhile.
pub(crate) fn delete(conn: &mut Conn, mail: &DueMail) -> Result<(), DbError> {
    let row = mails::table
        .filter(mails::email.eq(&mail.email))
        .filter(mails::asked_at_us.eq(mail.asked_at_us));
    on!(conn, |c| diesel::delete(row).execute(c))?;
    Ok(())
}
