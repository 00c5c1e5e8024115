//! Figures as people read them. Nothing is rounded up.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::http::Language;
/// `12.345` and `1,234`: as bills need them.
pub(super) use crate::papers::figures::{kwh as kwh_exactly, per_cent, yen as grouped};

/// `1,234 円`, `¥1,234`.
pub(super) fn yen(yen: i64, language: Language) -> String {
    let text = grouped(yen);
    match language {
        Language::Japanese => format!("{text} 円"),
        Language::English => match text.strip_prefix('-') {
            Some(size) => format!("−¥{size}"),
            None => format!("¥{text}"),
        },
    }
}

/// `12.34 kWh`.
pub(super) fn kwh(energy_wh: i64) -> String {
    let sign = if energy_wh < 0 { "-" } else { "" };
    let wh = energy_wh.unsigned_abs();
    format!("{sign}{}.{:02} kWh", wh / 1000, wh % 1000 / 10)
}

/// `3.0 kW`, cut to a tenth.
pub(super) fn kw(power_w: i64) -> String {
    let hundreds = power_w.max(0) / 100;
    format!("{}.{} kW", hundreds / 10, hundreds % 10)
}

/// `14.6 A`, cut to a tenth.
pub(super) fn amperes(current_ma: i64) -> String {
    let tenths = current_ma.max(0) / 100;
    format!("{}.{} A", tenths / 10, tenths % 10)
}

/// `31 円/kWh`, `¥31.5/kWh`.
pub(super) fn price(milliyen: i64, language: Language) -> String {
    let (whole, rest) = (grouped(milliyen / 1000), milliyen.rem_euclid(1000));
    let fraction = format!(".{rest:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    match language {
        Language::Japanese => format!("{whole}{fraction} 円/kWh"),
        Language::English => format!("¥{whole}{fraction}/kWh"),
    }
}

/// `7:05`.
pub(super) fn clock(at_us: i64, zone: &TimeZone) -> String {
    written(at_us, zone, "%-H:%M")
}

/// `7:05`, and with its day where the clock alone could mean another: twelve hours or more from now.
pub(super) fn near(at_us: i64, now_us: i64, zone: &TimeZone, language: Language) -> String {
    const HALF_A_DAY_US: u64 = 12 * 3600 * 1_000_000;
    if at_us.abs_diff(now_us) < HALF_A_DAY_US {
        clock(at_us, zone)
    } else {
        moment(at_us, zone, language)
    }
}

/// `30 Nov 7:05`, `11月30日 7:05`.
pub(super) fn moment(at_us: i64, zone: &TimeZone, language: Language) -> String {
    match language {
        Language::Japanese => written(at_us, zone, "%-m月%-d日 %-H:%M"),
        Language::English => written(at_us, zone, "%-d %b %-H:%M"),
    }
}

/// With the year, as on papers.
pub(super) fn full_moment(at_us: i64, zone: &TimeZone, language: Language) -> String {
    match language {
        Language::Japanese => written(at_us, zone, "%Y年%-m月%-d日 %H:%M"),
        Language::English => written(at_us, zone, "%-d %b %Y, %H:%M"),
    }
}

pub(super) fn written(at_us: i64, zone: &TimeZone, format: &str) -> String {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_half_a_day_away_is_told_with_its_day() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let now = at("2026-11-30T18:20:00Z");
        let near = |text: &str, language| near(at(text), now, &zone, language);
        assert_eq!(near("2026-12-01T06:19:59Z", Language::Japanese), "15:19");
        assert_eq!(near("2026-12-01T18:20:00Z", Language::Japanese), "12月2日 3:20");
        assert_eq!(near("2026-11-29T18:25:00Z", Language::English), "30 Nov 3:25");
    }

    #[test]
    fn figures_are_cut_and_grouped() {
        assert_eq!(yen(1_234_567, Language::Japanese), "1,234,567 円");
        assert_eq!(yen(-999, Language::English), "−¥999");
        assert_eq!(
            (kwh(12_349), kwh(-5), kwh(0)),
            ("12.34 kWh".into(), "-0.00 kWh".into(), "0.00 kWh".into())
        );
        assert_eq!(
            (kwh_exactly(1_234_567), kwh_exactly(-5)),
            ("1,234.567".into(), "-0.005".into())
        );
        assert_eq!((kw(2_999), amperes(14_690)), ("2.9 kW".into(), "14.6 A".into()));
        assert_eq!(price(31_000, Language::Japanese), "31 円/kWh");
        assert_eq!(price(31_500, Language::English), "¥31.5/kWh");
    }
}
