//! When which price of a tariff holds, by the clocks of a site.

use api_spec::rest::{TariffBand, TariffDay, TariffTerms};
use domain::price::Yen;
use domain::price::tariff::{Rate, Terms, Turn};
use domain::units::{Millis, Timestamp as Moment};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// Midnight at the end of a day, in minutes.
const DAY_MINUTES: i64 = 24 * 60;
/// No session is longer; what comes later of a turn is of no use.
const LONGEST_DAYS: i64 = 4;

/// What the rules need of terms: rate 0 is the price where no band holds, rate *n* that of the *n*th band.
pub(crate) fn rules(terms: &TariffTerms) -> Terms {
    let bands = terms.bands.iter().map(|band| Rate(band.energy_milliyen_per_kwh));
    let idle = terms.idle;
    let free_minutes = idle.map_or(0, |idle| u64::try_from(idle.free_minutes).unwrap_or(0));
    Terms {
        rates: std::iter::once(Rate(terms.energy_milliyen_per_kwh))
            .chain(bands)
            .collect(),
        fixed: Yen(terms.fixed_yen),
        minimum: Yen(terms.minimum_yen),
        idle_per_minute: Yen(idle.map_or(0, |idle| idle.yen_per_minute)),
        idle_free: Millis::seconds(free_minutes.saturating_mul(60)),
    }
}

/// Minutes since midnight of `HH:MM`, up to `24:00`.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let good = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !good(hours) || !good(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sum = hours * 60 + minutes;
    (minutes < 60 && sum <= DAY_MINUTES).then_some(sum)
}

/// The rate at a moment and every turn to another one until a later moment.
pub(crate) fn turns(terms: &TariffTerms, zone: &TimeZone, (from_us, to_us): (i64, i64)) -> Vec<Turn> {
    let moment = |us| Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH);
    let (from, to) = (moment(from_us), moment(to_us));
    let rate = |at: Timestamp| rate(terms, &at.to_zoned(zone.clone()));
    let mut turns = vec![Turn {
        at: Moment(from_us),
        rate: rate(from),
    }];
    for at in edges(terms, zone, (from, to)) {
        let next = rate(at);
        if turns.last().is_none_or(|last| last.rate != next) {
            turns.push(Turn {
                at: Moment(at.as_microsecond()),
                rate: next,
            });
        }
    }
    turns
}

/// Every moment between two at which another price may begin to hold, in the order of time.
fn edges(terms: &TariffTerms, zone: &TimeZone, (from, to): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    if terms.bands.is_empty() {
        return Vec::new();
    }
    let mut edges = Vec::new();
    let ends = terms
        .bands
        .iter()
        .flat_map(|band| [minutes(&band.from), minutes(&band.to)]);
    let mut of_day: Vec<i64> = ends.flatten().chain([0]).collect();
    of_day.sort_unstable();
    of_day.dedup();
    let mut date = from.to_zoned(zone.clone()).date();
    let last = to.to_zoned(zone.clone()).date();
    for _ in 0..=LONGEST_DAYS {
        if date > last {
            break;
        }
        for minute in &of_day {
            edges.extend(moments(date, *minute, zone));
        }
        let Ok(tomorrow) = date.tomorrow() else { break };
        date = tomorrow;
    }
    // Where clocks are set, the local time leaps over an edge or comes back before it.
    let set = zone.following(from).take_while(|set| set.timestamp() <= to);
    edges.extend(
        set.take(LONGEST_DAYS.unsigned_abs() as usize)
            .map(|set| set.timestamp()),
    );
    edges.retain(|edge| *edge > from && *edge < to);
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// When a clock shows a time of a day: once, twice, or where it is leaped over the moment of the leap or near it.
fn moments(date: Date, minute: i64, zone: &TimeZone) -> Vec<Timestamp> {
    let Ok(civil) = date.to_datetime(Time::midnight()).checked_add(minute.minutes()) else {
        return Vec::new();
    };
    let ambiguous = || zone.to_ambiguous_zoned(civil);
    let both = [ambiguous().earlier(), ambiguous().later()];
    both.into_iter()
        .flatten()
        .map(|zoned| zoned.timestamp())
        .collect()
}

fn rate(terms: &TariffTerms, at: &Zoned) -> usize {
    let date = at.date();
    let is_holiday = terms.holidays.iter().any(|holiday| is(holiday, date));
    let day = match is_holiday {
        true => TariffDay::Holiday,
        false => day(date.weekday()),
    };
    let minute = i64::from(at.hour()) * 60 + i64::from(at.minute());
    let band = terms.bands.iter().position(|band| holds(band, day, minute));
    band.map_or(0, |place| place + 1)
}

fn is(holiday: &str, date: Date) -> bool {
    holiday.parse::<Date>().is_ok_and(|holiday| holiday == date)
}

fn holds(band: &TariffBand, day: TariffDay, minute: i64) -> bool {
    let (Some(from), Some(to)) = (minutes(&band.from), minutes(&band.to)) else {
        return false;
    };
    let in_time = match from < to {
        true => (from..to).contains(&minute),
        false => minute < to || minute >= from,
    };
    in_time && (band.days.is_empty() || band.days.contains(&day))
}

fn day(weekday: Weekday) -> TariffDay {
    match weekday {
        Weekday::Monday => TariffDay::Mon,
        Weekday::Tuesday => TariffDay::Tue,
        Weekday::Wednesday => TariffDay::Wed,
        Weekday::Thursday => TariffDay::Thu,
        Weekday::Friday => TariffDay::Fri,
        Weekday::Saturday => TariffDay::Sat,
        Weekday::Sunday => TariffDay::Sun,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn band(days: &[TariffDay], (from, to): (&str, &str)) -> TariffBand {
        TariffBand {
            name: "b".into(),
            days: days.to_vec(),
            from: from.into(),
            to: to.into(),
            energy_milliyen_per_kwh: 1,
        }
    }

    fn terms(bands: Vec<TariffBand>) -> TariffTerms {
        TariffTerms {
            bands,
            holidays: vec!["2027-01-01".into()],
            ..TariffTerms::default()
        }
    }

    #[track_caller]
    fn check(terms: &TariffTerms, (zone, from, to): (&str, &str, &str), expected: &[(&str, usize)]) {
        let zone = TimeZone::get(zone).unwrap();
        let found = turns(terms, &zone, (us(from), us(to)));
        let found: Vec<(String, usize)> = found
            .iter()
            .map(|turn| {
                (
                    Timestamp::from_microsecond(turn.at.0).unwrap().to_string(),
                    turn.rate,
                )
            })
            .collect();
        let expected: Vec<(String, usize)> = expected
            .iter()
            .map(|(at, rate)| ((*at).to_owned(), *rate))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn bands_turn_by_the_sites_clock_on_the_minute() {
        let night = terms(vec![band(&[], ("23:00", "07:00"))]);
        check(
            &night,
            ("Asia/Tokyo", "2026-11-20T13:30:00Z", "2026-11-21T13:30:00Z"),
            &[
                ("2026-11-20T13:30:00Z", 0),
                ("2026-11-20T14:00:00Z", 1),
                ("2026-11-20T22:00:00Z", 0),
            ],
        );
        check(
            &night,
            ("Asia/Tokyo", "2026-11-20T14:00:00Z", "2026-11-20T15:00:00Z"),
            &[("2026-11-20T14:00:00Z", 1)],
        );
    }

    #[test]
    fn where_clocks_are_set_a_band_is_an_hour_shorter_or_longer() {
        let night = terms(vec![band(&[], ("23:00", "07:00"))]);
        for (from, to, begins, ends) in [
            (
                "2026-03-28T21:00:00Z",
                "2026-03-29T12:00:00Z",
                "2026-03-28T22:00:00Z",
                "2026-03-29T05:00:00Z",
            ),
            (
                "2026-10-24T20:00:00Z",
                "2026-10-25T12:00:00Z",
                "2026-10-24T21:00:00Z",
                "2026-10-25T06:00:00Z",
            ),
        ] {
            check(
                &night,
                ("Europe/Berlin", from, to),
                &[(from, 0), (begins, 1), (ends, 0)],
            );
        }
        // 02:00 to 03:00 is leaped over in March and comes twice in October.
        let hour = terms(vec![band(&[], ("02:00", "03:00"))]);
        check(
            &hour,
            ("Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29T04:00:00Z"),
            &[("2026-03-28T23:30:00Z", 0)],
        );
        check(
            &hour,
            ("Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T04:00:00Z"),
            &[
                ("2026-10-24T23:30:00Z", 0),
                ("2026-10-25T00:00:00Z", 1),
                ("2026-10-25T02:00:00Z", 0),
            ],
        );
        // Half of the hour that comes twice: on, off, on, off.
        let half = terms(vec![band(&[], ("02:00", "02:30"))]);
        check(
            &half,
            ("Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T04:00:00Z"),
            &[
                ("2026-10-24T23:30:00Z", 0),
                ("2026-10-25T00:00:00Z", 1),
                ("2026-10-25T00:30:00Z", 0),
                ("2026-10-25T01:00:00Z", 1),
                ("2026-10-25T01:30:00Z", 0),
            ],
        );
    }

    #[test]
    fn a_holiday_is_no_weekday_and_the_first_band_that_holds_decides() {
        let bands = vec![
            band(&[TariffDay::Holiday], ("00:00", "24:00")),
            band(&[TariffDay::Fri, TariffDay::Sat], ("08:00", "20:00")),
            band(&[], ("08:00", "12:00")),
        ];
        // 2027-01-01 is a Friday and a holiday; the next day is a Saturday, and then a Sunday.
        check(
            &terms(bands),
            ("Asia/Tokyo", "2026-12-31T10:00:00Z", "2027-01-03T06:00:00Z"),
            &[
                ("2026-12-31T10:00:00Z", 0),
                ("2026-12-31T15:00:00Z", 1),
                ("2027-01-01T15:00:00Z", 0),
                ("2027-01-01T23:00:00Z", 2),
                ("2027-01-02T11:00:00Z", 0),
                ("2027-01-02T23:00:00Z", 3),
                ("2027-01-03T03:00:00Z", 0),
            ],
        );
    }

    #[test]
    fn times_of_the_day_are_hours_and_minutes() {
        let table = [
            ("00:00", Some(0)),
            ("07:30", Some(450)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("7:00", None),
        ];
        for (text, expected) in
            table
                .into_iter()
                .chain([("12:60", None), ("+1:00", None), ("1200", None), ("", None)])
        {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }

    proptest! {
        /// The rate between two turns is the one that the local clock says, at any moment, whatever the clocks do.
        #[test]
        fn at_every_moment_the_rate_is_that_of_the_local_clock(
            berlin in any::<bool>(), from_minute in 0_i64..525_600, at_s in 0_i64..172_800,
            edges in prop::collection::vec((0_i64..1440, 0_i64..=1440), 1..4)
        ) {
            let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
            let bands = edges.iter().map(|(from, to)| band(&[], (&text(*from), &text(*to)))).collect();
            let (terms, name) = (terms(bands), if berlin { "Europe/Berlin" } else { "Asia/Tokyo" });
            let zone = TimeZone::get(name).unwrap();
            let from_us = us("2026-01-01T00:00:00Z") + from_minute * 60_000_000;
            let turns = turns(&terms, &zone, (from_us, from_us + 172_800_000_000));
            let at_us = from_us + at_s * 1_000_000;
            let holds = turns.iter().rfind(|turn| turn.at.0 <= at_us).unwrap().rate;
            let local = Timestamp::from_microsecond(at_us).unwrap().to_zoned(zone);
            prop_assert_eq!(holds, rate(&terms, &local));
            prop_assert!(turns.windows(2).all(|pair| pair[0].at < pair[1].at && pair[0].rate != pair[1].rate));
        }
    }
}
