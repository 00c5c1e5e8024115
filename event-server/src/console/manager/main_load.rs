//! The main circuit now, against what may flow there.

use askama::Template;
use foundation::{Conn, DbError};

use super::super::figures;
use super::super::live::Part;
use super::super::words::{ManagerWords, filled};
use crate::http::Language;
use crate::operations::main_load::{self, MainLoad};
use crate::store::sites::Site;

/// From this share of what may flow on, a bar warns.
const HIGH_PERCENT: i64 = 80;

#[derive(Template)]
#[template(path = "main_load.html")]
struct MainLoadPart {
    w: &'static ManagerWords,
    /// `None` where nobody reads it; empty where its meter is silent.
    bars: Option<Vec<MainBar>>,
}

/// One figure, and the most that may flow.
#[derive(Debug, PartialEq, Eq)]
struct MainBar {
    text: String,
    value: i64,
    most: Option<i64>,
    high: i64,
    is_over: bool,
}

pub(super) fn part(conn: &mut Conn, site: &Site, language: Language, now_us: i64) -> Result<Part, DbError> {
    let w = ManagerWords::of(language);
    let load = main_load::main_load(conn, site, now_us)?;
    let bars = load.map(|load| bars(&load, w));
    let part = MainLoadPart { w, bars };
    Ok(Part {
        id: "main-load",
        html: part.render().unwrap_or_default(),
        is_last: false,
    })
}

fn bars(load: &MainLoad, w: &'static ManagerWords) -> Vec<MainBar> {
    let power = load
        .power_w
        .map(|watts| bar((watts, load.contracted_w), figures::kw, w));
    let current = load
        .current_ma
        .map(|ma| bar((ma, load.limit_ma), figures::amperes, w));
    power.into_iter().chain(current).collect()
}

fn bar((value, most): (i64, Option<i64>), write: fn(i64) -> String, w: &'static ManagerWords) -> MainBar {
    let most = most.filter(|most| *most > 0);
    let told = write(value);
    let text = match most {
        None => told,
        Some(most) => {
            let share = (value.max(0).saturating_mul(100) + most / 2) / most;
            let values = [("now", told), ("most", write(most)), ("share", share.to_string())];
            filled(w.of_most, &values)
        }
    };
    MainBar {
        text,
        value,
        most,
        high: most.unwrap_or_default().saturating_mul(HIGH_PERCENT) / 100,
        is_over: most.is_some_and(|most| value > most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_held_against_the_contract_and_current_against_the_circuit() {
        let load = MainLoad {
            power_w: Some(6_200),
            current_ma: Some(61_000),
            contracted_w: Some(10_000),
            limit_ma: Some(60_000),
        };
        let told = bars(&load, ManagerWords::of(Language::English));
        let texts: Vec<&str> = told.iter().map(|bar| bar.text.as_str()).collect();
        assert_eq!(texts, ["6.2 kW of 10.0 kW (62 %)", "61.0 A of 60.0 A (102 %)"]);
        assert_eq!((told[0].is_over, told[1].is_over), (false, true));
        assert_eq!((told[0].high, told[0].most), (8_000, Some(10_000)));
    }

    #[test]
    fn without_a_contract_the_figure_stands_alone() {
        let load = MainLoad {
            power_w: Some(6_200),
            ..MainLoad::default()
        };
        let told = bars(&load, ManagerWords::of(Language::Japanese));
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].text.as_str(), told[0].most), ("6.2 kW", None));
    }
}
