//! At which site a thing is.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{alarms, circuits, commands, controllers, outlets, reservations, sessions, sites};

/// What an id is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    Site,
    Circuit,
    Controller,
    Outlet,
    Session,
    Reservation,
    Command,
    Alarm,
}

/// The site of a tenant's thing; `None` where the tenant has no such thing.
pub(crate) fn site_of(
    conn: &mut Conn,
    tenant_id: &str,
    named: Named,
    id: &str,
) -> Result<Option<String>, DbError> {
    macro_rules! at_site {
        ($from:expr, $table:ident, $site:path) => {
            on!(conn, |c| $from
                .filter($table::id.eq(id).and($table::tenant_id.eq(tenant_id)))
                .select($site)
                .first(c)
                .optional())?
        };
    }
    Ok(match named {
        Named::Site => at_site!(sites::table, sites, sites::id),
        Named::Circuit => at_site!(circuits::table, circuits, circuits::site_id),
        Named::Controller => at_site!(controllers::table, controllers, controllers::site_id),
        Named::Outlet => at_site!(outlets::table, outlets, outlets::site_id),
        Named::Alarm => at_site!(alarms::table, alarms, alarms::site_id),
        Named::Session => at_site!(
            sessions::table.inner_join(outlets::table),
            sessions,
            outlets::site_id
        ),
        Named::Reservation => at_site!(
            reservations::table.inner_join(outlets::table),
            reservations,
            outlets::site_id
        ),
        Named::Command => at_site!(
            commands::table.inner_join(controllers::table.on(controllers::id.eq(commands::controller_id))),
            commands,
            controllers::site_id
        ),
    })
}
