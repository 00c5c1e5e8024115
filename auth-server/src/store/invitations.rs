//! The table `invitations`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::invitations;
use super::unreadable;
use crate::people::{Role, RoleAt};

/// More open at once than any tenant's operators look through.
const MAX_LISTED: i64 = 1000;

/// An invitation that has yet to be accepted.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) to: RoleAt,
    /// A person's id; the host itself has none.
    pub(crate) invited_by: Option<String>,
    pub(crate) expires_at_us: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
struct Row {
    hash: String,
    role: String,
    tenant_id: String,
    site_id: String,
    unit: String,
    site_name: String,
    invited_by: Option<String>,
    expires_at_us: i64,
}

/// Can be accepted at this moment.
#[diesel::dsl::auto_type]
fn is_open(now_us: i64) -> _ {
    invitations::accepted_at_us
        .is_null()
        .and(invitations::expires_at_us.gt(now_us))
}

pub(crate) fn insert(
    conn: &mut Conn,
    code: SecretHash,
    invitation: &Invitation,
    created_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        invitations::hash.eq(code.to_text()),
        invitations::role.eq(invitation.to.role.name()),
        invitations::tenant_id.eq(&invitation.to.tenant_id),
        invitations::site_id.eq(&invitation.to.site_id),
        invitations::unit.eq(&invitation.to.unit),
        invitations::site_name.eq(&invitation.to.site_name),
        invitations::invited_by.eq(&invitation.invited_by),
        invitations::created_at_us.eq(created_at_us),
        invitations::expires_at_us.eq(invitation.expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(invitations::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// One that can be accepted at this moment.
pub(crate) fn find_open(
    conn: &mut Conn,
    code: SecretHash,
    now_us: i64,
) -> Result<Option<Invitation>, DbError> {
    let row: Option<Row> = on!(conn, |c| invitations::table
        .find(code.to_text())
        .filter(is_open(now_us))
        .select(Row::as_select())
        .first(c)
        .optional())?;
    row.map(Row::invitation).transpose()
}

/// Those of a tenant that can be accepted at this moment, with what names them, by when they end.
pub(crate) fn list_open(
    conn: &mut Conn,
    tenant_id: &str,
    now_us: i64,
) -> Result<Vec<(String, Invitation)>, DbError> {
    let rows: Vec<Row> = on!(conn, |c| invitations::table
        .filter(invitations::tenant_id.eq(tenant_id))
        .filter(is_open(now_us))
        .order((invitations::expires_at_us, invitations::hash))
        .limit(MAX_LISTED)
        .select(Row::as_select())
        .load(c))?;
    let named = |row: Row| Ok((row.hash.clone(), row.invitation()?));
    rows.into_iter().map(named).collect()
}

/// Ends an open invitation, in one statement; false if it is not open any more.
pub(crate) fn delete_open(conn: &mut Conn, code: SecretHash, now_us: i64) -> Result<bool, DbError> {
    let open = invitations::table
        .filter(invitations::hash.eq(code.to_text()))
        .filter(is_open(now_us));
    let deleted = on!(conn, |c| diesel::delete(open).execute(c))?;
    Ok(deleted == 1)
}

/// Takes an open invitation, in one statement; false if it is not open any more.
pub(crate) fn take(conn: &mut Conn, code: SecretHash, now_us: i64) -> Result<bool, DbError> {
    let open = invitations::table
        .filter(invitations::hash.eq(code.to_text()))
        .filter(is_open(now_us));
    let taken = on!(conn, |c| diesel::update(open)
        .set(invitations::accepted_at_us.eq(now_us))
        .execute(c))?;
    Ok(taken == 1)
}

/// Ends the open invitations of operators: of bootstrap links only the newest is good.
pub(crate) fn delete_open_of_host(conn: &mut Conn) -> Result<(), DbError> {
    let open = invitations::table
        .filter(invitations::accepted_at_us.is_null())
        .filter(invitations::invited_by.is_null());
    on!(conn, |c| diesel::delete(open).execute(c))?;
    Ok(())
}

impl Row {
    fn invitation(self) -> Result<Invitation, DbError> {
        Ok(Invitation {
            to: RoleAt {
                role: Role::from_name(&self.role).ok_or_else(|| unreadable("role"))?,
                tenant_id: self.tenant_id,
                site_id: self.site_id,
                unit: self.unit,
                site_name: self.site_name,
            },
            invited_by: self.invited_by,
            expires_at_us: self.expires_at_us,
        })
    }
}
