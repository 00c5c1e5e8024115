//! Times as people read them.

use foundation::Language;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::visit::Visit;

/// How a person reads times; by whose clock is said with each, because the server does not know where they are.
pub(super) struct Times {
    zone: TimeZone,
    language: Language,
}

impl Times {
    pub(super) fn of(visit: &Visit) -> Self {
        Self {
            zone: visit.server.zone.clone(),
            language: visit.language,
        }
    }

    /// `2026年11月30日 21:22(Asia/Tokyo)`, `30 Nov 2026, 21:22 (Asia/Tokyo)`.
    pub(super) fn told(&self, at: &Timestamp) -> String {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let there = at.to_zoned(self.zone.clone());
        match self.language {
            Language::Japanese => format!("{}({zone})", there.strftime("%Y年%-m月%-d日 %H:%M")),
            Language::English => format!("{} ({zone})", there.strftime("%-d %b %Y, %H:%M")),
        }
    }

    /// The last day that is over before this.
    pub(super) fn last_whole_day(&self, at: &Timestamp) -> Option<Date> {
        at.to_zoned(self.zone.clone()).date().yesterday().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_the_clock_of_a_zone_which_is_named() {
        let at: Timestamp = "2026-11-30T12:22:59Z".parse().unwrap();
        let told = |zone, language| {
            let zone = TimeZone::get(zone).unwrap();
            Times { zone, language }.told(&at)
        };
        assert_eq!(
            told("Asia/Tokyo", Language::Japanese),
            "2026年11月30日 21:22(Asia/Tokyo)"
        );
        assert_eq!(
            told("Asia/Tokyo", Language::English),
            "30 Nov 2026, 21:22 (Asia/Tokyo)"
        );
        assert_eq!(
            told("Europe/Berlin", Language::English),
            "30 Nov 2026, 13:22 (Europe/Berlin)"
        );
    }
}
