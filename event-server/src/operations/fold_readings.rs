//! Folds readings into the row of their day. What is in a row already is not taken in again, so that folding can be repeated.

use std::collections::BTreeMap;

use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::local_days::{closed_day, zone};
use super::roll_up;
use crate::context::Tx;
use crate::store::packed::{Kept, pack, unpack};
use crate::store::reading_days::{self, ReadingDay, UsageDay};
use crate::store::readings::{self, Place, Reading};

/// New readings of one place and day, in the order of arrival.
#[derive(Clone, Debug)]
pub(crate) struct DayPart {
    pub(crate) place: Place,
    pub(crate) day: i32,
    pub(crate) readings: Vec<Reading>,
}

/// The time zone of every place.
pub(crate) type Zones = BTreeMap<Place, TimeZone>;

pub(crate) fn zones(conn: &mut Conn) -> Result<Zones, DbError> {
    let mut known: BTreeMap<String, TimeZone> = BTreeMap::new();
    let mut named = |name: String| known.entry(name).or_insert_with_key(|name| zone(name)).clone();
    let mut zones = Zones::new();
    for (key, name) in reading_days::list_outlet_zones(conn)? {
        zones.insert(Place::Outlet(key), named(name));
    }
    for (id, name) in reading_days::list_controller_zones(conn)? {
        zones.insert(Place::MainCircuit(id), named(name));
    }
    Ok(zones)
}

/// Readings by place and day.
pub(crate) fn by_day(zones: &Zones, rows: Vec<Reading>) -> impl Iterator<Item = DayPart> + use<> {
    let mut parts: BTreeMap<(Place, i32), Vec<Reading>> = BTreeMap::new();
    for row in rows {
        let place = row.place();
        let day = closed_day(zones.get(&place).unwrap_or(&TimeZone::UTC), row.at);
        parts.entry((place, day)).or_default().push(row);
    }
    parts
        .into_iter()
        .map(|((place, day), readings)| DayPart { place, day, readings })
}

/// Takes the readings into the rows of their days.
pub(crate) fn fold_readings(tx: &mut Tx<'_>, parts: Vec<DayPart>) -> Result<(), DbError> {
    readings::lock_folding(tx.conn)?;
    for part in parts {
        fold_day(tx, part)?;
    }
    Ok(())
}

fn fold_day(tx: &mut Tx<'_>, part: DayPart) -> Result<(), DbError> {
    let found = reading_days::find(tx.conn, &part.place, part.day)?;
    let folded_id = found.as_ref().map_or(0, |row| row.folded_id);
    let last_id = part.readings.last().map_or(0, |reading| reading.id);
    if last_id <= folded_id {
        return Ok(());
    }
    let mut day = found.map_or_else(|| Ok(Vec::new()), |row| unpack(&row.packed))?;
    let new = part.readings.into_iter().filter(|reading| reading.id > folded_id);
    day.extend(new.map(Reading::kept));
    day.sort_by_key(|kept| kept.at);
    let (outlet_key, controller_id) = part.place.key();
    if let Place::Outlet(key) = part.place {
        reading_days::replace_usage(tx.conn, (key, part.day), &usage(key, part.day, &day))?;
    }
    let sum = roll_up::sum(part.day, &roll_up::with_movements(&part.place, day.clone()));
    let row = ReadingDay {
        outlet_key,
        controller_id: controller_id.to_owned(),
        day: part.day,
        folded_id: last_id,
        samples: sum.samples,
        first_at: sum.first_at,
        last_at: sum.last_at,
        energy_wh: sum.energy_wh,
        register_wh: sum.register_wh,
        voltage_mv: sum.voltage_mv,
        current_ma: sum.current_ma,
        breaker: sum.breaker,
        doubted: sum.doubted,
        packed: pack(day)?,
    };
    reading_days::upsert(tx.conn, &row)
}

/// Whose the day's energy was; accounts that come to nothing are left out.
fn usage(outlet_key: i64, day: i32, readings: &[Kept]) -> Vec<UsageDay> {
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    for kept in readings {
        if let (Some(account), Some(moved_wh)) = (kept.account, kept.moved_wh) {
            *sums.entry(account).or_default() += moved_wh;
        }
    }
    let rows = sums.into_iter().filter(|(_, energy_wh)| *energy_wh != 0);
    rows.map(|(account, energy_wh)| UsageDay {
        outlet_key,
        day,
        account,
        energy_wh,
    })
    .collect()
}
