//! The table `label_checks`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::label_checks;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = label_checks)]
pub(crate) struct LabelCheck {
    pub(crate) outlet_id: String,
    pub(crate) code: String,
    pub(crate) is_right: bool,
    pub(crate) person_id: String,
    pub(crate) person: String,
    pub(crate) checked_at: i64,
}

/// In place of what was found before.
pub(crate) fn put(conn: &mut Conn, check: &LabelCheck) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(label_checks::table)
        .values(check)
        .on_conflict(label_checks::outlet_id)
        .do_update()
        .set(check)
        .execute(c))?;
    Ok(())
}

pub(crate) fn list_of_outlets(conn: &mut Conn, outlet_ids: &[String]) -> Result<Vec<LabelCheck>, DbError> {
    Ok(on!(conn, |c| label_checks::table
        .filter(label_checks::outlet_id.eq_any(outlet_ids))
        .select(LabelCheck::as_select())
        .load(c))?)
}
