//! The table `mails`: what is on its way to people, and for a day what was sent.

use diesel::dsl::exists;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::mails;

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = mails)]
pub(crate) struct NewMail {
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) kind: String,
    pub(crate) subject_id: String,
    pub(crate) created_at: i64,
    pub(crate) due_at: i64,
    pub(crate) tries: i64,
}

/// A mail that is to be sent now.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub(crate) struct Mail {
    pub(crate) number: i64,
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) kind: String,
    pub(crate) subject_id: String,
    pub(crate) created_at: i64,
    pub(crate) tries: i64,
}

pub(crate) fn insert(conn: &mut Conn, mail: &NewMail) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(mails::table)
        .values(mail)
        .execute(c))?;
    Ok(())
}

/// How many were made for an address since then.
pub(crate) fn count_since(conn: &mut Conn, email: &str, since: i64) -> Result<i64, DbError> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::email.eq(email).and(mails::created_at.gt(since)))
        .count()
        .get_result(c))?)
}

/// Whether one is due now, or was sent before then: whether there is anything to write.
pub(crate) fn is_any_due(conn: &mut Conn, now_us: i64, sent_before: i64) -> Result<bool, DbError> {
    let due = mails::table.filter(mails::sent_at.is_null().and(mails::due_at.le(now_us)));
    let old = mails::table.filter(mails::sent_at.lt(sent_before));
    let any = exists(due).or(exists(old));
    Ok(on!(conn, |c| diesel::select(any).get_result(c))?)
}

/// Takes what is due, the oldest first, so that of several nodes one sends it; due again at `next_try`.
pub(crate) fn take_due(
    conn: &mut Conn,
    now_us: i64,
    next_try: i64,
    limit: i64,
) -> Result<Vec<Mail>, DbError> {
    let numbers: Vec<i64> = on!(conn, |c| mails::table
        .filter(mails::sent_at.is_null().and(mails::due_at.le(now_us)))
        .order(mails::number)
        .limit(limit)
        .select(mails::number)
        .load(c))?;
    let due = mails::table.filter(mails::number.eq_any(numbers).and(mails::due_at.le(now_us)));
    Ok(on!(conn, |c| diesel::update(due)
        .set((mails::due_at.eq(next_try), mails::tries.eq(mails::tries + 1)))
        .returning(Mail::as_returning())
        .get_results(c))?)
}

pub(crate) fn update_sent(conn: &mut Conn, number: i64, now_us: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(mails::table.find(number))
        .set(mails::sent_at.eq(now_us))
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_due(conn: &mut Conn, number: i64, due_at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(mails::table.find(number))
        .set(mails::due_at.eq(due_at))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete(conn: &mut Conn, number: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(mails::table.find(number)).execute(c))?;
    Ok(())
}

/// Those that were sent before then.
pub(crate) fn delete_sent_before(conn: &mut Conn, before: i64) -> Result<(), DbError> {
    let old = mails::table.filter(mails::sent_at.lt(before));
    on!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
