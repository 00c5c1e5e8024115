//! The table `sessions`.

mod placed;
mod progress;

use diesel::prelude::*;
use domain::session::Session as Course;
use domain::units::{Timestamp, WattHours};
use foundation::{Conn, DbError, on};

use super::cached::update_row;
use super::schema::{controllers, outlets, sessions};
use super::{name, parse};

pub(crate) use placed::{Exported, Span, count_of_driver, list_ended, list_of_driver, list_of_site};
pub(crate) use progress::update_progress_of_all;

#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true, primary_key(number))]
pub(crate) struct Session {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) outlet_key: i64,
    pub(crate) driver_id: String,
    pub(crate) state: String,
    pub(crate) transaction_id: Option<String>,
    pub(crate) last_seq_no: i64,
    pub(crate) ends_at: i64,
    pub(crate) energy_limit_wh: Option<i64>,
    pub(crate) cost_limit_yen: Option<i64>,
    /// The energy limit is what the money buys.
    pub(crate) cost_decides: bool,
    pub(crate) start_register_wh: Option<i64>,
    pub(crate) stop_register_wh: Option<i64>,
    pub(crate) energy_wh: i64,
    pub(crate) requested_at: i64,
    pub(crate) energized_at: Option<i64>,
    pub(crate) charging_started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) ended_reason: Option<String>,
    /// `operations::pricing::Pricing` as JSON.
    pub(crate) pricing: Option<String>,
    /// `operations::pricing::Progress` as JSON.
    pub(crate) metered: Option<String>,
    /// Once it has ended.
    pub(crate) cost_yen: Option<i64>,
    pub(crate) updated_at: i64,
    /// The trace that led to it.
    pub(crate) traceparent: Option<String>,
    /// Numbers of reports that later ones have overtaken.
    pub(crate) missed_reports: Option<String>,
    /// The driver's dwelling.
    pub(crate) unit: Option<String>,
    /// What the energy limit comes from: what was asked for as energy …
    pub(crate) energy_asked_wh: Option<i64>,
    /// … and what the money buys.
    pub(crate) cost_buys_wh: Option<i64>,
    /// `None`: with the start.
    pub(crate) limits_changed_at: Option<i64>,
    pub(crate) when_idle: String,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) outlet_key: i64,
    pub(crate) driver_id: String,
    pub(crate) state: String,
    pub(crate) ends_at: i64,
    pub(crate) energy_limit_wh: Option<i64>,
    pub(crate) cost_limit_yen: Option<i64>,
    /// The energy limit is what the money buys.
    pub(crate) cost_decides: bool,
    pub(crate) pricing: Option<String>,
    pub(crate) requested_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) traceparent: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) energy_asked_wh: Option<i64>,
    pub(crate) cost_buys_wh: Option<i64>,
    pub(crate) when_idle: String,
}

/// Which sessions of a tenant to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) outlet_id: Option<String>,
    pub(crate) state: Option<String>,
    /// Older than this number; the newest come first.
    pub(crate) before: Option<i64>,
}

impl Session {
    /// Since when its limits are what they are.
    pub(crate) fn limits_since(&self) -> i64 {
        self.limits_changed_at.unwrap_or(self.requested_at)
    }

    /// What the rules need to know of it.
    pub(crate) fn course(&self) -> Result<Course, DbError> {
        Ok(Course {
            state: parse(&self.state)?,
            energy: WattHours(self.energy_wh),
            energized_at: self.energized_at.map(Timestamp),
            charging_started_at: self.charging_started_at.map(Timestamp),
            ended_at: self.ended_at.map(Timestamp),
            ended_reason: self.ended_reason.as_deref().map(parse).transpose()?,
        })
    }

    /// Takes over what the rules have made of it.
    pub(crate) fn follow(&mut self, course: &Course, at: i64) {
        self.state = name(course.state);
        self.energy_wh = course.energy.0;
        self.energized_at = course.energized_at.map(|t| t.0);
        self.charging_started_at = course.charging_started_at.map(|t| t.0);
        self.ended_at = course.ended_at.map(|t| t.0);
        self.ended_reason = course.ended_reason.map(name);
        self.updated_at = at;
    }
}

pub(crate) fn insert(conn: &mut Conn, session: &NewSession) -> Result<Session, DbError> {
    Ok(on!(conn, |c| diesel::insert_into(sessions::table)
        .values(session)
        .returning(Session::as_returning())
        .get_result(c))?)
}

/// Writes the whole row.
pub(crate) fn update(conn: &mut Conn, session: &Session) -> Result<(), DbError> {
    let update = update_row(
        session,
        ("sessions", "number"),
        session.number,
        session.as_changeset(),
    );
    on!(conn, |c| update.execute(c))?;
    Ok(())
}

/// Whatever the tenant.
pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Session>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .filter(sessions::id.eq(id))
        .select(Session::as_select())
        .get_result(c)
        .optional())?)
}

/// By OCPP's remoteStartId.
pub(crate) fn find_by_number(conn: &mut Conn, number: i64) -> Result<Option<Session>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .find(number)
        .select(Session::as_select())
        .get_result(c)
        .optional())?)
}

pub(crate) fn find_by_transaction(
    conn: &mut Conn,
    outlet_key: i64,
    transaction_id: &str,
) -> Result<Option<Session>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .filter(
            sessions::outlet_key
                .eq(outlet_key)
                .and(sessions::transaction_id.eq(transaction_id))
        )
        .select(Session::as_select())
        .get_result(c)
        .optional())?)
}

/// One session of the tenant, and its outlet's id.
pub(crate) fn find_owned(
    conn: &mut Conn,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Session, String)>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .inner_join(outlets::table)
        .filter(sessions::id.eq(id).and(sessions::tenant_id.eq(tenant_id)))
        .select((Session::as_select(), outlets::id))
        .get_result(c)
        .optional())?)
}

pub(crate) fn list_by_ids(conn: &mut Conn, ids: &[String]) -> Result<Vec<Session>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .filter(sessions::id.eq_any(ids))
        .select(Session::as_select())
        .load(c))?)
}

/// Counts a session for another dwelling than its driver's first.
pub(crate) fn update_unit(conn: &mut Conn, id: &str, unit: &str) -> Result<(), DbError> {
    let row = sessions::table.filter(sessions::id.eq(id));
    on!(conn, |c| diesel::update(row)
        .set(sessions::unit.eq(unit))
        .execute(c))?;
    Ok(())
}

/// The tenant's sessions and their outlets' ids, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(Session, String)>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = sessions::table
            .inner_join(outlets::table)
            .filter(sessions::tenant_id.eq(tenant_id))
            .order(sessions::number.desc())
            .limit(limit)
            .select((Session::as_select(), outlets::id))
            .into_boxed();
        if let Some(outlet_id) = &filter.outlet_id {
            query = query.filter(outlets::id.eq(outlet_id));
        }
        if let Some(state) = &filter.state {
            query = query.filter(sessions::state.eq(state));
        }
        if let Some(before) = filter.before {
            query = query.filter(sessions::number.lt(before));
        }
        query.load(c)
    })?)
}

/// Sessions that should have ended by `at` and whose controller is online.
pub(crate) fn list_overdue(conn: &mut Conn, at: i64) -> Result<Vec<Session>, DbError> {
    let over_energy = sessions::energy_wh.nullable().ge(sessions::energy_limit_wh);
    Ok(on!(conn, |c| sessions::table
        .inner_join(outlets::table.inner_join(controllers::table))
        .filter(sessions::ended_at.is_null().and(controllers::online.eq(true)))
        .filter(
            sessions::ends_at
                .lt(at)
                .nullable()
                .or(over_energy.assume_not_null().nullable())
                .or(sessions::state.eq("stopping").nullable())
        )
        .select(Session::as_select())
        .load(c))?)
}
