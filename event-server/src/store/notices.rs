//! The tables `charge_notices` and `alarm_notices`: whom to write to.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{alarm_notices, charge_notices};
use super::sites;

/// Somebody who wishes to hear of the end of their charges.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = charge_notices, primary_key(tenant_id, person_id))]
pub(crate) struct ChargeNotice {
    pub(crate) tenant_id: String,
    pub(crate) person_id: String,
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) agreed_at: i64,
}

/// Somebody who looks after a site, and which of its alarms they wish to hear of.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = alarm_notices, primary_key(site_id, person_id))]
pub(crate) struct AlarmNotice {
    pub(crate) site_id: String,
    pub(crate) person_id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) level: String,
    pub(crate) changed_at: i64,
}

pub(crate) fn find_of_charges(
    conn: &mut Conn,
    tenant_id: &str,
    person_id: &str,
) -> Result<Option<ChargeNotice>, DbError> {
    Ok(on!(conn, |c| charge_notices::table
        .find((tenant_id, person_id))
        .select(ChargeNotice::as_select())
        .first(c)
        .optional())?)
}

pub(crate) fn replace_of_charges(conn: &mut Conn, notice: &ChargeNotice) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(charge_notices::table)
        .values(notice)
        .on_conflict((charge_notices::tenant_id, charge_notices::person_id))
        .do_update()
        .set(notice)
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_of_charges(conn: &mut Conn, tenant_id: &str, person_id: &str) -> Result<(), DbError> {
    let row = charge_notices::table.find((tenant_id, person_id));
    on!(conn, |c| diesel::delete(row).execute(c))?;
    Ok(())
}

pub(crate) fn list_of_alarms(conn: &mut Conn, site_id: &str) -> Result<Vec<AlarmNotice>, DbError> {
    Ok(on!(conn, |c| alarm_notices::table
        .filter(alarm_notices::site_id.eq(site_id))
        .order(alarm_notices::person_id)
        .select(AlarmNotice::as_select())
        .load(c))?)
}

/// At all sites of the tenant.
pub(crate) fn delete_of_alarms(conn: &mut Conn, tenant_id: &str, person_id: &str) -> Result<(), DbError> {
    let at: Vec<String> = on!(conn, |c| alarm_notices::table
        .filter(alarm_notices::person_id.eq(person_id))
        .select(alarm_notices::site_id)
        .load(c))?;
    for site_id in at {
        if sites::find(conn, tenant_id, &site_id)?.is_some() {
            let row = alarm_notices::table.find((&site_id, person_id));
            on!(conn, |c| diesel::delete(row).execute(c))?;
        }
    }
    Ok(())
}

pub(crate) fn replace_of_alarms(conn: &mut Conn, notice: &AlarmNotice) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(alarm_notices::table)
        .values(notice)
        .on_conflict((alarm_notices::site_id, alarm_notices::person_id))
        .do_update()
        .set(notice)
        .execute(c))?;
    Ok(())
}

/// Unless there is one: whoever has chosen keeps what they chose.
pub(crate) fn insert_of_alarms(conn: &mut Conn, notice: &AlarmNotice) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(alarm_notices::table)
        .values(notice)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Nobody is written to any more, and no address is kept.
pub(crate) fn silence_alarms(
    conn: &mut Conn,
    (site_id, person_id): (&str, &str),
    level: &str,
    now_us: i64,
) -> Result<(), DbError> {
    let row = alarm_notices::table.find((site_id, person_id));
    on!(conn, |c| diesel::update(row)
        .set((
            alarm_notices::level.eq(level),
            alarm_notices::email.eq(""),
            alarm_notices::changed_at.eq(now_us),
        ))
        .execute(c))?;
    Ok(())
}
