//! The table `audit_subjects`: what is asked for of the audit log, entry by entry.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use foundation::{Conn, DbError, on};

use super::schema::audit_subjects;

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = audit_subjects)]
pub(crate) struct AuditSubject {
    pub(crate) sequence: i64,
    pub(crate) tenant_id: String,
    pub(crate) at_us: i64,
    pub(crate) actor_id: String,
    pub(crate) resource: String,
}

/// Which entries of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Which {
    pub(crate) tenant_id: String,
    pub(crate) resource: Option<String>,
    /// Of this site and of what is in it: panels, outlets, sessions, alarms, labels, prices, people.
    pub(crate) site_id: Option<String>,
    pub(crate) actor_id: Option<String>,
    /// From here on, and before there.
    pub(crate) from_us: Option<i64>,
    pub(crate) to_us: Option<i64>,
}

pub(crate) fn insert(conn: &mut Conn, subject: &AuditSubject) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(audit_subjects::table)
        .values(subject)
        .execute(c))?;
    Ok(())
}

/// The numbers of the newest entries before one, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    which: &Which,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = audit_subjects::table
            .filter(audit_subjects::tenant_id.eq(&which.tenant_id))
            .order(audit_subjects::sequence.desc())
            .limit(limit)
            .select(audit_subjects::sequence)
            .into_boxed();
        if let Some(resource) = &which.resource {
            query = query.filter(audit_subjects::resource.eq(resource));
        }
        if let Some(site_id) = &which.site_id {
            // An id has 30 characters; what follows it in a path is what was done.
            let here = sql::<Bool>("(substr(resource, 1, 40) = '/v1/sites/' || ")
                .bind::<Text, _>(site_id)
                .sql(" OR substr(resource, 1, 42) IN (SELECT '/v1/outlets/' || id FROM outlets WHERE site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR substr(resource, 1, 46) IN (SELECT '/v1/controllers/' || id FROM controllers WHERE site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR substr(resource, 1, 43) IN (SELECT '/v1/sessions/' || sessions.id FROM sessions")
                .sql(" JOIN outlets ON outlets.key = sessions.outlet_key WHERE outlets.site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR substr(resource, 1, 41) IN (SELECT '/v1/alarms/' || id FROM alarms WHERE site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR substr(resource, 1, 48) IN (SELECT '/v1/label-batches/' || id FROM label_batches WHERE site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR substr(resource, 1, 42) IN (SELECT '/v1/tariffs/' || tariff_id FROM sites WHERE id = ")
                .bind::<Text, _>(site_id)
                .sql(" UNION SELECT '/v1/tariffs/' || tariff_id FROM outlets WHERE site_id = ")
                .bind::<Text, _>(site_id)
                .sql(") OR resource IN (SELECT '/v1/drivers/' || id FROM drivers WHERE drivers.tenant_id = audit_subjects.tenant_id AND drivers.sites LIKE ")
                .bind::<Text, _>(format!("%\"{site_id}\"%"))
                .sql("))");
            query = query.filter(here);
        }
        if let Some(actor_id) = &which.actor_id {
            query = query.filter(audit_subjects::actor_id.eq(actor_id));
        }
        if let Some(from_us) = which.from_us {
            query = query.filter(audit_subjects::at_us.ge(from_us));
        }
        if let Some(to_us) = which.to_us {
            query = query.filter(audit_subjects::at_us.lt(to_us));
        }
        if let Some(before) = before {
            query = query.filter(audit_subjects::sequence.lt(before));
        }
        query.load(c)
    })?)
}
