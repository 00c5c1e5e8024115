//! The table `sign_in_links`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::sign_in_links;

/// A link by which a person signs in, once.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_links)]
pub(crate) struct SignInLink {
    pub(crate) person_id: String,
    /// The id of the kept request that is gone on with, or empty.
    pub(crate) request: String,
    /// The address that it was sent to, if it was sent.
    pub(crate) sent_to: Option<String>,
    pub(crate) expires_at_us: i64,
}

pub(crate) fn insert(conn: &mut Conn, code: SecretHash, link: &SignInLink) -> Result<(), DbError> {
    let row = (sign_in_links::hash.eq(code.to_text()), link);
    on!(conn, |c| diesel::insert_into(sign_in_links::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// Takes a link, in one statement; `None` if it was used before, is over, or not ours.
pub(crate) fn take(conn: &mut Conn, code: SecretHash, now_us: i64) -> Result<Option<SignInLink>, DbError> {
    let open = sign_in_links::table
        .filter(sign_in_links::hash.eq(code.to_text()))
        .filter(sign_in_links::expires_at_us.gt(now_us));
    Ok(on!(conn, |c| diesel::delete(open)
        .returning(SignInLink::as_returning())
        .get_result(c)
        .optional())?)
}

pub(crate) fn delete_all(conn: &mut Conn, person_id: &str) -> Result<(), DbError> {
    let rows = sign_in_links::table.filter(sign_in_links::person_id.eq(person_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = sign_in_links::table.filter(sign_in_links::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
