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
    pub(crate) circuit_id: Option<String>,
    pub(crate) rated_mv: i64,
    pub(crate) meter_class: Option<String>,
    pub(crate) meter_valid_until: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) coded_at: Option<i64>,
    pub(crate) tariff_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) place_hint: Option<String>,
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
    pub(crate) circuit_id: Option<String>,
    pub(crate) rated_mv: i64,
    pub(crate) meter_class: Option<String>,
    pub(crate) meter_valid_until: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An outlet, what it is doing, and its controller.
pub(crate) type Known = (Outlet, OutletCurrent, Controller);

/// What decides what an outlet is doing.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outlets)]
pub(crate) struct Glimpse {
    pub(crate) site_id: String,
    pub(crate) disabled_reason: Option<String>,
    #[diesel(select_expression = controllers::online)]
    pub(crate) online: bool,
    #[diesel(select_expression = outlet_current::tripped)]
    pub(crate) tripped: bool,
    #[diesel(select_expression = outlet_current::fault)]
    pub(crate) fault: Option<String>,
    #[diesel(select_expression = outlet_current::breaker)]
    pub(crate) breaker: String,
    #[diesel(select_expression = outlet_current::session_id)]
    pub(crate) session_id: Option<String>,
}

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

/// How many the tenant has.
pub(crate) fn count(conn: &mut Conn, tenant_id: &str) -> Result<usize, DbError> {
    let count: i64 = on!(conn, |c| outlets::table
        .filter(outlets::tenant_id.eq(tenant_id))
        .count()
        .get_result(c))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub(crate) fn find(conn: &mut Conn, key: i64) -> Result<Option<Outlet>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .find(key)
        .select(Outlet::as_select())
        .get_result(c)
        .optional())?)
}

/// The id of an outlet that exists.
pub(crate) fn id_of(conn: &mut Conn, key: i64) -> Result<String, DbError> {
    Ok(on!(conn, |c| outlets::table
        .find(key)
        .select(outlets::id)
        .get_result(c))?)
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
        .get_result(c)
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
        .get_result(c)
        .optional())?)
}

/// The tenant's outlet with this code.
pub(crate) fn find_known_by_code_of(
    conn: &mut Conn,
    tenant_id: &str,
    code: &str,
) -> Result<Option<Known>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(outlet_current::table)
        .inner_join(controllers::table)
        .filter(
            outlets::public_code
                .eq(code)
                .and(outlets::tenant_id.eq(tenant_id))
        )
        .select((
            Outlet::as_select(),
            OutletCurrent::as_select(),
            Controller::as_select()
        ))
        .get_result(c)
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
        .get_result(c)
        .optional())?)
}

/// Which outlets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) site_id: Option<String>,
    pub(crate) unit: Option<String>,
    /// Changed later than this.
    pub(crate) updated_after: Option<i64>,
    /// With a meter whose class ends before this day.
    pub(crate) meter_expires_before: Option<String>,
    /// The id of the last one known.
    pub(crate) after: String,
}

/// The tenant's outlets, by id.
pub(crate) fn list_known(
    conn: &mut Conn,
    tenant_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Known>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = outlets::table
            .inner_join(outlet_current::table)
            .inner_join(controllers::table)
            .filter(
                outlets::tenant_id
                    .eq(tenant_id)
                    .and(outlets::id.gt(&filter.after)),
            )
            .order(outlets::id)
            .limit(limit)
            .select((
                Outlet::as_select(),
                OutletCurrent::as_select(),
                Controller::as_select(),
            ))
            .into_boxed();
        if let Some(site_id) = &filter.site_id {
            query = query.filter(outlets::site_id.eq(site_id));
        }
        if let Some(unit) = &filter.unit {
            query = query.filter(outlets::unit.eq(unit));
        }
        if let Some(after) = filter.updated_after {
            query = query.filter(outlets::updated_at.gt(after));
        }
        if let Some(day) = &filter.meter_expires_before {
            query = query.filter(outlets::meter_valid_until.lt(day));
        }
        query.load(c)
    })?)
}

/// The outlets of these sites, with what decides what each is doing.
pub(crate) fn list_known_of_sites(conn: &mut Conn, site_ids: &[String]) -> Result<Vec<Glimpse>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(outlet_current::table)
        .inner_join(controllers::table)
        .filter(outlets::site_id.eq_any(site_ids))
        .select(Glimpse::as_select())
        .load(c))?)
}

/// Circuit and id of the outlets that these circuits feed, by panel and place.
pub(crate) fn list_ids_of_circuits(
    conn: &mut Conn,
    circuit_ids: &[String],
) -> Result<Vec<(Option<String>, String)>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .filter(outlets::circuit_id.eq_any(circuit_ids))
        .order((outlets::controller_id, outlets::number))
        .select((outlets::circuit_id, outlets::id))
        .load(c))?)
}

/// Controller and id of the outlets in these panels, by their place.
pub(crate) fn list_ids_of_controllers(
    conn: &mut Conn,
    controller_ids: &[String],
) -> Result<Vec<(String, String)>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .filter(outlets::controller_id.eq_any(controller_ids))
        .order((outlets::controller_id, outlets::number))
        .select((outlets::controller_id, outlets::id))
        .load(c))?)
}

/// All outlets of a site, panel by panel.
pub(crate) fn list_of_site(conn: &mut Conn, site_id: &str) -> Result<Vec<Outlet>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .filter(outlets::site_id.eq(site_id))
        .order((outlets::controller_id, outlets::number))
        .select(Outlet::as_select())
        .load(c))?)
}

/// The same with what they are doing.
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
            outlets::public_code.eq(&outlet.public_code),
            outlets::coded_at.eq(outlet.coded_at),
            outlets::rated_ma.eq(outlet.rated_ma),
            outlets::rated_mv.eq(outlet.rated_mv),
            outlets::max_power_w.eq(outlet.max_power_w),
            outlets::circuit_id.eq(&outlet.circuit_id),
            outlets::meter_class.eq(&outlet.meter_class),
            outlets::meter_valid_until.eq(&outlet.meter_valid_until),
            outlets::unit.eq(&outlet.unit),
            outlets::disabled_reason.eq(&outlet.disabled_reason),
            outlets::tariff_id.eq(&outlet.tariff_id),
            outlets::place_hint.eq(&outlet.place_hint),
            outlets::updated_at.eq(outlet.updated_at),
        ))
        .execute(c))?;
    Ok(rows == 1)
}
