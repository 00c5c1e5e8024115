//! The table `session_notes`: what pages say of a session beside its own row.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::session_notes;

/// What is noted of a session; what is `None` stays as it is.
#[derive(Clone, Debug, Default, Insertable, AsChangeset)]
#[diesel(table_name = session_notes, primary_key(session_id))]
struct Note<'a> {
    session_id: &'a str,
    interrupted_at: Option<Option<i64>>,
    stopped_by: Option<&'a str>,
}

/// Since when the power is gone, or that it is back.
pub(crate) fn note_power(
    conn: &mut Conn,
    session_id: &str,
    interrupted_at: Option<i64>,
) -> Result<(), DbError> {
    let note = Note {
        session_id,
        interrupted_at: Some(interrupted_at),
        ..Note::default()
    };
    keep(conn, &note)
}

/// The person who has stopped somebody else's charge.
pub(crate) fn note_stop(conn: &mut Conn, session_id: &str, person_id: &str) -> Result<(), DbError> {
    let note = Note {
        session_id,
        stopped_by: Some(person_id),
        ..Note::default()
    };
    keep(conn, &note)
}

fn keep(conn: &mut Conn, note: &Note<'_>) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(session_notes::table)
        .values(note)
        .on_conflict(session_notes::session_id)
        .do_update()
        .set(note)
        .execute(c))?;
    Ok(())
}

/// Whoever has stopped it in its driver's stead.
pub(crate) fn find_stopper(conn: &mut Conn, session_id: &str) -> Result<Option<String>, DbError> {
    let found: Option<Option<String>> = on!(conn, |c| session_notes::table
        .find(session_id)
        .select(session_notes::stopped_by)
        .first(c)
        .optional())?;
    Ok(found.flatten())
}

/// Which of these have lost their power.
pub(crate) fn list_interrupted(conn: &mut Conn, ids: &[String]) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| session_notes::table
        .filter(session_notes::session_id.eq_any(ids))
        .filter(session_notes::interrupted_at.is_not_null())
        .select(session_notes::session_id)
        .load(c))?)
}
