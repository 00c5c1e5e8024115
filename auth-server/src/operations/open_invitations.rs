//! Invitations that nobody has accepted yet: seen, and taken back, by whoever could make them.

use std::collections::BTreeSet;

use foundation::secrets::SecretHash;
use foundation::{Conn, Db, DbError};
use jiff::Timestamp;

use super::timestamp;
use crate::audit::{self, Actor, Entry, Event};
use crate::people::{RoleAt, may_invite};
use crate::store::{invitations, people};

/// An invitation whose link is good now.
pub(crate) struct OpenInvitation {
    /// Names it, and does not tell its code.
    pub(crate) id: String,
    pub(crate) to: RoleAt,
    pub(crate) expires_at: Timestamp,
}

/// By when they end.
pub(crate) async fn list(db: &Db, person_id: &str, now_us: i64) -> Result<Vec<OpenInvitation>, DbError> {
    let person_id = person_id.to_owned();
    db.read(move |conn| {
        let roles = people::roles(conn, &person_id)?;
        let tenants: BTreeSet<_> = roles.iter().map(|role| &role.tenant_id).collect();
        let mut open = Vec::new();
        for tenant_id in tenants {
            open.extend(invitations::list_open(conn, tenant_id, now_us)?);
        }
        open.retain(|(_, invitation)| may_invite(&roles, &invitation.to));
        let listed = open.into_iter().map(|(id, invitation)| OpenInvitation {
            id,
            to: invitation.to,
            expires_at: timestamp(invitation.expires_at_us),
        });
        Ok(listed.collect())
    })
    .await
}

/// False where it is not open any more, or is nothing that this person may see.
pub(crate) async fn withdraw(db: &Db, person_id: &str, id: &str, now_us: i64) -> Result<bool, DbError> {
    let Some(code) = SecretHash::from_text(id) else {
        return Ok(false);
    };
    let person_id = person_id.to_owned();
    db.write(move |conn| withdraw_in(conn, person_id, code, now_us))
        .await
}

fn withdraw_in(conn: &mut Conn, person_id: String, code: SecretHash, now_us: i64) -> Result<bool, DbError> {
    let Some(invitation) = invitations::find_open(conn, code, now_us)? else {
        return Ok(false);
    };
    let may = may_invite(&people::roles(conn, &person_id)?, &invitation.to);
    if !may || !invitations::delete_open(conn, code, now_us)? {
        return Ok(false);
    }
    let entry = Entry::success(Event::InvitationWithdrawn, Actor::Person(person_id));
    audit::append(conn, &entry, now_us)?;
    Ok(true)
}
