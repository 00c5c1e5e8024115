//! How deliveries go on: what changes of sessions with every report.

use diesel::prelude::*;
use foundation::{Conn, DbError};

use super::Session;
use crate::store::cached::update_row;
use crate::store::schema::sessions;
#[cfg(feature = "postgres")]
use crate::store::unnested::{self, Column, Statement};

/// No column of an index or of its condition, so that they are left alone.
#[derive(Clone, Copy, Debug, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
struct Progress<'a> {
    state: &'a str,
    last_seq_no: i64,
    start_register_wh: Option<i64>,
    stop_register_wh: Option<i64>,
    energy_wh: i64,
    energized_at: Option<i64>,
    charging_started_at: Option<i64>,
    metered: Option<&'a str>,
    updated_at: i64,
    missed_reports: Option<&'a str>,
}

impl<'a> From<&'a Session> for Progress<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            state: &session.state,
            last_seq_no: session.last_seq_no,
            start_register_wh: session.start_register_wh,
            stop_register_wh: session.stop_register_wh,
            energy_wh: session.energy_wh,
            energized_at: session.energized_at,
            charging_started_at: session.charging_started_at,
            metered: session.metered.as_deref(),
            updated_at: session.updated_at,
            missed_reports: session.missed_reports.as_deref(),
        }
    }
}

/// Stands for the statement.
struct Row;

/// Writes how the deliveries of sessions go on that have not ended.
pub(crate) fn update_progress_of_all(conn: &mut Conn, all: &[&Session]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => all.iter().try_for_each(|session| {
            let progress = Progress::from(*session);
            let names = ("sessions", "number");
            let update = update_row(&Row, names, session.number, progress.as_changeset());
            Ok(update.execute(c).map(|_| ())?)
        }),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) if all.is_empty() => Ok(()),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Ok(unnested::execute::<Row>(
            c,
            &[
                Column::numbers(all, |session| session.number),
                Column::texts(all, |session| &session.state),
                Column::numbers(all, |session| session.last_seq_no),
                Column::nullable_numbers(all, |session| session.start_register_wh),
                Column::nullable_numbers(all, |session| session.stop_register_wh),
                Column::numbers(all, |session| session.energy_wh),
                Column::nullable_numbers(all, |session| session.energized_at),
                Column::nullable_numbers(all, |session| session.charging_started_at),
                Column::nullable_texts(all, |session| &session.metered),
                Column::numbers(all, |session| session.updated_at),
                Column::nullable_texts(all, |session| &session.missed_reports),
            ],
        )?),
    }
}

#[cfg(feature = "postgres")]
impl Statement for Row {
    const BEFORE: &'static str = "UPDATE sessions AS old SET state = new.state, last_seq_no = new.last_seq_no, \
        start_register_wh = new.start_register_wh, stop_register_wh = new.stop_register_wh, \
        energy_wh = new.energy_wh, energized_at = new.energized_at, \
        charging_started_at = new.charging_started_at, metered = new.metered, updated_at = new.updated_at, \
        missed_reports = new.missed_reports FROM";
    const AFTER: &'static str = " AS new (number, state, last_seq_no, start_register_wh, stop_register_wh, \
        energy_wh, energized_at, charging_started_at, metered, updated_at, missed_reports) \
        WHERE old.number = new.number";
}
