//! The last day of each outlet in its tile.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::super::figures;
use super::super::sparkline;
use super::load::{DAY_US, bars, halves_over, read_quarters};
use crate::error::Refusal;
use crate::operations::half_hours::{HALF_HOUR_US, HalfHour, energy_since};
use crate::store::readings::Place;

/// What fills a tile's height at least, in watts: an outlet of 15 A at 200 V.
const FULL_W: i64 = 3_000;
const MINUTE_US: i64 = 60_000_000;

/// A picture of the halves of an hour that are over, and the energy until now.
#[derive(Clone, Debug)]
pub(super) struct Sparkline {
    pub(super) svg: String,
    pub(super) energy: String,
}

type ById = HashMap<String, Sparkline>;

/// They are read once in a minute, as meters are.
#[derive(Debug, Default)]
pub(super) struct Sparklines(Mutex<Option<(i64, ById)>>);

impl Sparklines {
    /// Of outlets by their ids and keys, up to now.
    pub(super) fn of(
        &self,
        conn: &mut Conn,
        outlets: &[(String, i64)],
        (zone, now_us): (&TimeZone, i64),
    ) -> Result<ById, DbError> {
        let minute_us = now_us - now_us.rem_euclid(MINUTE_US);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, drawn)) = kept.as_ref().filter(|(read_us, _)| *read_us == minute_us) {
            return Ok(drawn.clone());
        }
        let to_us = now_us - now_us.rem_euclid(HALF_HOUR_US);
        let bounds = (to_us - DAY_US, to_us);
        let mut days = Vec::with_capacity(outlets.len());
        for (id, key) in outlets {
            let asked = (Place::Outlet(*key), zone.clone());
            let quarters = match read_quarters(conn, asked, bounds, now_us) {
                Ok(quarters) => quarters,
                Err(Refusal::Database(error)) => return Err(error),
                // Nothing that is asked for here is refused.
                Err(_) => Vec::new(),
            };
            let halves = halves_over(&quarters, bounds, now_us);
            days.push((id, halves, energy_since(&quarters, now_us - DAY_US)));
        }
        let all = days.iter().flat_map(|(_, halves, _)| halves);
        let highest = all.map(|half| half.watts).max().unwrap_or(0).max(FULL_W);
        let drawn: ById = days
            .iter()
            .filter(|(_, halves, energy_wh)| !halves.is_empty() || *energy_wh > 0)
            .map(|(id, halves, energy_wh)| ((*id).clone(), draw((halves, *energy_wh), to_us, highest)))
            .collect();
        *kept = Some((minute_us, drawn.clone()));
        Ok(drawn)
    }
}

fn draw((halves, energy_wh): (&[HalfHour], i64), to_us: i64, highest: i64) -> Sparkline {
    Sparkline {
        svg: sparkline::draw(&bars(halves), (to_us - DAY_US, to_us), highest),
        energy: format!("{} kWh", figures::kwh_about(energy_wh)),
    }
}
