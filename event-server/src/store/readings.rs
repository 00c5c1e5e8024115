//! The table `readings`: appended in time order.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::readings;

#[derive(Clone, Debug, Default, Insertable)]
#[diesel(table_name = readings, treat_none_as_default_value = false)]
pub(crate) struct NewReading {
    /// `None`: the main circuit.
    pub(crate) outlet_key: Option<i64>,
    pub(crate) controller_id: Option<String>,
    pub(crate) at: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) power_w: Option<i64>,
    pub(crate) breaker: Option<String>,
}

pub(crate) fn insert(conn: &mut Conn, reading: &NewReading) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(readings::table)
        .values(reading)
        .execute(c))?;
    Ok(())
}
