//! Moments and months as papers tell them.

use foundation::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2026年11月3日 8:20`, `3 Nov 2026 8:20`, by the clocks of a place; with their offset where they show that hour twice.
pub(crate) fn moment(at_us: i64, zone: &TimeZone, language: Language) -> String {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    let zoned = at.to_zoned(zone.clone());
    let format = match language {
        Language::Japanese => "%Y年%-m月%-d日 %-H:%M",
        Language::English => "%-d %b %Y %-H:%M",
    };
    let told = zoned.strftime(format);
    match zone.to_ambiguous_timestamp(zoned.datetime()).is_ambiguous() {
        true => format!("{told} {}", zoned.strftime("%:z")),
        false => told.to_string(),
    }
}

/// `2026年11月`, `November 2026`; as it is where it is no month.
pub(crate) fn month_name(month: &str, language: Language) -> String {
    let Ok(first) = format!("{month}-01").parse::<jiff::civil::Date>() else {
        return month.to_owned();
    };
    let format = match language {
        Language::Japanese => "%Y年%-m月",
        Language::English => "%B %Y",
    };
    first.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_an_offset_only_in_the_hour_that_comes_twice() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let [tokyo, berlin] = ["Asia/Tokyo", "Europe/Berlin"].map(|name| TimeZone::get(name).unwrap());
        let morning = at("2026-11-02T23:20:00Z");
        assert_eq!(moment(morning, &tokyo, Language::Japanese), "2026年11月3日 8:20");
        assert_eq!(moment(morning, &berlin, Language::English), "3 Nov 2026 0:20");
        let twice = [at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")];
        assert_eq!(
            twice.map(|at_us| moment(at_us, &berlin, Language::English)),
            ["25 Oct 2026 2:30 +02:00", "25 Oct 2026 2:30 +01:00"]
        );
    }
}
