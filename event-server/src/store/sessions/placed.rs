//! Sessions with where they were, of sites and of drivers.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::Session;
use crate::store::schema::{outlets, sessions, sites};

/// Which ended sessions.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) tenant_id: String,
    pub(crate) site_id: Option<String>,
    pub(crate) driver_id: Option<String>,
    /// From when to before when they ended.
    pub(crate) ended: (i64, i64),
}

/// A session with where it was.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct Exported {
    #[diesel(embed)]
    pub(crate) session: Session,
    #[diesel(select_expression = outlets::id)]
    pub(crate) outlet_id: String,
    #[diesel(select_expression = outlets::name)]
    pub(crate) outlet_name: String,
    #[diesel(select_expression = outlets::site_id)]
    pub(crate) site_id: String,
    #[diesel(select_expression = sites::name)]
    pub(crate) site_name: String,
    #[diesel(select_expression = sites::zone)]
    pub(crate) zone: String,
}

#[diesel::dsl::auto_type]
fn placed() -> _ {
    sessions::table.inner_join(outlets::table.inner_join(sites::table.on(sites::id.eq(outlets::site_id))))
}

/// Ended sessions after a number, the oldest first.
pub(crate) fn list_ended(
    conn: &mut Conn,
    span: &Span,
    after: i64,
    limit: i64,
) -> Result<Vec<Exported>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = placed()
            .filter(sessions::tenant_id.eq(&span.tenant_id))
            .filter(sessions::number.gt(after))
            .filter(
                sessions::ended_at
                    .ge(span.ended.0)
                    .and(sessions::ended_at.lt(span.ended.1)),
            )
            .order(sessions::number)
            .limit(limit)
            .select(Exported::as_select())
            .into_boxed();
        if let Some(site_id) = &span.site_id {
            query = query.filter(outlets::site_id.eq(site_id));
        }
        if let Some(driver_id) = &span.driver_id {
            query = query.filter(sessions::driver_id.eq(driver_id));
        }
        query.load(c)
    })?)
}

/// Of one driver: sessions that have not ended, and those that were asked for since a moment.
pub(crate) struct Counts {
    pub(crate) open: i64,
    pub(crate) requested: i64,
}

pub(crate) fn count_of_driver(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    since_us: i64,
) -> Result<Counts, DbError> {
    let theirs = || {
        sessions::table.filter(
            sessions::tenant_id
                .eq(tenant_id)
                .and(sessions::driver_id.eq(driver_id)),
        )
    };
    let open = theirs().filter(sessions::ended_at.is_null());
    let lately = theirs().filter(sessions::requested_at.ge(since_us));
    Ok(Counts {
        open: on!(conn, |c| open.count().get_result(c))?,
        requested: on!(conn, |c| lately.count().get_result(c))?,
    })
}

/// One driver's sessions that were asked for since a moment, the newest first.
pub(crate) fn list_of_driver(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    since_us: i64,
    limit: i64,
) -> Result<Vec<Exported>, DbError> {
    Ok(on!(conn, |c| placed()
        .filter(
            sessions::tenant_id
                .eq(tenant_id)
                .and(sessions::driver_id.eq(driver_id))
        )
        .filter(sessions::requested_at.ge(since_us))
        .order(sessions::number.desc())
        .limit(limit)
        .select(Exported::as_select())
        .load(c))?)
}

/// A site's sessions before a number, the newest first.
pub(crate) fn list_of_site(
    conn: &mut Conn,
    (tenant_id, site_id): (&str, &str),
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Exported>, DbError> {
    Ok(on!(conn, |c| placed()
        .filter(
            sessions::tenant_id
                .eq(tenant_id)
                .and(outlets::site_id.eq(site_id))
        )
        .filter(sessions::number.lt(before.unwrap_or(i64::MAX)))
        .order(sessions::number.desc())
        .limit(limit)
        .select(Exported::as_select())
        .load(c))?)
}
