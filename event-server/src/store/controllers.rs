//! The table `controllers`.

use diesel::dsl::not;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{connections, controllers};

/// What our own controllers call their vendor.
const VENDOR: &str = "Denro";

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = controllers)]
pub(crate) struct Controller {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    pub(crate) station_id: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) ocpp_version: Option<String>,
    pub(crate) vendor: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) firmware: Option<String>,
    pub(crate) online: bool,
    pub(crate) online_changed_at: Option<i64>,
    pub(crate) booted_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// OCPP: 2 is a password, 3 a certificate and nothing else.
    pub(crate) security_profile: i32,
    /// Of the certificate that it came with last; `None` where it came with a password.
    pub(crate) certificate_ends_at: Option<i64>,
    /// By how much its clock was ahead of ours when it last told how it fares.
    pub(crate) clock_ahead_ms: Option<i64>,
}

impl Controller {
    /// Whether it called itself one of ours when it started; then it understands what we add to OCPP.
    pub(crate) fn is_ours(&self) -> bool {
        let vendor = self.vendor.as_deref();
        vendor.is_some_and(|vendor| vendor.eq_ignore_ascii_case(VENDOR))
    }
}

pub(crate) fn insert(conn: &mut Conn, controller: &Controller) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(controllers::table)
        .values(controller)
        .execute(c))?;
    Ok(())
}

/// Whatever the tenant; for what has been authorised otherwise.
pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Controller>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .find(id)
        .select(Controller::as_select())
        .get_result(c)
        .optional())?)
}

pub(crate) fn find_by_station(conn: &mut Conn, station_id: &str) -> Result<Option<Controller>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::station_id.eq(station_id))
        .select(Controller::as_select())
        .get_result(c)
        .optional())?)
}

/// The controllers after `after`, by id.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Controller>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .filter(
            controllers::tenant_id
                .eq(tenant_id)
                .and(controllers::id.gt(after))
        )
        .order(controllers::id)
        .limit(limit)
        .select(Controller::as_select())
        .load(c))?)
}

/// Every controller that is online.
pub(crate) fn list_online(conn: &mut Conn) -> Result<Vec<Controller>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::online.eq(true))
        .select(Controller::as_select())
        .load(c))?)
}

/// Every controller that is online by its row and whose connection no node holds.
pub(crate) fn list_online_unheld(conn: &mut Conn) -> Result<Vec<Controller>, DbError> {
    let held = connections::table.select(connections::controller_id);
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::online.eq(true))
        .filter(not(controllers::id.eq_any(held)))
        .select(Controller::as_select())
        .load(c))?)
}

pub(crate) fn update_online(conn: &mut Conn, id: &str, online: bool, at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(controllers::table.find(id))
        .set((
            controllers::online.eq(online),
            controllers::online_changed_at.eq(at),
        ))
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_certificate_ends(conn: &mut Conn, id: &str, at: Option<i64>) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(controllers::table.find(id))
        .set(controllers::certificate_ends_at.eq(at))
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_clock_ahead(conn: &mut Conn, id: &str, ahead_ms: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(controllers::table.find(id))
        .set(controllers::clock_ahead_ms.eq(ahead_ms))
        .execute(c))?;
    Ok(())
}

/// Writes what was edited, unless somebody else did so since `before`; `false` then.
pub(crate) fn update(conn: &mut Conn, controller: &Controller, before: i64) -> Result<bool, DbError> {
    let unchanged = controllers::table.filter(
        controllers::id
            .eq(&controller.id)
            .and(controllers::updated_at.eq(before)),
    );
    let edited = (
        controllers::name.eq(&controller.name),
        controllers::security_profile.eq(controller.security_profile),
        controllers::updated_at.eq(controller.updated_at),
    );
    let rows = on!(conn, |c| diesel::update(unchanged).set(edited).execute(c))?;
    Ok(rows == 1)
}

/// What a station says of itself when it starts.
#[derive(Clone, Copy, Debug, AsChangeset)]
#[diesel(table_name = controllers, treat_none_as_null = true)]
pub(crate) struct Booted<'a> {
    pub(crate) ocpp_version: &'a str,
    pub(crate) vendor: &'a str,
    pub(crate) model: &'a str,
    pub(crate) firmware: Option<&'a str>,
    pub(crate) booted_at: i64,
}

pub(crate) fn update_booted(conn: &mut Conn, id: &str, booted: &Booted<'_>) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(controllers::table.find(id))
        .set(booted)
        .execute(c))?;
    Ok(())
}

/// Ids and names of a site's controllers, the oldest first.
pub(crate) fn names_of_site(conn: &mut Conn, site_id: &str) -> Result<Vec<(String, String)>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::site_id.eq(site_id))
        .order(controllers::id)
        .select((controllers::id, controllers::name))
        .load(c))?)
}

/// A site's controllers, the oldest first.
pub(crate) fn list_of_site(conn: &mut Conn, site_id: &str) -> Result<Vec<Controller>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::site_id.eq(site_id))
        .order(controllers::id)
        .select(Controller::as_select())
        .load(c))?)
}
