//! Invites somebody to a role: makes the code that their link holds.

use foundation::secrets::SecretHash;
use foundation::{Conn, Db};
use jiff::Timestamp;

use super::{OperationError, timestamp};
use crate::audit::{self, Actor, Entry, Event};
use crate::people::{RoleAt, may_invite};
use crate::store::invitations::{self, Invitation};
use crate::store::people;

/// How long the first operator's link is good.
const HOST_LIFE_US: i64 = 900 * 1_000_000;
/// How long a person's invitation is good.
const LIFE_US: i64 = 7 * 86_400 * 1_000_000;

/// An invitation just made; the only place where its code can be read.
#[derive(Clone)]
pub(crate) struct Invited {
    pub(crate) code: String,
    pub(crate) expires_at: Timestamp,
}

/// By a person, within what they may.
pub(crate) async fn by_person(
    db: &Db,
    person_id: &str,
    to: RoleAt,
    now_us: i64,
) -> Result<Invited, OperationError> {
    let person_id = person_id.to_owned();
    db.write(move |conn| {
        let roles = people::roles(conn, &person_id)?;
        if !may_invite(&roles, &to) {
            return Err(OperationError::NotAllowed {
                what: "invitation",
                problem: "you may invite to roles below yours, at your own sites",
            });
        }
        let actor = Actor::Person(person_id.clone());
        let invitation = Invitation {
            to,
            invited_by: Some(person_id),
            expires_at_us: now_us.saturating_add(LIFE_US),
        };
        invite(conn, &invitation, actor, now_us)
    })
    .await
}

/// By the host itself. Of such links only the newest is good; `only_first` makes one only where nobody is an operator.
pub(crate) async fn by_host(
    db: &Db,
    to: RoleAt,
    only_first: bool,
    actor: Actor,
    now_us: i64,
) -> Result<Option<Invited>, OperationError> {
    db.write(move |conn| {
        if only_first && people::is_there_an_operator(conn)? {
            return Ok(None);
        }
        invitations::delete_open_of_host(conn)?;
        let invitation = Invitation {
            to,
            invited_by: None,
            expires_at_us: now_us.saturating_add(HOST_LIFE_US),
        };
        invite(conn, &invitation, actor, now_us).map(Some)
    })
    .await
}

fn invite(
    conn: &mut Conn,
    invitation: &Invitation,
    actor: Actor,
    now_us: i64,
) -> Result<Invited, OperationError> {
    let code = format!("dnr_in_{}", foundation::ids::random_text());
    invitations::insert(conn, SecretHash::of(&code), invitation, now_us)?;
    audit::append(conn, &Entry::success(Event::InvitationCreated, actor), now_us)?;
    Ok(Invited {
        code,
        expires_at: timestamp(invitation.expires_at_us),
    })
}
