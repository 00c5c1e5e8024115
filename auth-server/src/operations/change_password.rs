//! Gives a person another password; whoever is signed in elsewhere is signed out.

use foundation::{Db, DbError};

use crate::audit::{self, Actor, Entry, Event};
use crate::store::{login_sessions, people};

/// `password` is a PHC string; the session `kept_id` goes on.
pub(crate) async fn run(
    db: &Db,
    person_id: &str,
    password: String,
    kept_id: &str,
    now_us: i64,
) -> Result<(), DbError> {
    let (person_id, kept_id) = (person_id.to_owned(), kept_id.to_owned());
    db.write(move |conn| {
        people::update_password(conn, &person_id, &password)?;
        for session in login_sessions::list(conn, &person_id, now_us)? {
            if session.id != kept_id {
                login_sessions::delete(conn, &person_id, &session.id)?;
            }
        }
        let actor = Actor::Person(person_id);
        audit::append(conn, &Entry::success(Event::PasswordChanged, actor), now_us)
    })
    .await
}
