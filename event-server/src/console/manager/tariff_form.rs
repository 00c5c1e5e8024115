//! The form of a new version of a tariff: filled with what holds, or with what was typed.

use api_spec::rest::{TariffBand, TariffDay, TariffTerms};

use super::super::words::TariffWords;
use super::tariff_read::{Fault, field};
use crate::store::{name, parse};

/// What a form says: names and values.
pub(super) type Pairs = Vec<(String, String)>;

/// Lines for bands that are left empty.
const SPARE: usize = 2;
pub(super) const MAX_BANDS: usize = 20;
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

/// What the form is filled with, and what is wrong with it.
pub(super) struct Fields {
    pub(super) yen: String,
    pub(super) fixed: String,
    pub(super) minimum: String,
    pub(super) idle: String,
    pub(super) free: String,
    pub(super) holidays: String,
    pub(super) valid_from: String,
    pub(super) bands: Vec<BandFields>,
    pub(super) faults: Vec<Fault>,
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
            fixed: terms.fixed_yen.to_string(),
            minimum: terms.minimum_yen.to_string(),
            idle: idle.map_or(0, |idle| idle.yen_per_minute).to_string(),
            free: idle.map_or(0, |idle| idle.free_minutes).to_string(),
            holidays: terms.holidays.join("\n"),
            valid_from: String::new(),
            bands,
            faults: Vec::new(),
        }
    }

    /// As somebody has typed them.
    pub(super) fn typed(pairs: &Pairs, faults: Vec<Fault>, w: &TariffWords) -> Self {
        let typed = |name: &str| field(pairs, name).to_owned();
        let lines =
            (1..=MAX_BANDS).filter(|number| pairs.iter().any(|(name, _)| *name == format!("yen_{number}")));
        let band = |number: usize| {
            let of = |what: &str| typed(&format!("{what}_{number}"));
            BandFields {
                number,
                name: of("name"),
                from: of("from"),
                to: of("to"),
                yen: of("yen"),
                days: choices(&of("days"), w),
            }
        };
        Self {
            yen: typed("yen"),
            fixed: typed("fixed"),
            minimum: typed("minimum"),
            idle: typed("idle"),
            free: typed("free"),
            holidays: typed("holidays"),
            valid_from: typed("valid_from"),
            bands: lines.map(band).collect(),
            faults,
        }
    }

    /// What is wrong with a field.
    pub(super) fn fault(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|fault| fault.field == field);
        found.map(|fault| fault.text.as_str())
    }

    /// The same of a field of a band.
    pub(super) fn band_fault(&self, what: &str, number: impl std::borrow::Borrow<usize>) -> Option<&str> {
        self.fault(&format!("{what}_{}", number.borrow()))
    }
}

fn band_fields(number: usize, band: Option<&TariffBand>, w: &TariffWords) -> BandFields {
    let chosen = band.map_or(String::new(), |band| joined(&band.days));
    let text = |of: fn(&TariffBand) -> &String| band.map(|band| of(band).clone()).unwrap_or_default();
    BandFields {
        number,
        name: text(|band| &band.name),
        from: text(|band| &band.from),
        to: text(|band| &band.to),
        yen: band.map_or(String::new(), |band| decimal(band.energy_milliyen_per_kwh)),
        days: choices(&chosen, w),
    }
}

/// The days to choose from, of which one choice is made.
fn choices(chosen: &str, w: &TariffWords) -> Vec<(String, String, bool)> {
    let known = [("", w.every_day), (WEEKDAYS, w.weekdays), (DAYS_OFF, w.days_off)];
    let mut days: Vec<(String, String, bool)> = known
        .into_iter()
        .map(|(value, called)| (value.to_owned(), called.to_owned(), value == chosen))
        .collect();
    if !days.iter().any(|(_, _, is_chosen)| *is_chosen) {
        let of_band: Vec<TariffDay> = chosen.split(',').filter_map(|day| parse(day).ok()).collect();
        days.push((chosen.to_owned(), days_called(&of_band, w), true));
    }
    days
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
