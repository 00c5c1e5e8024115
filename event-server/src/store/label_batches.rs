//! The tables `label_batches` and `batch_codes`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{batch_codes, label_batches};

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = label_batches)]
pub(crate) struct LabelBatch {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) site_id: Option<String>,
    pub(crate) created_at: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = batch_codes)]
pub(crate) struct BatchCode {
    pub(crate) code: String,
    pub(crate) batch_id: String,
    pub(crate) position: i32,
    pub(crate) outlet_id: Option<String>,
    pub(crate) bound_at: Option<i64>,
}

pub(crate) fn insert(conn: &mut Conn, batch: &LabelBatch, codes: &[BatchCode]) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(label_batches::table)
        .values(batch)
        .execute(c))?;
    for code in codes {
        on!(conn, |c| diesel::insert_into(batch_codes::table)
            .values(code)
            .execute(c))?;
    }
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<LabelBatch>, DbError> {
    Ok(on!(conn, |c| label_batches::table
        .find(id)
        .filter(label_batches::tenant_id.eq(tenant_id))
        .select(LabelBatch::as_select())
        .first(c)
        .optional())?)
}

/// In the order in which they were made.
pub(crate) fn list_codes(conn: &mut Conn, batch_id: &str) -> Result<Vec<BatchCode>, DbError> {
    Ok(on!(conn, |c| batch_codes::table
        .filter(batch_codes::batch_id.eq(batch_id))
        .order(batch_codes::position)
        .select(BatchCode::as_select())
        .load(c))?)
}

/// The batch of a code of the tenant's that no outlet was given yet.
pub(crate) fn find_unbound(
    conn: &mut Conn,
    tenant_id: &str,
    code: &str,
) -> Result<Option<LabelBatch>, DbError> {
    Ok(on!(conn, |c| batch_codes::table
        .inner_join(label_batches::table)
        .filter(batch_codes::code.eq(code).and(batch_codes::outlet_id.is_null()))
        .filter(label_batches::tenant_id.eq(tenant_id))
        .select(LabelBatch::as_select())
        .first(c)
        .optional())?)
}

/// Gives a code to an outlet, unless it has one; whether it had none.
pub(crate) fn bind(conn: &mut Conn, code: &str, outlet_id: &str, at: i64) -> Result<bool, DbError> {
    let unbound = batch_codes::table.filter(batch_codes::code.eq(code).and(batch_codes::outlet_id.is_null()));
    let rows = on!(conn, |c| diesel::update(unbound)
        .set((batch_codes::outlet_id.eq(outlet_id), batch_codes::bound_at.eq(at)))
        .execute(c))?;
    Ok(rows == 1)
}

/// The newest batches that were made for a site, and of how many labels how many are bound.
pub(crate) fn list_of_site(
    conn: &mut Conn,
    (tenant_id, site_id): (&str, &str),
    limit: i64,
) -> Result<Vec<(LabelBatch, i64, i64)>, DbError> {
    let batches: Vec<LabelBatch> = on!(conn, |c| label_batches::table
        .filter(label_batches::tenant_id.eq(tenant_id))
        .filter(label_batches::site_id.eq(site_id))
        .order(label_batches::id.desc())
        .limit(limit)
        .select(LabelBatch::as_select())
        .load(c))?;
    let mut counted = Vec::with_capacity(batches.len());
    for batch in batches {
        let codes = batch_codes::table.filter(batch_codes::batch_id.eq(&batch.id));
        let all: i64 = on!(conn, |c| codes.count().get_result(c))?;
        let bound = codes.filter(batch_codes::outlet_id.is_not_null());
        let bound: i64 = on!(conn, |c| bound.count().get_result(c))?;
        counted.push((batch, all, bound));
    }
    Ok(counted)
}
