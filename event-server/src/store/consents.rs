//! The table `consents`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::consents;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = consents)]
pub(crate) struct Consent {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) driver_id: String,
    pub(crate) site_id: String,
    pub(crate) text_version: String,
    pub(crate) consented_at: i64,
    pub(crate) created_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, consent: &Consent) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(consents::table)
        .values(consent)
        .execute(c))?;
    Ok(())
}

/// What a driver has agreed to after `after`, by id, which is by time.
pub(crate) fn list(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    after: &str,
    limit: i64,
) -> Result<Vec<Consent>, DbError> {
    Ok(on!(conn, |c| consents::table
        .filter(consents::tenant_id.eq(tenant_id))
        .filter(consents::driver_id.eq(driver_id))
        .filter(consents::id.gt(after))
        .order(consents::id)
        .limit(limit)
        .select(Consent::as_select())
        .load(c))?)
}

/// Whether a driver has agreed to a text at a site.
pub(crate) fn has_agreed(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    site_id: &str,
    text_version: &str,
) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| consents::table
        .filter(consents::tenant_id.eq(tenant_id))
        .filter(consents::driver_id.eq(driver_id))
        .filter(consents::site_id.eq(site_id))
        .filter(consents::text_version.eq(text_version))
        .select(consents::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}
