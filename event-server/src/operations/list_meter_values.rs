//! What a meter told over a time: from folded days and from what is not folded yet.

use std::collections::BTreeMap;

use api_spec::rest::{MeterResolution, MeterValue, Time};
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::local_days::{begin_us, closed_day, day_of, month_of, next_month};
use super::roll_up::{self, SILENCE_US};
use crate::error::Refusal;
use crate::store::packed::{Kept, unpack};
use crate::store::reading_days::{self, DaySum};
use crate::store::readings::{self, Place, Reading};
use crate::store::{controllers, outlets, sites};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) place: Place,
    pub(crate) zone: TimeZone,
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
    pub(crate) resolution: MeterResolution,
    /// The most values.
    pub(crate) limit: usize,
    pub(crate) now_us: i64,
}

impl Asked {
    /// The longest time that can be asked for at once, in days.
    fn longest_days(&self) -> i64 {
        match self.resolution {
            MeterResolution::Raw => 7,
            MeterResolution::Minute => 31,
            MeterResolution::QuarterHour => 100,
            MeterResolution::Day => 1_100,
            MeterResolution::Month => 3_700,
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.from_us >= self.to_us {
            return Err(Refusal::Query("to: must be after from".into()));
        }
        let days = self.longest_days();
        if self.to_us - self.from_us > days * DAY_US {
            let what = format!("to: at this resolution at most {days} days after from");
            return Err(Refusal::Query(what));
        }
        Ok(())
    }
}

pub(crate) fn list_meter_values(conn: &mut Conn, asked: &Asked) -> Result<Values, Refusal> {
    asked.check()?;
    let tail = readings::list_unfolded(conn, &asked.place)?;
    let mut history = History { conn, asked, tail };
    Ok(match asked.resolution {
        MeterResolution::Raw => history.raw()?,
        MeterResolution::Minute => history.rolled_up(MINUTE_US)?,
        MeterResolution::QuarterHour => history.rolled_up(15 * MINUTE_US)?,
        MeterResolution::Day => history.of_days(|day| day + 1)?,
        MeterResolution::Month => history.of_days(next_month)?,
    })
}

struct History<'a> {
    conn: &'a mut Conn,
    asked: &'a Asked,
    tail: Vec<Reading>,
}

/// The values in the order of time, and where the next page begins.
pub(crate) type Values = (Vec<MeterValue>, Option<i64>);

impl History<'_> {
    /// All readings of the days from one to before another, in the order of time.
    fn readings(&mut self, (from, to): (i32, i32)) -> Result<Vec<Kept>, DbError> {
        let mut all = Vec::new();
        let mut folded: BTreeMap<i32, i64> = BTreeMap::new();
        for row in reading_days::list(self.conn, &self.asked.place, (from, to))? {
            folded.insert(row.day, row.folded_id);
            all.extend(unpack(&row.packed)?);
        }
        for reading in &self.tail {
            let day = closed_day(&self.asked.zone, reading.at);
            let is_new = folded.get(&day).is_none_or(|folded| reading.id > *folded);
            if (from..to).contains(&day) && is_new {
                all.push(reading.clone().kept());
            }
        }
        all.sort_by_key(|kept| kept.at);
        Ok(roll_up::with_movements(&self.asked.place, all))
    }

    /// The days that the readings of a time lie in, and of a little before.
    fn days(&self, (from_us, to_us): (i64, i64)) -> (i32, i32) {
        let zone = &self.asked.zone;
        let first = closed_day(zone, from_us.saturating_sub(SILENCE_US));
        (first, day_of(zone, to_us).saturating_add(1))
    }

    fn raw(&mut self) -> Result<Values, DbError> {
        let mut values: Vec<MeterValue> = Vec::new();
        let (first, end) = self.days((self.asked.from_us, self.asked.to_us));
        for day in first..end {
            let readings = self.readings((day, day + 1))?;
            let within = readings
                .iter()
                .filter(|kept| (self.asked.from_us..self.asked.to_us).contains(&kept.at));
            for kept in within.filter(|kept| roll_up::is_sample(kept)) {
                // Two of one moment are one value, the later told.
                if values.last().is_some_and(|last| last.from == Time(kept.at)) {
                    values.pop();
                }
                values.push(roll_up::as_read(kept));
            }
            if values.len() > self.asked.limit {
                break;
            }
        }
        let next = values.get(self.asked.limit).map(|next| next.from.0);
        values.truncate(self.asked.limit);
        Ok((values, next))
    }

    fn rolled_up(&mut self, step_us: i64) -> Result<Values, DbError> {
        let first = self.asked.from_us.div_euclid(step_us) * step_us;
        let last = self.asked.to_us.min(self.asked.now_us);
        let mut bounds = vec![first];
        let mut bound = first;
        while bound < last && bounds.len() <= self.asked.limit {
            bound += step_us;
            bounds.push(bound);
        }
        let readings = self.readings(self.days((first, bound)))?;
        let next = (bound < last).then_some(bound);
        Ok((roll_up::roll_up(&readings, &bounds), next))
    }

    /// By stretches of days; `next`: the first day of the stretch after.
    fn of_days(&mut self, next: impl Fn(i32) -> i32) -> Result<Values, DbError> {
        let zone = self.asked.zone.clone();
        let begins = day_of(&zone, self.asked.from_us);
        let mut first = match self.asked.resolution {
            MeterResolution::Month => month_of(begins),
            MeterResolution::Raw
            | MeterResolution::Minute
            | MeterResolution::QuarterHour
            | MeterResolution::Day => begins,
        };
        let last_us = self.asked.to_us.min(self.asked.now_us);
        let last = day_of(&zone, last_us.saturating_sub(1));
        let mut values = Vec::new();
        while first <= last && values.len() < self.asked.limit {
            let end = next(first);
            let sums = self.sums((first, end))?;
            let with_bounds = |sum: DaySum| {
                let bounds = (begin_us(&zone, sum.day), begin_us(&zone, sum.day + 1));
                (sum, bounds)
            };
            let sums: Vec<_> = sums.into_iter().map(with_bounds).collect();
            let bounds = (begin_us(&zone, first), begin_us(&zone, end));
            values.push(match sums.is_empty() {
                true => roll_up::roll_up(&[], &[bounds.0, bounds.1]).remove(0),
                false => roll_up::of_days(&sums, bounds, self.asked.now_us),
            });
            first = end;
        }
        let next = (first <= last).then(|| begin_us(&zone, first));
        Ok((values, next))
    }

    /// What the days come to, those with readings that are not folded yet too.
    fn sums(&mut self, (from, to): (i32, i32)) -> Result<Vec<DaySum>, DbError> {
        let before = from.saturating_sub(1);
        let folded = reading_days::list_sums(self.conn, &self.asked.place, (before, to))?;
        let mut sums: BTreeMap<i32, DaySum> = folded.into_iter().map(|sum| (sum.day, sum)).collect();
        let zone = &self.asked.zone;
        let mut open: Vec<i32> = self
            .tail
            .iter()
            .map(|reading| closed_day(zone, reading.at))
            .collect();
        open.sort_unstable();
        open.dedup();
        for day in open.into_iter().filter(|day| (before..to).contains(day)) {
            let readings = self.readings((day, day + 1))?;
            sums.insert(day, roll_up::sum(day, &readings));
        }
        if let Place::MainCircuit(_) = self.asked.place {
            join(&mut sums);
        }
        sums.remove(&before);
        Ok(sums.into_values().collect())
    }
}

/// A main circuit's day begins with the register that the day before ended with.
fn join(sums: &mut BTreeMap<i32, DaySum>) {
    let ends: BTreeMap<i32, i64> = sums
        .values()
        .filter_map(|sum| Some((sum.day + 1, sum.register_wh?)))
        .collect();
    for sum in sums.values_mut().filter(|sum| !sum.doubted) {
        let moved_wh = sum
            .register_wh
            .zip(ends.get(&sum.day))
            .map(|(end, begin)| end - begin);
        sum.energy_wh = moved_wh
            .filter(|wh| *wh >= sum.energy_wh)
            .unwrap_or(sum.energy_wh);
    }
}

/// An outlet of the tenant, and its time zone.
pub(crate) fn find_outlet(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<(Place, String), Refusal> {
    let known = outlets::find_known(conn, tenant_id, id)?;
    let (outlet, _, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(conn, tenant_id, &outlet.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    Ok((Place::Outlet(outlet.key), site.zone))
}

/// The main circuit of a site of the tenant, as one of its controllers reads it.
pub(crate) fn find_main_circuit(
    conn: &mut Conn,
    tenant_id: &str,
    site_id: &str,
    controller_id: Option<&str>,
) -> Result<(Place, String), Refusal> {
    let site = sites::find(conn, tenant_id, site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let found = match controller_id {
        Some(id) => controllers::find(conn, id)?
            .filter(|controller| controller.site_id == site.id)
            .map(|controller| controller.id),
        None => reading_days::find_main_meter(conn, &site.id)?,
    };
    let controller_id = found.ok_or(Refusal::NotFound("main circuit's meter"))?;
    Ok((Place::MainCircuit(controller_id), site.zone))
}
