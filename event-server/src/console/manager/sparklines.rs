//! The last day of each outlet in its tile.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::super::figures;
use super::super::sparkline;
use super::load::{DAY_US, bars, read_halves};
use crate::error::Refusal;
use crate::operations::half_hours::{HALF_HOUR_US, HalfHour};
use crate::store::readings::Place;

/// What fills a tile's height at least, in watts: an outlet of 15 A at 200 V.
const FULL_W: i64 = 3_000;

/// A picture, and the energy that it shows.
#[derive(Clone, Debug)]
pub(super) struct Sparkline {
    pub(super) svg: String,
    pub(super) energy: String,
}

type ById = HashMap<String, Sparkline>;

/// Halves of an hour that are over do not change: they are read once for each half hour.
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
        let to_us = now_us - now_us.rem_euclid(HALF_HOUR_US);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, drawn)) = kept.as_ref().filter(|(until, _)| *until == to_us) {
            return Ok(drawn.clone());
        }
        let mut days = Vec::with_capacity(outlets.len());
        for (id, key) in outlets {
            let asked = (Place::Outlet(*key), zone.clone());
            let halves = match read_halves(conn, asked, (to_us - DAY_US, to_us), now_us) {
                Ok(halves) => halves,
                Err(Refusal::Database(error)) => return Err(error),
                // Nothing that is asked for here is refused.
                Err(_) => Vec::new(),
            };
            days.push((id, halves));
        }
        let all = days.iter().flat_map(|(_, halves)| halves);
        let highest = all.map(|half| half.watts).max().unwrap_or(0).max(FULL_W);
        let drawn: ById = days
            .iter()
            .filter(|(_, halves)| !halves.is_empty())
            .map(|(id, halves)| ((*id).clone(), draw(halves, to_us, highest)))
            .collect();
        *kept = Some((to_us, drawn.clone()));
        Ok(drawn)
    }
}

fn draw(halves: &[HalfHour], to_us: i64, highest: i64) -> Sparkline {
    let energy_wh: i64 = halves.iter().map(|half| half.watts / 2).sum();
    Sparkline {
        svg: sparkline::draw(&bars(halves), (to_us - DAY_US, to_us), highest),
        energy: format!("{} kWh", figures::kwh_about(energy_wh)),
    }
}
