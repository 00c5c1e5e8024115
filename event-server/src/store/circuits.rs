//! The table `circuits`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{circuits, outlets};

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = circuits)]
pub(crate) struct Circuit {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    /// `None`: the main circuit.
    pub(crate) parent_id: Option<String>,
    pub(crate) controller_id: Option<String>,
    pub(crate) name: String,
    pub(crate) limit_ma: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, circuit: &Circuit) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(circuits::table)
        .values(circuit)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<Circuit>, DbError> {
    Ok(on!(conn, |c| circuits::table
        .find(id)
        .filter(circuits::tenant_id.eq(tenant_id))
        .select(Circuit::as_select())
        .first(c)
        .optional())?)
}

/// The main circuits of these sites.
pub(crate) fn list_mains(conn: &mut Conn, site_ids: &[String]) -> Result<Vec<Circuit>, DbError> {
    Ok(on!(conn, |c| circuits::table
        .filter(
            circuits::site_id
                .eq_any(site_ids)
                .and(circuits::parent_id.is_null())
        )
        .select(Circuit::as_select())
        .load(c))?)
}

/// Which circuits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) site_id: Option<String>,
    pub(crate) controller_id: Option<String>,
    /// The id of the last one known.
    pub(crate) after: String,
}

/// The tenant's circuits, by id.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Circuit>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = circuits::table
            .filter(
                circuits::tenant_id
                    .eq(tenant_id)
                    .and(circuits::id.gt(&filter.after)),
            )
            .order(circuits::id)
            .limit(limit)
            .select(Circuit::as_select())
            .into_boxed();
        if let Some(site_id) = &filter.site_id {
            query = query.filter(circuits::site_id.eq(site_id));
        }
        if let Some(controller_id) = &filter.controller_id {
            query = query.filter(circuits::controller_id.eq(controller_id));
        }
        query.load(c)
    })?)
}

/// The circuits in these panels, by id.
pub(crate) fn list_of_controllers(conn: &mut Conn, ids: &[String]) -> Result<Vec<Circuit>, DbError> {
    Ok(on!(conn, |c| circuits::table
        .filter(circuits::controller_id.eq_any(ids))
        .order(circuits::id)
        .select(Circuit::as_select())
        .load(c))?)
}

/// Unless it was changed since `before`; whether it was not.
pub(crate) fn update(conn: &mut Conn, circuit: &Circuit, before: i64) -> Result<bool, DbError> {
    let unchanged = circuits::table.filter(circuits::id.eq(&circuit.id).and(circuits::updated_at.eq(before)));
    let rows = on!(conn, |c| diesel::update(unchanged)
        .set((
            circuits::name.eq(&circuit.name),
            circuits::limit_ma.eq(circuit.limit_ma),
            circuits::parent_id.eq(&circuit.parent_id),
            circuits::updated_at.eq(circuit.updated_at),
        ))
        .execute(c))?;
    Ok(rows == 1)
}

/// Whether it feeds a circuit or an outlet.
pub(crate) fn feeds_any(conn: &mut Conn, id: &str) -> Result<bool, DbError> {
    let below = circuits::table.filter(circuits::parent_id.eq(id));
    let fed = outlets::table.filter(outlets::circuit_id.eq(id));
    let circuits: i64 = on!(conn, |c| below.count().get_result(c))?;
    let outlets: i64 = on!(conn, |c| fed.count().get_result(c))?;
    Ok(circuits + outlets > 0)
}

pub(crate) fn delete(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(circuits::table.find(id)).execute(c))?;
    Ok(())
}
