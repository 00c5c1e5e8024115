//! What charging costs at an outlet, in words: in short, and all that the tariff says.

use api_spec::rest::{MeterClass, TariffTerms};

use super::figures;
use super::manager::days_called;
use super::place::Place;
use super::words::{ResidentWords, TariffWords, filled};
use crate::http::Language;

impl Place {
    /// Whether energy may be billed by its meter.
    pub(super) fn is_verified(&self) -> bool {
        self.outlet.meter_class == Some(MeterClass::Verified)
    }

    /// What its meter's figures are called, as on receipts.
    pub(super) fn unit_of_energy(&self, language: Language) -> &'static str {
        match self.is_verified() {
            true => "kWh",
            false => ResidentWords::of(language).kwh_equivalent,
        }
    }

    /// `12.345 kWh`, or as equivalents.
    pub(super) fn energy(&self, energy_wh: i64, language: Language) -> String {
        let unit = self.unit_of_energy(language);
        format!("{} {unit}", figures::kwh_exactly(energy_wh))
    }

    /// What energy costs here, in short.
    pub(super) fn price(&self, language: Language) -> Option<String> {
        let terms = &self.pricing.as_ref()?.terms;
        let w = ResidentWords::of(language);
        let price = |milliyen| figures::price_of(milliyen, self.unit_of_energy(language), language);
        let bands = terms.bands.iter().map(|band| band.energy_milliyen_per_kwh);
        let all = || bands.clone().chain([terms.energy_milliyen_per_kwh]);
        let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        let mut text = price(most);
        if least != most {
            let values = [("least", short(least, language)), ("most", text)];
            text = filled(w.price_by_time, &values);
        }
        for (words, amount) in [
            (w.price_fixed, terms.fixed_yen),
            (w.price_minimum, terms.minimum_yen),
        ] {
            if amount > 0 {
                text.push_str(&filled(words, &[("yen", figures::yen(amount, language))]));
            }
        }
        Some(text)
    }

    /// All that the tariff says, line by line: bands with their hours first, then what holds at other times.
    pub(super) fn tariff(&self, language: Language) -> Vec<(String, String)> {
        let Some(pricing) = &self.pricing else {
            return Vec::new();
        };
        let terms = &pricing.terms;
        let w = ResidentWords::of(language);
        let price = |milliyen| figures::price_of(milliyen, self.unit_of_energy(language), language);
        let mut lines = Vec::new();
        for band in &terms.bands {
            let days = days_called(&band.days, TariffWords::of(language));
            let called = format!("{} {}–{} {days}", band.name, band.from, band.to);
            lines.push((called, price(band.energy_milliyen_per_kwh)));
        }
        let base = match terms.bands.is_empty() {
            true => w.energy_part,
            false => w.other_times,
        };
        lines.push((base.to_owned(), price(terms.energy_milliyen_per_kwh)));
        lines.extend(self.amounts(terms, language));
        lines
    }

    /// What is charged beside energy, and on which days the bands of holidays hold.
    fn amounts(&self, terms: &TariffTerms, language: Language) -> Vec<(String, String)> {
        let w = ResidentWords::of(language);
        let yen = |yen: i64| figures::yen(yen, language);
        let amounts = [(w.fixed_part, terms.fixed_yen), (w.at_least, terms.minimum_yen)];
        let charged = amounts.into_iter().filter(|(_, amount)| *amount > 0);
        let mut lines: Vec<(String, String)> = charged
            .map(|(called, amount)| (called.to_owned(), yen(amount)))
            .collect();
        if let Some(idle) = terms.idle.filter(|idle| idle.yen_per_minute > 0) {
            let values = [
                ("yen", yen(idle.yen_per_minute)),
                ("minutes", idle.free_minutes.to_string()),
            ];
            lines.push((w.idle_part.to_owned(), filled(w.idle_price, &values)));
        }
        let today = figures::written(self.now_us, &self.zone, "%Y-%m-%d");
        let coming = terms.holidays.iter().filter(|date| **date >= today);
        let coming: Vec<&str> = coming.map(String::as_str).collect();
        if !coming.is_empty() {
            lines.push((TariffWords::of(language).holidays.to_owned(), coming.join(" ")));
        }
        lines
    }
}

/// The first of two prices, of which the second has the unit.
fn short(milliyen: i64, language: Language) -> String {
    let text = figures::price_of(milliyen, "", language);
    text.trim_end_matches('/').trim_end_matches(" 円").to_owned()
}
