//! Accepts an invitation: a new person, or one who is known already, gets the role. It can be done once.

use foundation::secrets::SecretHash;
use foundation::{Db, DbError};

use crate::audit::{self, Actor, Entry, Event};
use crate::people::Person;
use crate::store::{invitations, people};

/// Who accepts. No `Debug`: it holds a password's hash.
pub(crate) enum Acceptor {
    New { person: Person, password: String },
    Known { person_id: String },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAccepted {
    #[error("the invitation is unknown, over or used")]
    Over,
    #[error("somebody has that address")]
    EmailTaken,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Answers the person's id. Of two at once one wins, and the other leaves nothing behind.
pub(crate) async fn run(
    db: &Db,
    code: SecretHash,
    acceptor: Acceptor,
    now_us: i64,
) -> Result<String, NotAccepted> {
    db.write(move |conn| {
        let invitation = invitations::find_open(conn, code, now_us)?.ok_or(NotAccepted::Over)?;
        if !invitations::take(conn, code, now_us)? {
            return Err(NotAccepted::Over);
        }
        let person_id = match acceptor {
            Acceptor::Known { person_id } => person_id,
            Acceptor::New { person, password } => {
                if !people::insert(conn, &person, Some(&password))? {
                    return Err(NotAccepted::EmailTaken);
                }
                person.id
            }
        };
        people::insert_role(conn, &person_id, &invitation.to, now_us)?;
        let actor = Actor::Person(person_id.clone());
        audit::append(conn, &Entry::success(Event::InvitationAccepted, actor), now_us)?;
        Ok(person_id)
    })
    .await
}
