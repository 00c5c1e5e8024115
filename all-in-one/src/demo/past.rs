//! How the residents of the demo's building have charged since the first of last month.

use domain::ids::MAX_OUTLETS;
use event_server::sandbox::past::{Past, PastCharge, PastEnd};
use jiff::tz::{TimeZone, offset};
use jiff::{Span, Timestamp, Zoned};

use super::people::Resident;

/// Its breaker has tripped the day before yesterday, and nobody has reset it.
pub(super) const TRIPPED_OUTLET: u8 = 6;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
/// What the simulated panel draws itself.
const STANDBY_W: i64 = 12;
/// Of so many evenings, somebody charges on so many.
const EVENINGS: u64 = 9;
const CHARGED: u64 = 4;
/// Days ago.
const RESET_TRIP: i32 = 9;
const BY_HAND: i32 = 5;
const STANDING_TRIP: i32 = 2;

/// The same for everybody who asks on the same day. Each resident has an outlet, the first the first.
pub(super) fn past(controller_id: &str, residents: &[Resident], now_us: i64) -> Option<Past> {
    let now = Timestamp::from_microsecond(now_us).ok()?;
    // In Japan, which sets no clocks.
    let now = now.to_zoned(TimeZone::fixed(offset(9)));
    let last_month = now.checked_sub(Span::new().months(1)).ok()?;
    let from = last_month.first_of_month().ok()?.start_of_day().ok()?;
    let today = now.start_of_day().ok()?;
    let days = i32::try_from((today.timestamp().as_second() - from.timestamp().as_second()) / 86_400).ok()?;
    let mut charges: Vec<PastCharge> = (0..days)
        .rev()
        .flat_map(|before| evening(residents, &today, before + 1))
        .filter(|charge| charge.limit_us < now_us)
        .collect();
    charges.extend(residents.first().map(|resident| standing_trip(resident, &today)));
    charges.sort_by_key(|charge| charge.from_us);
    Some(Past {
        controller_id: controller_id.to_owned(),
        from_us: from.timestamp().as_microsecond(),
        until_us: now_us,
        registers_wh: (0..=MAX_OUTLETS).map(first_register_wh).collect(),
        standby_w: STANDBY_W,
        charges,
    })
}

fn first_register_wh(place: u8) -> i64 {
    let made_up = i64::try_from(number(0, place) % 400_000).unwrap_or(0);
    match place {
        MAX_OUTLETS => 5_000_000 + made_up,
        _ => 800_000 + made_up,
    }
}

/// Who has charged on an evening so many days ago.
fn evening(residents: &[Resident], today: &Zoned, days_ago: i32) -> Vec<PastCharge> {
    let midnight_us = today.timestamp().as_microsecond() - i64::from(days_ago) * 24 * HOUR_US;
    let charges = (1..)
        .zip(residents)
        .filter_map(|(outlet, resident)| charge((outlet, resident), midnight_us, days_ago));
    charges.collect()
}

fn charge((outlet, resident): (u8, &Resident), midnight_us: i64, days_ago: i32) -> Option<PastCharge> {
    let draw = |what: u8, below: u64| {
        let seed = u64::from(days_ago.unsigned_abs()) * 8 + u64::from(outlet);
        i64::try_from(number(seed, what) % below).unwrap_or(0)
    };
    let is_special = match (outlet, days_ago) {
        (2, RESET_TRIP) | (1, BY_HAND) => true,
        (_, _) => false,
    };
    if !is_special && draw(0, EVENINGS).unsigned_abs() >= CHARGED {
        return None;
    }
    let from_us = midnight_us + 18 * HOUR_US + draw(1, 270) * MINUTE_US + draw(2, 60) * 1_000_000;
    let morning_us = midnight_us + 30 * HOUR_US + draw(3, 4) * 15 * MINUTE_US;
    let end = match (outlet, days_ago) {
        (2, RESET_TRIP) => PastEnd::Tripped {
            at_us: from_us + 50 * MINUTE_US,
            reset_us: Some(midnight_us + 33 * HOUR_US),
        },
        (1, BY_HAND) => PastEnd::OpenedByHand {
            at_us: from_us + 70 * MINUTE_US,
        },
        (_, _) => PastEnd::OfItself,
    };
    Some(PastCharge {
        outlet,
        driver_id: resident.person_id.clone(),
        from_us,
        limit_us: morning_us,
        power_w: 2_900 + draw(4, 120),
        need_wh: 4_000 + draw(5, 18_000),
        end,
    })
}

fn standing_trip(resident: &Resident, today: &Zoned) -> PastCharge {
    let midnight_us = today.timestamp().as_microsecond() - i64::from(STANDING_TRIP) * 24 * HOUR_US;
    let from_us = midnight_us + 14 * HOUR_US;
    PastCharge {
        outlet: TRIPPED_OUTLET,
        driver_id: resident.person_id.clone(),
        from_us,
        limit_us: from_us + 3 * HOUR_US,
        power_w: 2_950,
        need_wh: 9_000,
        end: PastEnd::Tripped {
            at_us: from_us + 25 * MINUTE_US,
            reset_us: None,
        },
    }
}

/// The same for the same seed and place.
fn number(seed: u64, place: u8) -> u64 {
    let mut x = (seed * 32 + u64::from(place) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 24 * HOUR_US;
    /// 2026-11-20T07:00:00Z
    const NOW_US: i64 = 1_795_158_000_000_000;

    #[test]
    fn whenever_the_demo_starts_a_whole_month_is_over_and_no_two_charges_meet() {
        let residents = ["101", "203", "305"].map(|unit| Resident {
            person_id: format!("per_{unit}"),
            name: unit.to_owned(),
            unit: unit.to_owned(),
        });
        for day in 0..62 {
            let now_us = NOW_US + day * DAY_US + day * HOUR_US;
            let past = past("ctl", &residents, now_us).unwrap();
            assert!((28..=62).contains(&((now_us - past.from_us) / DAY_US)), "{day}");
            let of_month = past
                .charges
                .iter()
                .filter(|charge| charge.from_us > now_us - 30 * DAY_US);
            assert!((25..=60).contains(&of_month.count()), "{day}");
            for (outlet, resident) in (1..=3).zip(&residents) {
                let mut of_outlet: Vec<&PastCharge> = past.charges.iter().collect();
                of_outlet.retain(|charge| charge.outlet == outlet);
                assert!(
                    of_outlet
                        .iter()
                        .all(|charge| charge.driver_id == resident.person_id)
                );
                assert!(of_outlet.windows(2).all(|two| two[0].limit_us < two[1].from_us));
                assert!(of_outlet.iter().all(|charge| charge.limit_us < now_us));
            }
            let count =
                |is: fn(&PastEnd) -> bool| past.charges.iter().filter(|charge| is(&charge.end)).count();
            assert_eq!(count(|end| matches!(end, PastEnd::Tripped { .. })), 2, "{day}");
            assert_eq!(
                count(|end| matches!(end, PastEnd::OpenedByHand { .. })),
                1,
                "{day}"
            );
        }
    }
}
