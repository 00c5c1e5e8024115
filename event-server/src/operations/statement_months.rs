//! The months of a site: those that are closed, and those after them.

use std::fmt;

use domain::statement::Period;
use domain::units::Timestamp;
use foundation::{Conn, DbError};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::local_days::{begin_us, date, day_of, month_of, next_month, number, zone};
use crate::store::sites::Site;
use crate::store::statements::{self, Heading};

const CHARS: usize = "2026-10".len();

/// A month, by its first day since 1970-01-01. Written as `2026-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month(i32);

impl Month {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let first: Option<Date> = format!("{text}-01").parse().ok();
        let first = first.filter(|date| text.len() == CHARS && date.year() >= 1970);
        first.map(|date| Self(number(date)))
    }

    /// The month of a moment.
    pub(crate) fn of(zone: &TimeZone, at_us: i64) -> Self {
        Self(month_of(day_of(zone, at_us)))
    }

    pub(crate) fn next(self) -> Self {
        Self(next_month(self.0))
    }

    pub(crate) fn before(self) -> Self {
        Self(month_of(self.0.saturating_sub(1)))
    }

    /// Its days, from the first to before another.
    pub(crate) fn days(self) -> (i32, i32) {
        (self.0, self.next().0)
    }

    pub(crate) fn last_day(self) -> Date {
        date(self.0).last_of_month()
    }

    pub(crate) fn begin_us(self, zone: &TimeZone) -> i64 {
        begin_us(zone, self.0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", date(self.0).strftime("%Y-%m"))
    }
}

/// What of a site's months is closed, and what comes next.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    pub(crate) zone: TimeZone,
    /// The oldest first.
    pub(crate) closed: Vec<Heading>,
    /// The oldest month that is open: the only one that can be closed.
    pub(crate) next: Month,
}

impl Calendar {
    pub(crate) fn load(conn: &mut Conn, site: &Site) -> Result<Self, DbError> {
        let zone = zone(&site.zone);
        let closed = statements::list(conn, &site.id)?;
        let last = closed.last().and_then(|last| Month::parse(&last.month));
        let next = last.map_or_else(|| Month::of(&zone, site.created_at), Month::next);
        Ok(Self { zone, closed, next })
    }

    /// When an open month begins and ends: after what is closed, and the first with all that was before.
    pub(crate) fn period(&self, month: Month) -> Period {
        let begin = match month == self.next {
            true => self.closed.last().map(|last| last.ends_at),
            false => Some(month.begin_us(&self.zone)),
        };
        Period {
            begin: begin.map(Timestamp),
            end: Timestamp(month.next().begin_us(&self.zone)),
        }
    }

    /// The closed month that a session belongs to.
    pub(crate) fn closed_month_of(&self, ended_at: i64) -> Option<&Heading> {
        self.closed.iter().find(|closed| ended_at < closed.ends_at)
    }

    /// The open months until now, the newest first.
    pub(crate) fn open(&self, now_us: i64) -> impl Iterator<Item = Month> + use<> {
        let running = Month::of(&self.zone, now_us);
        let next = self.next;
        let earlier = |month: &Month| Some(month.before());
        std::iter::successors(Some(running), earlier).take_while(move |month| *month >= next)
    }

    /// Whether it is open: not closed, and begun.
    pub(crate) fn is_open(&self, month: Month, now_us: i64) -> bool {
        month >= self.next && month <= Month::of(&self.zone, now_us)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn calendar(zone_name: &str) -> Calendar {
        Calendar {
            zone: zone(zone_name),
            closed: Vec::new(),
            next: Month::parse("2020-01").unwrap(),
        }
    }

    #[test]
    fn months_are_written_with_two_digits_and_nothing_else() {
        assert_eq!(Month::parse("2026-10").unwrap().to_string(), "2026-10");
        for wrong in [
            "2026-1",
            "2026-13",
            "2026-00",
            "2026-10-01",
            "26-10",
            "1969-12",
            "",
            "x",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_month_ends_when_the_sites_clocks_say_so() {
        for (zone_name, month, end) in [
            ("Asia/Tokyo", "2026-10", "2026-10-31T15:00:00Z"),
            // Clocks go back a week before, and forth two days before.
            ("Europe/Berlin", "2026-10", "2026-10-31T23:00:00Z"),
            ("Europe/Berlin", "2026-03", "2026-03-31T22:00:00Z"),
            ("Europe/Berlin", "2026-02", "2026-02-28T23:00:00Z"),
        ] {
            let period = calendar(zone_name).period(Month::parse(month).unwrap());
            assert_eq!(period.end.0, at(end), "{zone_name} {month}");
            assert!(period.holds(Timestamp(at(end) - 1)) && !period.holds(Timestamp(at(end))));
        }
    }

    #[test]
    fn the_first_month_takes_all_before_and_the_next_begins_where_the_last_was_closed() {
        let mut calendar = calendar("Asia/Tokyo");
        let first = calendar.next;
        assert_eq!(calendar.period(first).begin, None);
        let ends_at = first.next().begin_us(&calendar.zone) - 3_600_000_000;
        calendar.closed.push(Heading {
            month: first.to_string(),
            ends_at,
            closed_at: 0,
            sessions: 0,
            energy_wh: 0,
            total_yen: 0,
            hash: String::new(),
        });
        calendar.next = first.next();
        // The site's zone was another when it was closed: nothing falls between.
        assert_eq!(calendar.period(calendar.next).begin, Some(Timestamp(ends_at)));
        assert!(calendar.closed_month_of(ends_at - 1).is_some());
        assert!(calendar.closed_month_of(ends_at).is_none());
    }

    proptest! {
        #[test]
        fn each_moment_is_in_one_month_and_months_follow_one_another(
            berlin in any::<bool>(), at_us in 1_577_900_000_000_000_i64..2_500_000_000_000_000
        ) {
            let calendar = calendar(if berlin { "Europe/Berlin" } else { "Asia/Tokyo" });
            let month = Month::of(&calendar.zone, at_us);
            for (one, holds) in [(month.before(), false), (month, true), (month.next(), false)] {
                prop_assert_eq!(calendar.period(one).holds(Timestamp(at_us)), holds);
            }
            prop_assert_eq!(Some(calendar.period(month).end), calendar.period(month.next()).begin);
            prop_assert_eq!(month.next().before(), month);
            prop_assert_eq!(Month::parse(&month.to_string()), Some(month));
        }
    }
}
