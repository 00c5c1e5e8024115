//! Days and months in a site's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A register that is read so shortly after a boundary tells of the time before it: meters are read on the minute.
pub(crate) const CLOSES_US: i64 = 5_000_000;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);
const DAY_S: i64 = 24 * 3600;

/// The zone of that name. One that nobody knows any more counts as UTC, so that nothing is held up.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|error| {
        tracing::warn!(name, %error, "a site's time zone is not known here; its days are those of UTC");
        TimeZone::UTC
    })
}

/// The day since 1970-01-01 of a moment.
pub(crate) fn day_of(zone: &TimeZone, at_us: i64) -> i32 {
    let moment = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    number(moment.to_zoned(zone.clone()).date())
}

/// The day whose energy a register that was read at `at_us` closes.
pub(crate) fn closed_day(zone: &TimeZone, at_us: i64) -> i32 {
    day_of(zone, at_us.saturating_sub(CLOSES_US))
}

/// When a day begins. Where clocks skip midnight, it begins after what they skip.
pub(crate) fn begin_us(zone: &TimeZone, day: i32) -> i64 {
    let begins = date(day).to_zoned(zone.clone());
    begins.map_or_else(
        |_| i64::from(day) * DAY_S * 1_000_000,
        |begins| begins.timestamp().as_microsecond(),
    )
}

pub(crate) fn date(day: i32) -> Date {
    let since = Span::new().try_days(day);
    since.and_then(|since| EPOCH.checked_add(since)).unwrap_or(EPOCH)
}

pub(crate) fn number(date: Date) -> i32 {
    let days = date.duration_since(EPOCH).as_secs() / DAY_S;
    i32::try_from(days).unwrap_or(0)
}

/// The first day of the month of `day`.
pub(crate) fn month_of(day: i32) -> i32 {
    number(date(day).first_of_month())
}

/// The first day of the month after that of `day`.
pub(crate) fn next_month(day: i32) -> i32 {
    let next = date(day).last_of_month().tomorrow();
    next.map_or(i32::MAX, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn days_and_months_are_those_of_the_sites_zone_whatever_its_clocks_do() {
        for (zone_name, moment, day, begins) in [
            (
                "Asia/Tokyo",
                "2026-11-30T15:00:00Z",
                "2026-12-01",
                "2026-11-30T15:00:00Z",
            ),
            (
                "Asia/Tokyo",
                "2026-11-30T14:59:59Z",
                "2026-11-30",
                "2026-11-29T15:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-03-29T21:59:59Z",
                "2026-03-29",
                "2026-03-28T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T22:59:59Z",
                "2026-10-25",
                "2026-10-24T22:00:00Z",
            ),
            (
                "America/Sao_Paulo",
                "2018-11-04T03:00:00Z",
                "2018-11-04",
                "2018-11-04T03:00:00Z",
            ),
            (
                "America/New_York",
                "1969-12-31T23:00:00Z",
                "1969-12-31",
                "1969-12-31T05:00:00Z",
            ),
        ] {
            let zone = zone(zone_name);
            let found = day_of(&zone, at(moment));
            assert_eq!(date(found).to_string(), day, "{zone_name} {moment}");
            assert_eq!(number(date(found)), found);
            assert_eq!(begin_us(&zone, found), at(begins), "{zone_name} {moment}");
        }
        let day = number("2026-12-31".parse().unwrap());
        assert_eq!(date(month_of(day)).to_string(), "2026-12-01");
        assert_eq!(date(next_month(day)).to_string(), "2027-01-01");
    }

    #[test]
    fn a_register_read_at_midnight_closes_the_day_before() {
        let zone = zone("Asia/Tokyo");
        let midnight = at("2026-11-30T15:00:00Z");
        assert_eq!(
            date(closed_day(&zone, midnight + 1_000_000)).to_string(),
            "2026-11-30"
        );
        assert_eq!(
            date(closed_day(&zone, midnight + 60_000_000)).to_string(),
            "2026-12-01"
        );
    }
}
