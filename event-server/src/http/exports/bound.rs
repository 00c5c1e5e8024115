//! From when to when is exported: moments, or days by each site's clocks.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::http::problems::{ApiError, Kind};
use crate::operations::local_days::{begin_us, number};

const DATE_CHARS: usize = "2026-11-01".len();

/// A moment, or when a day begins by a site's clocks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    At(i64),
    Day(i32),
}

impl Bound {
    pub(super) fn read(name: &str, text: &str) -> Result<Self, ApiError> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::At(moment.as_microsecond()));
        }
        // A date alone: jiff would pass over a time behind it.
        let date = text.parse().ok().filter(|_| text.len() == DATE_CHARS);
        let date = date.ok_or_else(|| {
            let expected =
                "expected a day, such as 2026-11-01, or a time with its offset, such as 2026-10-31T15:00:00Z";
            ApiError::new(Kind::InvalidQuery, format!("{name}: {expected}"))
        })?;
        Ok(Self::Day(number(date)))
    }

    pub(super) fn us(self, zone: &TimeZone) -> i64 {
        match self {
            Self::At(us) => us,
            Self::Day(day) => begin_us(zone, day),
        }
    }

    /// In UTC, and `days` later: no zone is so far off.
    pub(super) fn about_us(self, days: i32) -> i64 {
        match self {
            Self::At(us) => us,
            Self::Day(day) => begin_us(&TimeZone::UTC, day.saturating_add(days)),
        }
    }
}
