//! What outlets have told that is not folded into the rows of their days yet.

use std::collections::BTreeMap;

use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::local_days::closed_day;
use crate::store::packed::Kept;
use crate::store::reading_days::{self, UsageDay};
use crate::store::readings;

/// The newest readings of some outlets: outlet, day and what was read, in the order of time.
pub(super) struct Unfolded(Vec<(i64, i32, Kept)>);

impl Unfolded {
    pub(super) fn load(conn: &mut Conn, outlet_keys: &[i64], zone: &TimeZone) -> Result<Self, DbError> {
        let mut newest = Vec::new();
        let readings = readings::list_unfolded_of(conn, outlet_keys)?;
        let folded = reading_days::list_folded_ids(conn, outlet_keys, days(&readings, zone))?;
        let folded: BTreeMap<(i64, i32), i64> = folded
            .into_iter()
            .map(|(key, day, id)| ((key, day), id))
            .collect();
        for reading in readings {
            let Some(key) = reading.outlet_key else {
                continue;
            };
            let day = closed_day(zone, reading.at);
            // The job has written the day already, and goes on with others.
            if folded.get(&(key, day)).is_none_or(|id| reading.id > *id) {
                newest.push((key, day, reading.kept()));
            }
        }
        newest.sort_by_key(|(_, _, kept)| kept.at);
        Ok(Self(newest))
    }

    /// Whose energy it is, of the days from one to before another.
    pub(super) fn usage(&self, (from, to): (i32, i32)) -> impl Iterator<Item = UsageDay> {
        let within = self.0.iter().filter(move |(_, day, _)| (from..to).contains(day));
        within.filter_map(|(outlet_key, day, kept)| {
            Some(UsageDay {
                outlet_key: *outlet_key,
                day: *day,
                account: kept.account?,
                energy_wh: kept.moved_wh?,
            })
        })
    }

    /// The last register of an outlet before a day.
    pub(super) fn register_before(&self, outlet_key: i64, day: i32) -> Option<i64> {
        let mut newest = self.0.iter().rev();
        newest
            .find_map(|(key, of_day, kept)| kept.register_wh.filter(|_| *key == outlet_key && *of_day < day))
    }
}

/// From the first day to before the last.
fn days(readings: &[readings::Reading], zone: &TimeZone) -> (i32, i32) {
    let days = readings.iter().map(|reading| closed_day(zone, reading.at));
    let (first, last) = (days.clone().min(), days.max());
    (first.unwrap_or(0), last.map_or(0, |last| last.saturating_add(1)))
}
