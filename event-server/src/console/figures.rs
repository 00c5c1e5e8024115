//! Figures as people read them. Energy is told to the watt-hour, so that what is shown adds up; no yen is rounded up.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::http::Language;
/// `12.345` and `1,234`: as bills need them.
pub(super) use crate::papers::figures::{kwh as kwh_exactly, per_cent, yen as grouped};
use crate::store::sessions::Session;

/// `1,234 円`, `¥1,234`.
pub(super) fn yen(yen: i64, language: Language) -> String {
    let text = grouped(yen);
    match language {
        Language::Japanese => format!("{text} 円"),
        Language::English => match text.strip_prefix('−') {
            Some(size) => format!("−¥{size}"),
            None => format!("¥{text}"),
        },
    }
}

/// `203 山田 太郎`: who charges, and where they live; by their id where nobody knows their name.
pub(super) fn person(session: &Session, names: &HashMap<String, String>) -> String {
    let name = names.get(&session.driver_id).unwrap_or(&session.driver_id);
    match &session.unit {
        Some(unit) => format!("{unit} {name}"),
        None => name.clone(),
    }
}

/// `12.345 kWh`.
pub(super) fn kwh(energy_wh: i64) -> String {
    format!("{} kWh", kwh_exactly(energy_wh))
}

/// `6.48`, rounded to a hundredth: of what is only reckoned.
pub(super) fn kwh_about(energy_wh: i64) -> String {
    let hundredths = (energy_wh.max(0) + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `3.0 kW`, rounded to a tenth.
pub(super) fn kw(power_w: i64) -> String {
    let tenths = (power_w.max(0) + 50) / 100;
    format!("{}.{} kW", tenths / 10, tenths % 10)
}

/// `201.3 V`, cut to a tenth.
pub(super) fn volts(voltage_mv: i64) -> String {
    let tenths = voltage_mv.max(0) / 100;
    format!("{}.{} V", tenths / 10, tenths % 10)
}

/// `14.6 A`, cut to a tenth.
pub(super) fn amperes(current_ma: i64) -> String {
    let tenths = current_ma.max(0) / 100;
    format!("{}.{} A", tenths / 10, tenths % 10)
}

/// `31 円/kWh`, `¥31.5/kWh`.
pub(super) fn price(milliyen: i64, language: Language) -> String {
    price_of(milliyen, "kWh", language)
}

/// The same of another unit.
pub(super) fn price_of(milliyen: i64, unit: &str, language: Language) -> String {
    let (whole, rest) = (grouped(milliyen / 1000), milliyen.rem_euclid(1000));
    let fraction = format!(".{rest:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    match language {
        Language::Japanese => format!("{whole}{fraction} 円/{unit}"),
        Language::English => format!("¥{whole}{fraction}/{unit}"),
    }
}

/// `7:05`.
pub(super) fn clock(at_us: i64, zone: &TimeZone) -> String {
    written(at_us, zone, "%-H:%M")
}

/// `7:05`, and with its day where the clock alone could mean another: on another day, or twelve hours or more from now.
pub(super) fn near(at_us: i64, now_us: i64, zone: &TimeZone, language: Language) -> String {
    const HALF_A_DAY_US: u64 = 12 * 3600 * 1_000_000;
    let (clock, day) = (clock(at_us, zone), |us: i64| at(us, zone).date());
    let days = day(now_us)
        .until(day(at_us))
        .map_or(i32::MAX, |span| span.get_days());
    let (japanese, english) = match days {
        0 if at_us.abs_diff(now_us) < HALF_A_DAY_US => return clock,
        0 => ("今日", "today"),
        1 => ("明日", "tomorrow"),
        -1 => ("昨日", "yesterday"),
        _ => return moment(at_us, zone, language),
    };
    match language {
        Language::Japanese => format!("{japanese} {clock}"),
        Language::English => format!("{clock} {english}"),
    }
}

/// `30 Nov`, `11月30日`.
pub(super) fn day(at_us: i64, zone: &TimeZone, language: Language) -> String {
    match language {
        Language::Japanese => written(at_us, zone, "%-m月%-d日"),
        Language::English => written(at_us, zone, "%-d %b"),
    }
}

/// `30 Nov 7:05`, `11月30日 7:05`.
pub(super) fn moment(at_us: i64, zone: &TimeZone, language: Language) -> String {
    format!("{} {}", day(at_us, zone, language), clock(at_us, zone))
}

/// With the year, as on papers.
pub(super) fn full_moment(at_us: i64, zone: &TimeZone, language: Language) -> String {
    match language {
        Language::Japanese => written(at_us, zone, "%Y年%-m月%-d日 %H:%M"),
        Language::English => written(at_us, zone, "%-d %b %Y, %H:%M"),
    }
}

pub(super) fn written(at_us: i64, zone: &TimeZone, format: &str) -> String {
    at(at_us, zone).strftime(format).to_string()
}

fn at(at_us: i64, zone: &TimeZone) -> Zoned {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_another_day_or_half_a_day_away_is_told_with_its_day() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let now = at("2026-11-30T18:20:00Z");
        let near = |text: &str, language| near(at(text), now, &zone, language);
        assert_eq!(near("2026-12-01T06:19:59Z", Language::Japanese), "15:19");
        assert_eq!(near("2026-12-01T06:20:00Z", Language::Japanese), "今日 15:20");
        assert_eq!(near("2026-12-01T18:20:00Z", Language::Japanese), "明日 3:20");
        assert_eq!(near("2026-12-01T15:00:00Z", Language::English), "0:00 tomorrow");
        assert_eq!(near("2026-11-30T14:59:00Z", Language::English), "23:59 yesterday");
        assert_eq!(near("2026-11-29T14:59:00Z", Language::Japanese), "11月29日 23:59");
    }

    #[test]
    fn figures_are_exact_or_rounded_alike_and_grouped() {
        assert_eq!(yen(1_234_567, Language::Japanese), "1,234,567 円");
        assert_eq!(yen(-999, Language::English), "−¥999");
        assert_eq!(
            (kwh(12_349), kwh(-5), kwh(1_323_288)),
            ("12.349 kWh".into(), "−0.005 kWh".into(), "1,323.288 kWh".into())
        );
        assert_eq!(
            (kwh_about(6_484), kwh_about(6_485)),
            ("6.48".into(), "6.49".into())
        );
        assert_eq!(
            (kwh_exactly(1_234_567), kwh_exactly(-5)),
            ("1,234.567".into(), "−0.005".into())
        );
        assert_eq!((kw(2_981), kw(2_949)), ("3.0 kW".into(), "2.9 kW".into()));
        assert_eq!(
            (amperes(14_690), volts(201_390)),
            ("14.6 A".into(), "201.3 V".into())
        );
        assert_eq!(price(31_000, Language::Japanese), "31 円/kWh");
        assert_eq!(price(31_500, Language::English), "¥31.5/kWh");
        assert_eq!(price_of(500, "kWh相当", Language::Japanese), "0.5 円/kWh相当");
    }
}
