//! How a charge went, as a picture.

use api_spec::rest::{MeterQuality, MeterResolution, MeterValue, Session};
use foundation::Conn;

use super::super::chart::{self, Stretch};
use super::super::figures;
use super::super::place::Place;
use crate::error::Refusal;
use crate::operations::list_meter_values::{Asked, find_outlet, list_meter_values};
use crate::operations::roll_up::SILENCE_US;

/// A charge lasts a day at most.
const MOST_VALUES: usize = 1500;

/// Its power minute by minute; `None` where there is too little to draw.
pub(super) fn curve(
    conn: &mut Conn,
    session: &Session,
    place: &Place,
    now_us: i64,
) -> Result<Option<String>, Refusal> {
    let Some(from) = session.energized_at else {
        return Ok(None);
    };
    let to_us = session.ended_at.map_or(now_us, |at| at.0);
    if to_us <= from.0 {
        return Ok(None);
    }
    let (meter, _) = find_outlet(conn, &place.site.tenant_id, &session.outlet_id)?;
    let asked = Asked {
        place: meter,
        zone: place.zone.clone(),
        from_us: from.0,
        to_us,
        resolution: MeterResolution::Minute,
        limit: MOST_VALUES,
        now_us,
    };
    let (values, _) = list_meter_values(conn, &asked)?;
    let stretches = stretches(&values, (from.0, to_us));
    let [first, last] = [from.0, to_us].map(|at| figures::clock(at, &place.zone));
    Ok((stretches.len() > 1).then(|| chart::curve(&stretches, (from.0, to_us), [&first, &last])))
}

/// From one look at the meter to the next: by voltage and current, and where looks lie far apart by what was counted between
/// them.
fn stretches(minutes: &[MeterValue], (from_us, to_us): (i64, i64)) -> Vec<Stretch> {
    let mut stretches = Vec::with_capacity(minutes.len());
    let mut since_us = from_us;
    for minute in minutes
        .iter()
        .filter(|minute| minute.quality != MeterQuality::Gap)
    {
        let until_us = minute.to.0.min(to_us);
        let lasts_us = until_us - since_us;
        let told = match lasts_us > SILENCE_US {
            true => mean_power(minute, lasts_us),
            false => present_power(minute),
        };
        let Some(watts) = told.filter(|_| lasts_us > 0) else {
            continue;
        };
        stretches.push(Stretch {
            from_us: since_us,
            to_us: until_us,
            watts,
        });
        since_us = until_us;
    }
    stretches
}

fn present_power(minute: &MeterValue) -> Option<i64> {
    Some(minute.voltage_mv?.saturating_mul(minute.current_ma?) / 1_000_000)
}

fn mean_power(minute: &MeterValue, lasts_us: i64) -> Option<i64> {
    const HOUR_US: i64 = 3_600_000_000;
    Some(minute.energy_wh?.saturating_mul(HOUR_US) / lasts_us.max(1))
}

#[cfg(test)]
mod tests {
    use api_spec::rest::Time;

    use super::*;

    const MINUTE_US: i64 = 60_000_000;

    fn minute(number: i64, energy_wh: i64, current_ma: i64) -> MeterValue {
        MeterValue {
            from: Time(number * MINUTE_US),
            to: Time((number + 1) * MINUTE_US),
            energy_wh: Some(energy_wh),
            register_wh: Some(0),
            voltage_mv: Some(200_000),
            current_ma: Some(current_ma),
            breaker: None,
            quality: MeterQuality::Measured,
        }
    }

    fn told(minutes: &[MeterValue], lasts: i64) -> Vec<(i64, i64, i64)> {
        let stretches = stretches(minutes, (0, lasts * MINUTE_US));
        let told = |s: Stretch| (s.from_us / MINUTE_US, s.to_us / MINUTE_US, s.watts);
        stretches.into_iter().map(told).collect()
    }

    #[test]
    fn each_minutes_power_is_that_of_its_voltage_and_current() {
        let minutes = [minute(0, 40, 14_000), minute(1, 50, 15_000)];
        assert_eq!(told(&minutes, 2), [(0, 1, 2_800), (1, 2, 3_000)]);
    }

    #[test]
    fn between_looks_that_lie_far_apart_it_is_the_mean_of_what_was_counted() {
        // It charged until shortly before the second look, at which nothing flowed any more.
        let minutes = [minute(29, 1_500, 15_000), minute(59, 1_400, 0)];
        assert_eq!(told(&minutes, 60), [(0, 30, 3_000), (30, 60, 2_800)]);
    }

    #[test]
    fn a_gap_is_no_look() {
        let gap = MeterValue {
            energy_wh: None,
            quality: MeterQuality::Gap,
            ..minute(1, 0, 0)
        };
        let minutes = [minute(0, 50, 15_000), gap, minute(2, 100, 15_000)];
        assert_eq!(told(&minutes, 3), [(0, 1, 3_000), (1, 3, 3_000)]);
    }
}
