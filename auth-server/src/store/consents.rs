//! The table `consents`.

use api_spec::token::Scopes;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::consents;
use super::unreadable;

/// What a person has allowed a client, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consent {
    pub(crate) scopes: Scopes,
    pub(crate) at_us: i64,
}

/// Empty where nothing was allowed.
pub(crate) fn find(conn: &mut Conn, person_id: &str, client_id: &str) -> Result<Consent, DbError> {
    let row: Option<(String, i64)> = on!(conn, |c| consents::table
        .find((person_id, client_id))
        .select((consents::scopes, consents::created_at_us))
        .first(c)
        .optional())?;
    let Some((scopes, at_us)) = row else {
        return Ok(Consent::default());
    };
    let scopes = scopes.parse().map_err(|_| unreadable("scopes"))?;
    Ok(Consent { scopes, at_us })
}

/// In place of what was allowed before.
pub(crate) fn replace(
    conn: &mut Conn,
    person_id: &str,
    client_id: &str,
    scopes: &Scopes,
    created_at_us: i64,
) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(
        consents::table.find((person_id, client_id))
    )
    .execute(c))?;
    let row = (
        consents::person_id.eq(person_id),
        consents::client_id.eq(client_id),
        consents::scopes.eq(scopes.to_string()),
        consents::created_at_us.eq(created_at_us),
    );
    on!(conn, |c| diesel::insert_into(consents::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_all(conn: &mut Conn, person_id: &str) -> Result<(), DbError> {
    let rows = consents::table.filter(consents::person_id.eq(person_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}
