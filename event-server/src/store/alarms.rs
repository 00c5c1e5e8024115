//! The table `alarms`.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::controllers::Controller;
use super::schema::{alarms, controllers, outlets};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = alarms)]
pub(crate) struct Alarm {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    pub(crate) controller_id: String,
    pub(crate) kind: String,
    /// Empty where the kind has one alone.
    pub(crate) cause: String,
    pub(crate) severity: String,
    pub(crate) session_id: Option<String>,
    pub(crate) opened_at: i64,
    pub(crate) acknowledged_at: Option<i64>,
    pub(crate) acknowledged_by: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) closed_at: Option<i64>,
    pub(crate) updated_at: i64,
    pub(crate) outlet_key: Option<i64>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = alarms)]
pub(crate) struct NewAlarm {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    pub(crate) controller_id: String,
    pub(crate) outlet_key: Option<i64>,
    pub(crate) kind: String,
    pub(crate) cause: String,
    pub(crate) severity: String,
    pub(crate) session_id: Option<String>,
    pub(crate) opened_at: i64,
    pub(crate) updated_at: i64,
}

/// Which alarms of a tenant to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) site_id: Option<String>,
    pub(crate) closed: Option<bool>,
    pub(crate) acknowledged: Option<bool>,
    /// Older than this number; the newest come first.
    pub(crate) before: Option<i64>,
}

pub(crate) fn insert(conn: &mut Conn, alarm: &NewAlarm) -> Result<Alarm, DbError> {
    Ok(on!(conn, |c| diesel::insert_into(alarms::table)
        .values(alarm)
        .returning(Alarm::as_returning())
        .get_result(c))?)
}

/// Those of a controller that are not closed, or of one of its outlets.
pub(crate) fn list_standing(
    conn: &mut Conn,
    controller_id: &str,
    outlet_key: Option<i64>,
) -> Result<Vec<Alarm>, DbError> {
    let mut standing: Vec<Alarm> = on!(conn, |c| alarms::table
        .filter(
            alarms::controller_id
                .eq(controller_id)
                .and(alarms::closed_at.is_null())
        )
        .order(alarms::number)
        .select(Alarm::as_select())
        .load(c))?;
    standing.retain(|alarm| alarm.outlet_key == outlet_key);
    Ok(standing)
}

/// Whatever the tenant.
pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Alarm>, DbError> {
    Ok(on!(conn, |c| alarms::table
        .filter(alarms::id.eq(id))
        .select(Alarm::as_select())
        .first(c)
        .optional())?)
}

/// One alarm of the tenant, and its outlet's id.
pub(crate) fn find_owned(
    conn: &mut Conn,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Alarm, Option<String>)>, DbError> {
    Ok(on!(conn, |c| alarms::table
        .left_join(outlets::table)
        .filter(alarms::id.eq(id).and(alarms::tenant_id.eq(tenant_id)))
        .select((Alarm::as_select(), outlets::id.nullable()))
        .first(c)
        .optional())?)
}

/// The tenant's alarms and their outlets' ids, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(Alarm, Option<String>)>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = alarms::table
            .left_join(outlets::table)
            .filter(alarms::tenant_id.eq(tenant_id))
            .order(alarms::number.desc())
            .limit(limit)
            .select((Alarm::as_select(), outlets::id.nullable()))
            .into_boxed();
        if let Some(site_id) = &filter.site_id {
            query = query.filter(alarms::site_id.eq(site_id));
        }
        match filter.closed {
            Some(true) => query = query.filter(alarms::closed_at.is_not_null()),
            Some(false) => query = query.filter(alarms::closed_at.is_null()),
            None => {}
        }
        match filter.acknowledged {
            Some(true) => query = query.filter(alarms::acknowledged_at.is_not_null()),
            Some(false) => query = query.filter(alarms::acknowledged_at.is_null()),
            None => {}
        }
        if let Some(before) = filter.before {
            query = query.filter(alarms::number.lt(before));
        }
        query.load(c)
    })?)
}

pub(crate) fn update_closed(conn: &mut Conn, number: i64, at: i64, edited_at: i64) -> Result<Alarm, DbError> {
    let closed = (alarms::closed_at.eq(at), alarms::updated_at.eq(edited_at));
    Ok(on!(conn, |c| diesel::update(alarms::table.find(number))
        .set(closed)
        .returning(Alarm::as_returning())
        .get_result(c))?)
}

/// Who looks after it, since when, and what was said.
pub(crate) fn update_acknowledged(conn: &mut Conn, alarm: &Alarm) -> Result<(), DbError> {
    let acknowledged = (
        alarms::acknowledged_at.eq(alarm.acknowledged_at),
        alarms::acknowledged_by.eq(&alarm.acknowledged_by),
        alarms::note.eq(&alarm.note),
        alarms::updated_at.eq(alarm.updated_at),
    );
    on!(conn, |c| diesel::update(alarms::table.find(alarm.number))
        .set(acknowledged)
        .execute(c))?;
    Ok(())
}

/// Controllers that went offline before `until`, and of which no alarm of this kind stands.
pub(crate) fn list_silent_controllers(
    conn: &mut Conn,
    until: i64,
    kind: &str,
) -> Result<Vec<Controller>, DbError> {
    let told = alarms::table
        .filter(alarms::controller_id.eq(controllers::id))
        .filter(alarms::kind.eq(kind).and(alarms::closed_at.is_null()));
    Ok(on!(conn, |c| controllers::table
        .filter(
            controllers::online
                .eq(false)
                .and(controllers::online_changed_at.lt(until))
        )
        .filter(not(exists(told)))
        .select(Controller::as_select())
        .load(c))?)
}
