//! The table `outlets`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::controllers::Controller;
use super::outlet_current::OutletCurrent;
use super::schema::{controllers, outlet_current, outlets};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outlets)]
pub(crate) struct Outlet {
    pub(crate) key: i64,
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    pub(crate) controller_id: String,
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) public_code: String,
    pub(crate) rated_ma: i64,
    pub(crate) max_power_w: i64,
    pub(crate) rise_threshold_ma: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = outlets)]
pub(crate) struct NewOutlet {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    pub(crate) controller_id: String,
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) public_code: String,
    pub(crate) rated_ma: i64,
    pub(crate) max_power_w: i64,
    pub(crate) rise_threshold_ma: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An outlet, what it is doing, and its controller.
pub(crate) type Known = (Outlet, OutletCurrent, Controller);

/// Inserts the outlet and its current row; answers with its key.
pub(crate) fn insert(conn: &mut Conn, outlet: &NewOutlet) -> Result<i64, DbError> {
    let key: i64 = on!(conn, |c| diesel::insert_into(outlets::table)
        .values(outlet)
        .returning(outlets::key)
        .get_result(c))?;
    on!(conn, |c| diesel::insert_into(outlet_current::table)
        .values(outlet_current::outlet_key.eq(key))
        .execute(c))?;
    Ok(key)
}

pub(crate) fn find(conn: &mut Conn, key: i64) -> Result<Option<Outlet>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .find(key)
        .select(Outlet::as_select())
        .first(c)
        .optional())?)
}

/// The id of an outlet that exists.
pub(crate) fn id_of(conn: &mut Conn, key: i64) -> Result<String, DbError> {
    Ok(on!(conn, |c| outlets::table
        .find(key)
        .select(outlets::id)
        .first(c))?)
}

pub(crate) fn find_by_number(
    conn: &mut Conn,
    controller_id: &str,
    number: i32,
) -> Result<Option<Outlet>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .filter(
            outlets::controller_id
                .eq(controller_id)
                .and(outlets::number.eq(number))
        )
        .select(Outlet::as_select())
        .first(c)
        .optional())?)
}

/// By the place in the panel.
pub(crate) fn list_of_controller(conn: &mut Conn, controller_id: &str) -> Result<Vec<Outlet>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .filter(outlets::controller_id.eq(controller_id))
        .order(outlets::number)
        .select(Outlet::as_select())
        .load(c))?)
}

/// One outlet of the tenant.
pub(crate) fn find_known(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<Known>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(outlet_current::table)
        .inner_join(controllers::table)
        .filter(outlets::id.eq(id).and(outlets::tenant_id.eq(tenant_id)))
        .select((
            Outlet::as_select(),
            OutletCurrent::as_select(),
            Controller::as_select()
        ))
        .first(c)
        .optional())?)
}

/// Whatever the tenant: by what the label says.
pub(crate) fn find_known_by_code(conn: &mut Conn, code: &str) -> Result<Option<Known>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(outlet_current::table)
        .inner_join(controllers::table)
        .filter(outlets::public_code.eq(code))
        .select((
            Outlet::as_select(),
            OutletCurrent::as_select(),
            Controller::as_select()
        ))
        .first(c)
        .optional())?)
}

/// The tenant's outlets after `after`, by id; of one site if given.
pub(crate) fn list_known(
    conn: &mut Conn,
    tenant_id: &str,
    site_id: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<Known>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = outlets::table
            .inner_join(outlet_current::table)
            .inner_join(controllers::table)
            .filter(outlets::tenant_id.eq(tenant_id).and(outlets::id.gt(after)))
            .order(outlets::id)
            .limit(limit)
            .select((
                Outlet::as_select(),
                OutletCurrent::as_select(),
                Controller::as_select(),
            ))
            .into_boxed();
        if let Some(site_id) = site_id {
            query = query.filter(outlets::site_id.eq(site_id));
        }
        query.load(c)
    })?)
}

/// All outlets of a site, panel by panel.
pub(crate) fn list_known_of_site(conn: &mut Conn, site_id: &str) -> Result<Vec<Known>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(outlet_current::table)
        .inner_join(controllers::table)
        .filter(outlets::site_id.eq(site_id))
        .order((outlets::controller_id, outlets::number))
        .select((
            Outlet::as_select(),
            OutletCurrent::as_select(),
            Controller::as_select()
        ))
        .load(c))?)
}

/// Unless it was changed since `before`; whether it was not.
pub(crate) fn update(conn: &mut Conn, outlet: &Outlet, before: i64) -> Result<bool, DbError> {
    let unchanged = outlets::table.filter(outlets::key.eq(outlet.key).and(outlets::updated_at.eq(before)));
    let rows = on!(conn, |c| diesel::update(unchanged)
        .set((
            outlets::name.eq(&outlet.name),
            outlets::rise_threshold_ma.eq(outlet.rise_threshold_ma),
            outlets::updated_at.eq(outlet.updated_at),
        ))
        .execute(c))?;
    Ok(rows == 1)
}
