//! What the limits that a session was asked for mean at its site.

use api_spec::rest::LimitsAsked;
use domain::limits::{BadWish, LONGEST, Wish};
use domain::price::{EnergyLimit, Yen, energy_limit};
use domain::units::{Millis, Timestamp, WattHours};
use jiff::tz::TimeZone;

use super::pricing::Pricing;
use crate::error::Refusal;
use crate::store::sites::Site;

/// When a session ends; whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionLimits {
    pub(crate) ends_at_us: i64,
    /// What of the two below comes first.
    pub(crate) energy: Option<EnergyLimit>,
    /// What was asked for as energy.
    pub(crate) asked: Option<WattHours>,
    /// What the money buys.
    pub(crate) bought: Option<WattHours>,
}

pub(crate) fn session_limits(
    asked: &LimitsAsked,
    (site, pricing): (&Site, Option<&Pricing>),
    now_us: i64,
) -> Result<SessionLimits, Refusal> {
    let end = end(asked, site, now_us)?;
    let wish = Wish {
        until: end.until,
        duration: asked.duration_s.map(Millis::seconds),
        energy: asked.energy_wh.map(WattHours),
        ..Wish::default()
    };
    let limits = wish.limits(Timestamp(now_us)).map_err(|bad| match bad {
        BadWish::UntilAndDuration => several_ends(),
        BadWish::EndNotAhead => Refusal::invalid(end.pointer, "the end must lie ahead"),
        BadWish::TooLong => Refusal::invalid(end.pointer, "the end is more than 24 hours ahead"),
        BadWish::EnergyNotPositive => Refusal::invalid("/limits/energy_wh", "must be 1 or more"),
    })?;
    let bought = match asked.cost_yen {
        Some(cost_yen) => Some(bought(cost_yen, pricing)?),
        None => None,
    };
    let lasting_us = now_us.saturating_add(micros(limits.duration));
    Ok(SessionLimits {
        ends_at_us: end.until.map_or(lasting_us, |until| until.0),
        energy: energy_limit(limits.energy, bought),
        asked: limits.energy,
        bought,
    })
}

/// The time that was asked for, and by which member.
struct End {
    until: Option<Timestamp>,
    pointer: &'static str,
}

fn end(asked: &LimitsAsked, site: &Site, now_us: i64) -> Result<End, Refusal> {
    if !asked.end_of_day {
        let pointer = if asked.until.is_some() {
            "/limits/until"
        } else {
            "/limits/duration_s"
        };
        let until = asked.until.map(|until| Timestamp(until.0));
        return Ok(End { until, pointer });
    }
    let pointer = "/limits/end_of_day";
    if asked.until.is_some() || asked.duration_s.is_some() {
        return Err(several_ends());
    }
    let end_us = days_end(site, now_us)?;
    // The day on which clocks are set back is longer than any charge.
    let latest_us = now_us.saturating_add(micros(LONGEST));
    let until = Some(Timestamp(end_us.min(latest_us)));
    Ok(End { until, pointer })
}

/// The site's next midnight.
pub(super) fn days_end(site: &Site, now_us: i64) -> Result<i64, Refusal> {
    let unknown = "the site's time zone is not known here: give until instead";
    end_of_day(&site.zone, now_us).ok_or_else(|| Refusal::invalid("/limits/end_of_day", unknown))
}

pub(super) fn several_ends() -> Refusal {
    Refusal::invalid("/limits", "give one of until, duration_s and end_of_day")
}

/// When the day of `now_us` ends in a time zone; `None` for a zone that nobody knows.
fn end_of_day(zone: &str, now_us: i64) -> Option<i64> {
    let zone = TimeZone::get(zone).ok()?;
    let now = jiff::Timestamp::from_microsecond(now_us).ok()?;
    let tomorrow = now.to_zoned(zone.clone()).date().tomorrow().ok()?;
    // Where clocks skip midnight, the day begins after what they skip.
    let begins = tomorrow.to_zoned(zone).ok()?;
    Some(begins.timestamp().as_microsecond())
}

/// The energy that money buys.
pub(super) fn bought(cost_yen: i64, pricing: Option<&Pricing>) -> Result<WattHours, Refusal> {
    let pointer = "/limits/cost_yen";
    if cost_yen < 1 {
        return Err(Refusal::invalid(pointer, "must be 1 or more"));
    }
    let Some(pricing) = pricing else {
        let what =
            "the site has no price: set its tariff_id or energy_yen_per_kwh, or give energy_wh instead";
        return Err(Refusal::invalid(pointer, what));
    };
    let bought = pricing.rules().buys(Yen(cost_yen));
    bought.ok_or_else(|| Refusal::invalid(pointer, "buys less than 1 Wh at the price here"))
}

pub(super) fn micros(duration: Millis) -> i64 {
    i64::try_from(duration.0.saturating_mul(1000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use api_spec::rest::Time;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn site(zone: &str) -> Site {
        Site {
            id: "sit_1".into(),
            tenant_id: "ten_1".into(),
            name: "Maison".into(),
            address: None,
            zone: zone.into(),
            energy_yen_per_kwh: Some(31),
            postal_address: None,
            latitude_udeg: None,
            longitude_udeg: None,
            contracted_demand_w: None,
            tariff_id: None,
            drivers: "open".into(),
            created_at: 0,
            updated_at: 0,
            presence: "none".into(),
        }
    }

    #[test]
    fn a_day_ends_at_the_sites_midnight_whatever_its_clocks_do() {
        for (zone, now, end) in [
            ("Asia/Tokyo", "2026-11-28T14:59:59Z", "2026-11-28T15:00:00Z"),
            ("Asia/Tokyo", "2026-11-28T15:00:00Z", "2026-11-29T15:00:00Z"),
            // Clocks are set forward, 23 hours; and back, 25 hours, of which a charge lasts 24 at most.
            ("Europe/Paris", "2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Paris", "2026-10-25T12:00:00Z", "2026-10-25T23:00:00Z"),
            ("Europe/Paris", "2026-10-24T22:10:00Z", "2026-10-25T22:10:00Z"),
            // At midnight clocks were set forward, so that the day began at 1; and back, so that 23 came twice.
            (
                "America/Sao_Paulo",
                "2018-11-03T20:00:00Z",
                "2018-11-04T03:00:00Z",
            ),
            (
                "America/Sao_Paulo",
                "2018-02-18T01:30:00Z",
                "2018-02-18T03:00:00Z",
            ),
        ] {
            let asked = LimitsAsked {
                end_of_day: true,
                ..LimitsAsked::default()
            };
            let limits = session_limits(&asked, (&site(zone), None), at(now)).unwrap();
            let ends_at = Time(limits.ends_at_us);
            assert_eq!(ends_at, Time(at(end)), "{zone} {now}: {ends_at}");
        }
    }

    #[test]
    fn a_zone_that_nobody_knows_ends_no_day() {
        let asked = LimitsAsked {
            end_of_day: true,
            ..LimitsAsked::default()
        };
        assert!(session_limits(&asked, (&site("Mars/Olympus"), None), 0).is_err());
    }
}
