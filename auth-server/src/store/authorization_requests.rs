//! The table `authorization_requests`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::authorization_requests;

/// A request on its way.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = authorization_requests)]
pub(crate) struct KeptRequest {
    pub(crate) client_id: String,
    /// As a form.
    pub(crate) parameters: String,
    pub(crate) created_at_us: i64,
    pub(crate) expires_at_us: i64,
}

pub(crate) fn insert(conn: &mut Conn, id: SecretHash, request: &KeptRequest) -> Result<(), DbError> {
    let row = (
        authorization_requests::hash.eq(id.to_text()),
        authorization_requests::client_id.eq(&request.client_id),
        authorization_requests::parameters.eq(&request.parameters),
        authorization_requests::created_at_us.eq(request.created_at_us),
        authorization_requests::expires_at_us.eq(request.expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(authorization_requests::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// One that is not over.
pub(crate) fn find(conn: &mut Conn, id: SecretHash, now_us: i64) -> Result<Option<KeptRequest>, DbError> {
    Ok(on!(conn, |c| authorization_requests::table
        .find(id.to_text())
        .filter(authorization_requests::expires_at_us.gt(now_us))
        .select(KeptRequest::as_select())
        .first(c)
        .optional())?)
}

/// Takes one for answered, in one statement; false if it was answered before.
pub(crate) fn take(conn: &mut Conn, id: SecretHash) -> Result<bool, DbError> {
    let row = authorization_requests::table.find(id.to_text());
    Ok(on!(conn, |c| diesel::delete(row).execute(c))? == 1)
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = authorization_requests::table.filter(authorization_requests::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
