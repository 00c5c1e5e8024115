//! What somebody has typed as a new version of a tariff, and what is wrong with it, field by field.

use std::collections::BTreeSet;

use api_spec::rest::{IdlePrice, TariffBand, TariffDay, TariffTerms};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::super::words::{TariffWords, filled};
use super::tariff_form::{MAX_BANDS, Pairs};
use crate::http::check_terms;
use crate::operations::tariff_turns::minutes;
use crate::store::parse;

const ALL_DAYS: [TariffDay; 8] = [
    TariffDay::Mon,
    TariffDay::Tue,
    TariffDay::Wed,
    TariffDay::Thu,
    TariffDay::Fri,
    TariffDay::Sat,
    TariffDay::Sun,
    TariffDay::Holiday,
];
const DAY_MINUTES: i64 = 24 * 60;

/// A version as it was typed.
#[derive(Debug, PartialEq)]
pub(super) struct Version {
    pub(super) terms: TariffTerms,
    /// `None`: at once.
    pub(super) from_us: Option<i64>,
}

/// What is wrong with a field.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) text: String,
}

/// When a version may begin.
#[derive(Clone, Copy)]
pub(super) struct Begins<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) now_us: i64,
    /// When the last begins that there is, and how that is told.
    pub(super) last: Option<(i64, &'a str)>,
}

/// What a field says, without what stands around it.
pub(super) fn field<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    let found = pairs.iter().find(|(found, _)| found == name);
    found.map_or("", |(_, value)| value.trim())
}

/// The version that a form says, or all that is wrong.
pub(super) fn read(pairs: &Pairs, begins: Begins<'_>, w: &TariffWords) -> Result<Version, Vec<Fault>> {
    let mut reader = Reader {
        pairs,
        w,
        faults: Vec::new(),
    };
    let idle = IdlePrice {
        yen_per_minute: reader.whole("idle"),
        free_minutes: reader.whole("free"),
    };
    let terms = TariffTerms {
        energy_milliyen_per_kwh: reader.price("yen"),
        bands: reader.bands(),
        holidays: reader.holidays(),
        fixed_yen: reader.whole("fixed"),
        minimum_yen: reader.whole("minimum"),
        idle: Some(idle).filter(|idle| idle.yen_per_minute > 0),
    };
    let from_us = reader.begin(begins);
    if reader.faults.is_empty() && check_terms(&terms).is_err() {
        reader.fault("yen", w.too_much);
    }
    match reader.faults.is_empty() {
        true => Ok(Version { terms, from_us }),
        false => Err(reader.faults),
    }
}

struct Reader<'a> {
    pairs: &'a Pairs,
    w: &'a TariffWords,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, field: &str, text: impl Into<String>) {
        self.faults.push(Fault {
            field: field.to_owned(),
            text: text.into(),
        });
    }

    fn of(&self, name: &str) -> &'a str {
        field(self.pairs, name)
    }

    /// A whole amount; nothing where nothing was typed.
    fn whole(&mut self, name: &str) -> i64 {
        let text = self.of(name);
        let amount = match text {
            "" => Some(0),
            text => text.parse::<i64>().ok().filter(|amount| *amount >= 0),
        };
        if amount.is_none() {
            self.fault(name, self.w.bad_whole);
        }
        amount.unwrap_or(0)
    }

    fn price(&mut self, name: &str) -> i64 {
        let price = milliyen(self.of(name));
        if price.is_none() {
            self.fault(name, self.w.bad_price);
        }
        price.unwrap_or(0)
    }

    /// Those of which anything was typed, which must be whole then.
    fn bands(&mut self) -> Vec<TariffBand> {
        let mut bands: Vec<TariffBand> = Vec::new();
        for number in 1..=MAX_BANDS {
            let called = |what: &str| format!("{what}_{number}");
            let typed = ["name", "from", "to", "yen", "days"].map(|what| self.of(&called(what)));
            if typed.iter().all(|text| text.is_empty()) {
                continue;
            }
            let band = self.band(number);
            let other = bands.iter().find(|other| overlap(other, &band));
            if let Some(other) = other {
                let values = [("one", told(other)), ("two", told(&band))];
                let text = filled(self.w.overlap, &values);
                self.fault(&called("from"), text);
            }
            bands.push(band);
        }
        bands
    }

    fn band(&mut self, number: usize) -> TariffBand {
        let called = |what: &str| format!("{what}_{number}");
        let name = self.of(&called("name"));
        if name.is_empty() || name.chars().any(char::is_control) {
            self.fault(&called("name"), self.w.no_name);
        }
        let from = self.time(&called("from"));
        let to = self.time(&called("to"));
        if from == to && !from.is_empty() {
            self.fault(&called("to"), self.w.same_times);
        }
        let days = days(self.of(&called("days")));
        if days.is_none() {
            self.fault(&called("days"), self.w.bad_days);
        }
        TariffBand {
            name: name.to_owned(),
            days: days.unwrap_or_default(),
            from,
            to,
            energy_milliyen_per_kwh: self.price(&called("yen")),
        }
    }

    /// As `HH:MM`, also where the first zero was left out; empty where it is no time.
    fn time(&mut self, name: &str) -> String {
        let text = self.of(name);
        let whole = match text.find(':') {
            Some(1) => format!("0{text}"),
            Some(_) | None => text.to_owned(),
        };
        if minutes(&whole).is_none() {
            self.fault(name, self.w.bad_time);
            return String::new();
        }
        whole
    }

    fn holidays(&mut self) -> Vec<String> {
        let all: Vec<String> = self
            .of("holidays")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let mut seen = BTreeSet::new();
        let is_good = |day: &String| day.parse::<Date>().is_ok() && seen.insert(day.clone());
        if !all.iter().all(is_good) {
            self.fault("holidays", self.w.bad_holidays);
        }
        all
    }

    /// A moment by the site's clocks; without one, none.
    fn begin(&mut self, begins: Begins<'_>) -> Option<i64> {
        let text = self.of("valid_from");
        let moment = || {
            let local: DateTime = text.parse().ok()?;
            let zoned = local.to_zoned(begins.zone.clone()).ok()?;
            Some(zoned.timestamp().as_microsecond())
        };
        let from_us = match text {
            "" => None,
            _ => match moment() {
                None => {
                    self.fault("valid_from", self.w.bad_begin);
                    return None;
                }
                found => found,
            },
        };
        let at_us = from_us.unwrap_or(begins.now_us);
        if at_us < begins.now_us {
            self.fault("valid_from", self.w.in_past);
        } else if let Some((_, told)) = begins.last.filter(|(last_us, _)| at_us <= *last_us) {
            let text = filled(self.w.not_after, &[("from", told.to_owned())]);
            self.fault("valid_from", text);
        }
        from_us
    }
}

fn told(band: &TariffBand) -> String {
    format!("{} {}–{}", band.name, band.from, band.to)
}

/// Whether both hold at some moment.
fn overlap(one: &TariffBand, two: &TariffBand) -> bool {
    let days = |band: &TariffBand| match band.days.is_empty() {
        true => ALL_DAYS.to_vec(),
        false => band.days.clone(),
    };
    let (ones, twos) = (days(one), days(two));
    let same_day = ones.iter().any(|day| twos.contains(day));
    same_day
        && spans(one)
            .iter()
            .any(|a| spans(two).iter().any(|b| a.0 < b.1 && b.0 < a.1))
}

/// In minutes since midnight; one that is held over midnight is two of each day.
fn spans(band: &TariffBand) -> Vec<(i64, i64)> {
    match (minutes(&band.from), minutes(&band.to)) {
        (Some(from), Some(to)) if from < to => vec![(from, to)],
        (Some(from), Some(to)) => vec![(0, to), (from, DAY_MINUTES)],
        (_, _) => Vec::new(),
    }
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

fn days(text: &str) -> Option<Vec<TariffDay>> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| parse(name).ok()).collect()
}
