//! The form of a new version of a tariff: filled with what holds, and read when it comes back.

use api_spec::rest::{IdlePrice, TariffBand, TariffDay, TariffTerms};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::words::TariffWords;
use crate::http::check_terms;
use crate::store::{name, parse};

/// What a form says: names and values.
pub(super) type Pairs = Vec<(String, String)>;

/// Lines for bands that are left empty.
const SPARE: usize = 2;
const MAX_BANDS: usize = 20;
const WEEKDAYS: &str = "mon,tue,wed,thu,fri";
const DAYS_OFF: &str = "sat,sun,holiday";

/// One line for a band.
pub(super) struct BandFields {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) yen: String,
    /// Value, what it is called, and whether it is chosen.
    pub(super) days: Vec<(String, String, bool)>,
}

/// What the form is filled with.
pub(super) struct Fields {
    pub(super) yen: String,
    pub(super) fixed: i64,
    pub(super) minimum: i64,
    pub(super) idle: i64,
    pub(super) free: i64,
    pub(super) holidays: String,
    pub(super) bands: Vec<BandFields>,
}

/// A version as it was typed.
#[derive(Debug, PartialEq)]
pub(super) struct Version {
    pub(super) terms: TariffTerms,
    /// `None`: at once.
    pub(super) from_us: Option<i64>,
}

impl Fields {
    pub(super) fn of(terms: &TariffTerms, w: &TariffWords) -> Self {
        let idle = terms.idle;
        let mut bands: Vec<BandFields> = Vec::new();
        let lines = (terms.bands.len() + SPARE).min(MAX_BANDS);
        for number in 1..=lines {
            let band = terms.bands.get(number - 1);
            bands.push(band_fields(number, band, w));
        }
        Self {
            yen: decimal(terms.energy_milliyen_per_kwh),
            fixed: terms.fixed_yen,
            minimum: terms.minimum_yen,
            idle: idle.map_or(0, |idle| idle.yen_per_minute),
            free: idle.map_or(0, |idle| idle.free_minutes),
            holidays: terms.holidays.join("\n"),
            bands,
        }
    }
}

fn band_fields(number: usize, band: Option<&TariffBand>, w: &TariffWords) -> BandFields {
    let chosen = band.map_or(String::new(), |band| joined(&band.days));
    let known = [("", w.every_day), (WEEKDAYS, w.weekdays), (DAYS_OFF, w.days_off)];
    let mut days: Vec<(String, String, bool)> = known
        .into_iter()
        .map(|(value, called)| (value.to_owned(), called.to_owned(), value == chosen))
        .collect();
    if !days.iter().any(|(_, _, is_chosen)| *is_chosen) {
        let called = band.map_or(String::new(), |band| days_called(&band.days, w));
        days.push((chosen, called, true));
    }
    let text = |of: fn(&TariffBand) -> &String| band.map(|band| of(band).clone()).unwrap_or_default();
    BandFields {
        number,
        name: text(|band| &band.name),
        from: text(|band| &band.from),
        to: text(|band| &band.to),
        yen: band.map_or(String::new(), |band| decimal(band.energy_milliyen_per_kwh)),
        days,
    }
}

fn joined(days: &[TariffDay]) -> String {
    let names: Vec<String> = days.iter().map(|day| name(*day)).collect();
    names.join(",")
}

/// The days of a band as people call them.
pub(in crate::console) fn days_called(days: &[TariffDay], w: &TariffWords) -> String {
    match joined(days).as_str() {
        "" => w.every_day.to_owned(),
        WEEKDAYS => w.weekdays.to_owned(),
        DAYS_OFF => w.days_off.to_owned(),
        _ => {
            let called: Vec<&str> = days.iter().map(|day| day_called(*day, w)).collect();
            called.join(" ")
        }
    }
}

fn day_called(day: TariffDay, w: &TariffWords) -> &'static str {
    match day {
        TariffDay::Mon => w.mon,
        TariffDay::Tue => w.tue,
        TariffDay::Wed => w.wed,
        TariffDay::Thu => w.thu,
        TariffDay::Fri => w.fri,
        TariffDay::Sat => w.sat,
        TariffDay::Sun => w.sun,
        TariffDay::Holiday => w.holiday,
    }
}

/// Thousandths as they are typed: `31.5`.
fn decimal(milliyen: i64) -> String {
    let text = format!("{}.{:03}", milliyen / 1000, milliyen % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What was typed as thousandths; `None` where it is no amount.
fn milliyen(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 3 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(fraction)
}

/// The version that a form says; `None` where something in it is wrong.
pub(super) fn read(pairs: &Pairs, zone: &TimeZone) -> Option<Version> {
    let field = |name: &str| {
        let found = pairs.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim())
    };
    let amount = |name: &str| match field(name) {
        "" => Some(0),
        text => text.parse::<i64>().ok().filter(|amount| *amount >= 0),
    };
    let mut bands = Vec::new();
    for number in 1..=MAX_BANDS {
        let of = |what: &str| field(&format!("{what}_{number}"));
        if of("name").is_empty() {
            continue;
        }
        bands.push(TariffBand {
            name: of("name").to_owned(),
            days: days(of("days"))?,
            from: of("from").to_owned(),
            to: of("to").to_owned(),
            energy_milliyen_per_kwh: milliyen(of("yen"))?,
        });
    }
    let idle = IdlePrice {
        yen_per_minute: amount("idle")?,
        free_minutes: amount("free")?,
    };
    let terms = TariffTerms {
        energy_milliyen_per_kwh: milliyen(field("yen"))?,
        bands,
        holidays: field("holidays").split_whitespace().map(str::to_owned).collect(),
        fixed_yen: amount("fixed")?,
        minimum_yen: amount("minimum")?,
        idle: Some(idle).filter(|idle| idle.yen_per_minute > 0),
    };
    check_terms(&terms).ok()?;
    Some(Version {
        terms,
        from_us: moment(field("valid_from"), zone)?,
    })
}

fn days(text: &str) -> Option<Vec<TariffDay>> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| parse(name).ok()).collect()
}

/// A moment by the site's clocks; without one, none.
fn moment(text: &str, zone: &TimeZone) -> Option<Option<i64>> {
    if text.is_empty() {
        return Some(None);
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(zone.clone()).ok()?;
    Some(Some(zoned.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Language;
    use crate::operations::local_days::zone;

    fn pairs(all: &[(&str, &str)]) -> Pairs {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        all.iter().map(owned).collect()
    }

    #[test]
    fn what_the_form_is_filled_with_is_read_as_what_holds() {
        let terms: TariffTerms = serde_json::from_value(serde_json::json!({
            "energy_milliyen_per_kwh": 31_500, "fixed_yen": 10, "minimum_yen": 50, "holidays": ["2027-01-01", "2027-01-02"],
            "idle": { "yen_per_minute": 5, "free_minutes": 15 },
            "bands": [
                { "name": "夜間", "days": ["mon", "sun"], "from": "23:00", "to": "07:00", "energy_milliyen_per_kwh": 20_000 },
                { "name": "昼", "from": "10:00", "to": "14:00", "energy_milliyen_per_kwh": 18_001 },
            ],
        }))
        .unwrap();
        let fields = Fields::of(&terms, TariffWords::of(Language::English));
        assert_eq!((fields.yen.as_str(), fields.bands.len()), ("31.5", 4));
        let mut sent = pairs(&[
            ("yen", &fields.yen),
            ("holidays", &fields.holidays),
            ("valid_from", ""),
        ]);
        for (name, amount) in [
            ("fixed", fields.fixed),
            ("minimum", fields.minimum),
            ("idle", fields.idle),
            ("free", fields.free),
        ] {
            sent.push((name.to_owned(), amount.to_string()));
        }
        for band in &fields.bands {
            let chosen = band.days.iter().find(|(_, _, is_chosen)| *is_chosen).unwrap();
            for (what, value) in [
                ("name", &band.name),
                ("from", &band.from),
                ("to", &band.to),
                ("yen", &band.yen),
                ("days", &chosen.0),
            ] {
                sent.push((format!("{what}_{}", band.number), value.clone()));
            }
        }
        let tokyo = zone("Asia/Tokyo");
        let read_again = read(&sent, &tokyo).unwrap();
        assert_eq!(read_again, Version { terms, from_us: None });
    }

    #[test]
    fn a_moment_is_by_the_sites_clocks_and_what_is_no_amount_is_refused() {
        let tokyo = zone("Asia/Tokyo");
        let at = read(
            &pairs(&[("yen", "31"), ("valid_from", "2027-01-01T00:00")]),
            &tokyo,
        )
        .unwrap();
        let expected: jiff::Timestamp = "2026-12-31T15:00:00Z".parse().unwrap();
        assert_eq!(at.from_us, Some(expected.as_microsecond()));
        for (name, wrong) in [
            ("yen", ""),
            ("yen", "-1"),
            ("yen", "1.2345"),
            ("yen", "1e3"),
            ("fixed", "-1"),
            ("holidays", "tomorrow"),
            ("valid_from", "soon"),
        ] {
            let mut sent = pairs(&[(name, wrong)]);
            sent.push(("yen".into(), "31".into()));
            assert_eq!(read(&sent, &tokyo), None, "{name} {wrong}");
        }
        let mut band = pairs(&[
            ("yen", "31"),
            ("name_1", "夜"),
            ("from_1", "23:00"),
            ("to_1", "7"),
            ("yen_1", "20"),
        ]);
        assert_eq!(read(&band, &tokyo), None);
        band[3].1 = "07:00".into();
        assert_eq!(read(&band, &tokyo).unwrap().terms.bands.len(), 1);
    }
}
