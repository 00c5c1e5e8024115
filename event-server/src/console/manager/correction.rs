//! A correction of an earlier month: offered with the units and months that there are, and read with what is wrong in it.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use api_spec::rest::{NewStatementCorrection, Statement, StatementState};
use foundation::{Conn, DbError};
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::{StatementWords, filled};
use super::statements::{self, month_of, name_of, of_site};
use super::sure::{self, Asked};
use super::tabs::{self, Seen, Tab};
use crate::http::Language;
use crate::operations::statement_months::Month;
use crate::operations::statements::{self as operations, MonthPage};
use crate::store::sites::Site;
use crate::store::{drivers, outlets};

const MAX_NOTE: usize = 200;
const MAX_YEN: i64 = 10_000_000;
const MAX_PEOPLE: i64 = 1000;
/// Months that can be named as what is corrected.
const MONTHS: usize = 12;

/// Chosen for the row without a unit; no unit is called so.
const NO_UNIT: &str = "*";

/// A correction as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    month: Option<String>,
    /// One of the list, or [`NO_UNIT`].
    #[serde(default)]
    unit: String,
    amount_yen: String,
    note: String,
    /// Whether the second question was answered.
    #[serde(default)]
    sure: bool,
}

/// What can be chosen.
pub(super) struct Known {
    /// The newest first.
    months: Vec<Month>,
    /// The newest that is closed.
    last_closed: Option<Month>,
    units: BTreeSet<String>,
}

/// The form: values, what they are called, and whether they are chosen.
pub(super) struct Form {
    pub(super) months: Vec<(String, String, bool)>,
    pub(super) units: Vec<(String, String, bool)>,
    pub(super) amount: String,
    pub(super) note: String,
    pub(super) month_fault: Option<&'static str>,
    pub(super) unit_fault: Option<&'static str>,
    pub(super) amount_fault: Option<&'static str>,
    pub(super) note_fault: Option<&'static str>,
}

impl Form {
    pub(super) fn is_wrong(&self) -> bool {
        let faults = [
            self.month_fault,
            self.unit_fault,
            self.amount_fault,
            self.note_fault,
        ];
        faults.iter().any(Option::is_some)
    }
}

impl Known {
    /// What can be corrected in a month, with the units of its site.
    pub(super) async fn load(
        visit: &Visit,
        site: &Site,
        (month, statement): (Month, &Statement),
    ) -> Result<Self, NoPage> {
        let page = MonthPage {
            before: Some(month.next()),
            limit: MONTHS,
        };
        let (of, site, now_us) = (of_site(site), site.clone(), visit.now_us);
        let read = visit.context.db.read(move |conn| {
            let months = operations::list(conn, &of, (page, now_us))?;
            Ok::<_, crate::error::Refusal>((months, units(conn, &site)?))
        });
        let (all, mut units) = read.await?;
        units.extend(statement.rows.iter().filter_map(|row| row.unit.clone()));
        let closed = all.iter().find(|month| month.state == StatementState::Closed);
        Ok(Self {
            last_closed: closed.and_then(|closed| Month::parse(&closed.month)),
            months: all
                .iter()
                .filter_map(|month| Month::parse(&month.month))
                .collect(),
            units,
        })
    }

    /// The form as it was typed, or as it begins.
    pub(super) fn form(&self, typed: Option<&Typed>, language: Language) -> Form {
        let w = StatementWords::of(language);
        let of_typed = typed.and_then(|typed| typed.month.as_deref());
        let chosen = match of_typed {
            Some(text) => Month::parse(text),
            None => self.last_closed.or(self.months.first().copied()),
        };
        let months = self.months.iter();
        let months = months.map(|month| {
            (
                month.to_string(),
                name_of(*month, language),
                Some(*month) == chosen,
            )
        });
        let typed = typed.cloned().unwrap_or_default();
        let unit = typed.unit.trim();
        let open = (String::new(), w.choose.to_owned(), unit.is_empty());
        let none = (NO_UNIT.to_owned(), w.no_unit.to_owned(), unit == NO_UNIT);
        let units = self.units.iter();
        let units = units.map(|known| (known.clone(), known.clone(), known == unit));
        Form {
            months: months.collect(),
            units: std::iter::once(open).chain(units).chain([none]).collect(),
            amount: typed.amount_yen,
            note: typed.note,
            month_fault: None,
            unit_fault: None,
            amount_fault: None,
            note_fault: None,
        }
    }

    /// What was typed, or the form that says what is wrong with it.
    fn read(&self, typed: &Typed, language: Language) -> Result<NewStatementCorrection, Box<Form>> {
        let w = StatementWords::of(language);
        let (unit, note) = (typed.unit.trim(), typed.note.trim());
        let month = typed.month.as_deref().map(Month::parse);
        let month_is_known =
            month.is_none_or(|month| month.is_some_and(|month| self.months.contains(&month)));
        let amount = typed.amount_yen.trim().replace(',', "").replace('−', "-");
        let amount = amount
            .parse::<i64>()
            .ok()
            .filter(|amount| *amount != 0 && (-MAX_YEN..=MAX_YEN).contains(amount));
        let note_is_good =
            !note.is_empty() && note.chars().count() <= MAX_NOTE && !note.chars().any(char::is_control);
        let unit_fault = match unit {
            "" => Some(w.unit_open),
            NO_UNIT => None,
            unit => (!self.units.contains(unit)).then_some(w.bad_unit),
        };
        let form = Form {
            month_fault: (!month_is_known).then_some(w.bad_month),
            unit_fault,
            amount_fault: amount.is_none().then_some(w.bad_amount),
            note_fault: (!note_is_good).then_some(w.bad_note),
            ..self.form(Some(typed), language)
        };
        match amount {
            Some(amount_yen) if !form.is_wrong() => Ok(NewStatementCorrection {
                month: month.flatten().map(|month| month.to_string()),
                unit: (unit != NO_UNIT).then(|| unit.to_owned()),
                amount_yen,
                note: note.to_owned(),
            }),
            Some(_) | None => Err(Box::new(form)),
        }
    }
}

/// Those that outlets and people of the site have.
fn units(conn: &mut Conn, site: &Site) -> Result<BTreeSet<String>, DbError> {
    let of_outlets = outlets::list_of_site(conn, &site.id)?.into_iter();
    let mut units: BTreeSet<String> = of_outlets.filter_map(|outlet| outlet.unit).collect();
    let people = drivers::list_of_site(conn, &site.tenant_id, &site.id, MAX_PEOPLE)?;
    units.extend(people.into_iter().filter_map(|driver| driver.unit));
    Ok(units)
}

pub(super) async fn correct(acting: Acting<Typed>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = corrected(&acting, &path).await;
    acting.answered(shown)
}

async fn corrected(acting: &Acting<Typed>, (id, text): &(String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let month = month_of(text)?;
    let statement = statements::read(visit, &seen.site, month).await?;
    let known = Known::load(visit, &seen.site, (month, &statement)).await?;
    let asked = match known.read(&acting.form, visit.language) {
        Ok(asked) => asked,
        Err(form) => return statements::with_form(visit, &seen, (month, statement), Some(*form)).await,
    };
    if !acting.form.sure {
        return Ok(sure_of(visit, &seen, (month, asked)));
    }
    let of = of_site(&seen.site);
    let resource = format!("/v1/sites/{id}/statement-corrections");
    acting
        .transact(resource, move |tx| operations::correct(tx, &of, asked))
        .await?;
    Ok(visit.redirect(&format!("/sites/{id}/statements/{month}")))
}

/// The second question: what was booked is taken back by another correction alone.
fn sure_of(visit: &Visit, seen: &Seen, (month, asked): (Month, NewStatementCorrection)) -> HttpResponse {
    let w = StatementWords::of(visit.language);
    let path = format!("/sites/{}/statements/{month}", seen.site.id);
    let into = [
        ("month", name_of(month, visit.language)),
        ("unit", asked.unit.clone().unwrap_or_default()),
        ("yen", figures::yen(asked.amount_yen.abs(), visit.language)),
    ];
    let title = match (asked.amount_yen < 0, &asked.unit) {
        (true, Some(_)) => w.take_off_sure,
        (false, Some(_)) => w.add_sure,
        (true, None) => w.take_off_nobody_sure,
        (false, None) => w.add_nobody_sure,
    };
    let of = asked.month.as_deref().and_then(Month::parse);
    let of = of.map(|of| format!("{}: {}", w.correct_month, name_of(of, visit.language)));
    let note = format!("{}: {}", w.note, asked.note);
    let facts: Vec<String> = of.into_iter().chain([note, w.correct_why.to_owned()]).collect();
    let mut fields = vec![
        ("unit", asked.unit.unwrap_or_else(|| NO_UNIT.to_owned())),
        ("amount_yen", asked.amount_yen.to_string()),
        ("note", asked.note),
        ("sure", true.to_string()),
    ];
    fields.extend(asked.month.map(|month| ("month", month)));
    let asked = Asked {
        title: filled(title, &into),
        text: facts.join(" — "),
        action: format!("{path}/corrections"),
        fields,
        button: w.add.to_owned(),
        back: path,
    };
    sure::page(visit, seen, (Tab::Statements, asked))
}
