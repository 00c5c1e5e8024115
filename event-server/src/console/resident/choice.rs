//! How long somebody wants to charge: read from a form, said in words, reckoned ahead.

use api_spec::rest::{LimitsAsked, Session, Time, WhenIdle};
use domain::price::Yen;
use domain::price::tariff::Metered;
use domain::units::WattHours;
use foundation::typed::narrow;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::super::figures;
use super::super::place::Place;
use super::super::words::{ResidentWords, filled};
use crate::http::Language;

const HOUR_US: i64 = 3600 * 1_000_000;
const LONGEST_US: i64 = 24 * HOUR_US;
const MAX_KWH: i64 = 200;
const MAX_YEN: i64 = 100_000;
const MORNING: i8 = 7;

/// What the form offers, by its names.
pub(super) const LIMITS: [&str; 7] = ["full", "2h", "4h", "8h", "morning", "kwh", "yen"];

/// What the form says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Wish {
    pub(super) limit: String,
    #[serde(default)]
    pub(super) amount: String,
    /// Whether they have agreed to be billed by kWh, where that is asked.
    #[serde(default)]
    pub(super) consent: Option<String>,
    /// What the display shows, where that is asked; or nothing.
    #[serde(default)]
    pub(super) presence_code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Full,
    Hours(i64),
    Morning,
    Kwh(i64),
    Yen(i64),
}

/// What it can come to at most.
pub(super) struct Outlook {
    pub(super) ends_at_us: i64,
    /// At full power until the end, or until what was asked for.
    pub(super) energy_wh: i64,
    /// At the dearest rates that hold until the end; a full car that stays comes on top.
    pub(super) yen: Option<i64>,
}

impl Choice {
    /// What somebody wishes at an outlet; else what is wrong with it, in words.
    pub(super) fn at(place: &Place, wish: &Wish, language: Language) -> Result<Self, String> {
        let w = ResidentWords::of(language);
        let most_kwh = (at_most_wh(place, LONGEST_US) / 1000).clamp(1, MAX_KWH);
        let Some(choice) = Self::read(wish, most_kwh) else {
            return Err(filled(w.bad_amount, &[("kwh", most_kwh.to_string())]));
        };
        let takes_amount = matches!(choice, Self::Kwh(_) | Self::Yen(_));
        if !takes_amount && !wish.amount.trim().is_empty() {
            return Err(w.amount_unused.to_owned());
        }
        match (choice, &place.pricing) {
            (Self::Yen(yen), Some(pricing)) if pricing.rules().buys(Yen(yen)).is_none() => {
                let least = figures::yen(pricing.rules().least().0, language);
                Err(filled(w.too_little, &[("yen", least)]))
            }
            _ => Ok(choice),
        }
    }

    fn read(wish: &Wish, most_kwh: i64) -> Option<Self> {
        let amount = |most: i64| {
            let text = wish.amount.trim().replace([',', '，', '_'], "");
            let text: String = text.chars().map(narrow).collect();
            text.parse::<i64>()
                .ok()
                .filter(|amount| (1..=most).contains(amount))
        };
        match wish.limit.as_str() {
            "full" => Some(Self::Full),
            "2h" => Some(Self::Hours(2)),
            "4h" => Some(Self::Hours(4)),
            "8h" => Some(Self::Hours(8)),
            "morning" => Some(Self::Morning),
            "kwh" => amount(most_kwh).map(Self::Kwh),
            "yen" => amount(MAX_YEN).map(Self::Yen),
            _ => None,
        }
    }

    pub(super) fn asked(self, now_us: i64, zone: &TimeZone) -> LimitsAsked {
        let none = LimitsAsked::default();
        match self {
            Self::Full => LimitsAsked {
                when_idle: Some(WhenIdle::End),
                ..none
            },
            Self::Hours(hours) => LimitsAsked {
                duration_s: u64::try_from(hours * 3600).ok(),
                ..none
            },
            Self::Morning => LimitsAsked {
                until: Some(Time(next_morning(now_us, zone))),
                ..none
            },
            Self::Kwh(kwh) => LimitsAsked {
                energy_wh: Some(kwh * 1000),
                ..none
            },
            Self::Yen(yen) => LimitsAsked {
                cost_yen: Some(yen),
                ..none
            },
        }
    }

    /// `unit`: what the energy of the outlet is told in.
    pub(super) fn in_words(self, unit: &str, language: Language) -> String {
        match (self, language) {
            (Self::Full, Language::Japanese) => "満充電まで".into(),
            (Self::Full, Language::English) => "until the car is full".into(),
            (Self::Hours(hours), Language::Japanese) => format!("{hours}時間"),
            (Self::Hours(hours), Language::English) => format!("{hours} hours"),
            (Self::Morning, Language::Japanese) => "朝7時まで".into(),
            (Self::Morning, Language::English) => "until 7 in the morning".into(),
            (Self::Kwh(kwh), Language::Japanese) => format!("{kwh} {unit} まで"),
            (Self::Kwh(kwh), Language::English) => format!("up to {kwh} {unit}"),
            (Self::Yen(yen), Language::Japanese) => format!("{} まで", figures::yen(yen, language)),
            (Self::Yen(yen), Language::English) => format!("up to {}", figures::yen(yen, language)),
        }
    }

    pub(super) fn outlook(self, place: &Place, now_us: i64) -> Outlook {
        let ends_at_us = match self {
            Self::Hours(hours) => now_us.saturating_add(hours * HOUR_US),
            Self::Morning => next_morning(now_us, &place.zone),
            Self::Full | Self::Kwh(_) | Self::Yen(_) => now_us.saturating_add(LONGEST_US),
        };
        let at_most = at_most_wh(place, ends_at_us.saturating_sub(now_us));
        let energy_wh = match self {
            Self::Kwh(kwh) => at_most.min(kwh * 1000),
            Self::Yen(yen) => {
                let pricing = place.pricing.as_ref();
                let bought = pricing.and_then(|pricing| pricing.rules().buys(Yen(yen)));
                bought.map_or(at_most, |energy| at_most.min(energy.0))
            }
            Self::Full | Self::Hours(_) | Self::Morning => at_most,
        };
        let yen = place.pricing.as_ref().map(|pricing| {
            let mut metered = Metered::default();
            pricing.meter(&mut metered, (now_us, ends_at_us), at_most);
            let dearest = pricing.rules().dearest(&metered, WattHours(energy_wh));
            pricing.cost(&dearest).yen
        });
        Outlook {
            ends_at_us,
            energy_wh,
            yen: match self {
                Self::Yen(most) => yen.map(|yen| yen.min(most)),
                Self::Full | Self::Hours(_) | Self::Morning | Self::Kwh(_) => yen,
            },
        }
    }
}

/// What was chosen for a charge, as far as its limits tell.
pub(super) fn chosen(session: &Session, place: &Place, language: Language) -> String {
    let (limits, unit) = (&session.limits, place.unit_of_energy(language));
    let lasting_us = limits.until.0.saturating_sub(session.requested_at.0);
    let choice = match (limits.cost_yen, limits.energy_wh) {
        (Some(yen), _) => Choice::Yen(yen),
        (None, Some(energy_wh)) if energy_wh % 1000 == 0 => Choice::Kwh(energy_wh / 1000),
        (None, Some(energy_wh)) => return place.energy(energy_wh, language),
        (None, None) if limits.when_idle == WhenIdle::End => Choice::Full,
        (None, None) if lasting_us % HOUR_US == 0 => Choice::Hours(lasting_us / HOUR_US),
        (None, None) => {
            let at = figures::moment(limits.until.0, &place.zone, language);
            return filled(ResidentWords::of(language).until, &[("at", at)]);
        }
    };
    choice.in_words(unit, language)
}

/// At full power.
fn at_most_wh(place: &Place, lasting_us: i64) -> i64 {
    let seconds = lasting_us / 1_000_000;
    place.full_power_w().saturating_mul(seconds) / 3600
}

/// The next seven o'clock of a site.
fn next_morning(now_us: i64, zone: &TimeZone) -> i64 {
    let now = Timestamp::from_microsecond(now_us).unwrap_or(Timestamp::UNIX_EPOCH);
    let local = now.to_zoned(zone.clone());
    let today = local.date().at(MORNING, 0, 0, 0);
    let seven = [Some(today), today.checked_add(1.day()).ok()]
        .into_iter()
        .flatten()
        .filter_map(|at| at.to_zoned(zone.clone()).ok())
        .find(|at| *at > local);
    let seven = seven.map_or(i64::MAX, |at| at.timestamp().as_microsecond());
    // The day on which clocks are set back is longer than any charge.
    seven.min(now_us.saturating_add(LONGEST_US))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn read(limit: &str, amount: &str) -> Option<Choice> {
        let (limit, amount) = (limit.to_owned(), amount.to_owned());
        let wish = Wish {
            limit,
            amount,
            consent: None,
            presence_code: String::new(),
        };
        Choice::read(&wish, 96)
    }

    #[test]
    fn amounts_are_whole_and_within_bounds() {
        assert_eq!(read("kwh", " 1,0 "), Some(Choice::Kwh(10)));
        assert_eq!(read("kwh", "96"), Some(Choice::Kwh(96)));
        assert_eq!(read("yen", "100000"), Some(Choice::Yen(100_000)));
        assert_eq!(read("yen", "１，２００"), Some(Choice::Yen(1_200)));
        for (limit, amount) in [
            ("kwh", "0"),
            ("kwh", "97"),
            ("kwh", "1.5"),
            ("yen", "-1"),
            ("yen", ""),
            ("week", ""),
        ] {
            assert_eq!(read(limit, amount), None, "{limit} {amount}");
        }
        assert_eq!(read("8h", "ignored"), Some(Choice::Hours(8)));
    }

    #[test]
    fn the_morning_is_the_sites_next_one() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        assert_eq!(
            next_morning(at("2026-11-30T13:00:00Z"), &zone),
            at("2026-11-30T22:00:00Z")
        );
        assert_eq!(
            next_morning(at("2026-11-30T22:00:00Z"), &zone),
            at("2026-12-01T22:00:00Z")
        );
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // Clocks are set back in that night: 25 hours from seven to seven.
        assert_eq!(
            next_morning(at("2026-10-24T05:00:00Z"), &berlin),
            at("2026-10-25T05:00:00Z")
        );
    }
}
