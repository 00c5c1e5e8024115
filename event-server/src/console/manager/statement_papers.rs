//! A month as papers: the statement for the board, and the notice for one unit.

use actix_web::{HttpResponse, web};
use api_spec::rest::{EnergyLabel, Statement, StatementAmounts, StatementRow, StatementSession};

use super::super::figures::{full_moment, moment};
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::StatementWords;
use super::statement_figures::unit_or_none;
use super::statements::{asked, month_of, of_site, read};
use super::tabs;
use crate::http::Language;
use crate::operations::local_days::zone;
use crate::operations::statement_months::Month;
use crate::operations::statements as operations;
use crate::papers::statement as papers;
use crate::store::sites::Site;
use crate::store::statement_lines::Filter;

/// Of one unit in one month.
const MOST_SESSIONS: i64 = 2000;

pub(super) async fn statement(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = statement_paper(&visit, &path).await;
    visit.answered(shown)
}

async fn statement_paper(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let month = month_of(text)?;
    let told = read(visit, &seen.site, month).await?;
    let language = visit.language;
    let main = told.reconciliation.main_circuit_wh;
    let paper = papers::Statement {
        language,
        site: told.site_name.clone(),
        month: told.month.clone(),
        verified: is_verified(told.rows.iter()),
        rows: told.rows.iter().map(|row| unit_row(row, language)).collect(),
        total: amounts(String::new(), &told.total),
        reconciliation: main.map(|main_wh| papers::Reconciliation {
            main_wh,
            outlets_wh: told.reconciliation.outlets_wh,
        }),
        notes: notes(language),
        closing: closing(&told, language),
    };
    let name = format!("statement-{month}.pdf");
    visit.paper(&name, move |font| papers::pdf(font, &paper)).await
}

pub(super) async fn notice(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = notice_paper(&visit, &path).await;
    visit.answered(shown)
}

async fn notice_paper(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (month, unit) = (month_of(text)?, asked(visit, "unit").unwrap_or_default());
    let told = read(visit, &seen.site, month).await?;
    let language = visit.language;
    let row = told
        .rows
        .iter()
        .find(|row| row.unit.as_deref().unwrap_or_default() == unit);
    let row = row.ok_or(NoPage::NothingHere)?;
    let paper = papers::Notice {
        language,
        site: told.site_name.clone(),
        unit: unit_or_none(row.unit.as_ref(), language),
        month: told.month.clone(),
        contact: None,
        verified: is_verified([row].into_iter()),
        rows: of_outlets(row),
        total: amounts(String::new(), &row.amounts),
        sessions: sessions(visit, &seen.site, (month, unit)).await?,
        notes: notes(language),
        closing: closing(&told, language),
    };
    let name = format!("notice-{month}.pdf");
    visit
        .paper(&name, move |font| papers::notice_pdf(font, &paper))
        .await
}

async fn sessions(
    visit: &Visit,
    site: &Site,
    (month, unit): (Month, String),
) -> Result<Vec<papers::SessionRow>, NoPage> {
    let filter = Filter {
        unit: Some(unit),
        after: 0,
        limit: MOST_SESSIONS,
    };
    let (of, now_us) = (of_site(site), visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| operations::list_sessions(conn, &of, (month, now_us), &filter));
    let (zone, language) = (zone(&site.zone), visit.language);
    let at = |at: Option<api_spec::rest::Time>| at.map_or(String::new(), |at| moment(at.0, &zone, language));
    let row = |(_, told): (i64, StatementSession)| papers::SessionRow {
        started: at(told.energized_at),
        ended: at(told.ended_at),
        outlet: told.outlet_name,
        energy_wh: told.energy_wh,
        yen: told.total_yen,
    };
    Ok(read.await?.into_iter().map(row).collect())
}

fn is_verified<'a>(mut rows: impl Iterator<Item = &'a StatementRow>) -> bool {
    rows.all(|row| row.energy_label == EnergyLabel::Kwh)
}

fn unit_row(row: &StatementRow, language: Language) -> papers::UnitRow {
    let unit = unit_or_none(row.unit.as_ref(), language);
    // Registers are of one meter.
    let (opening_wh, closing_wh) = match row.outlets.as_slice() {
        [one] => (one.opening_register_wh, one.closing_register_wh),
        _ => (None, None),
    };
    papers::UnitRow {
        opening_wh,
        closing_wh,
        ..amounts(unit, &row.amounts)
    }
}

/// What each outlet has given a unit; what it costs is reckoned by the charge.
fn of_outlets(row: &StatementRow) -> Vec<papers::UnitRow> {
    let of = row.outlets.iter().map(|outlet| papers::UnitRow {
        unit: outlet.outlet_name.clone(),
        opening_wh: outlet.opening_register_wh,
        closing_wh: outlet.closing_register_wh,
        energy_wh: outlet.energy_wh,
        ..papers::UnitRow::default()
    });
    of.collect()
}

fn amounts(unit: String, sum: &StatementAmounts) -> papers::UnitRow {
    papers::UnitRow {
        unit,
        sessions: sum.sessions,
        opening_wh: None,
        closing_wh: None,
        energy_wh: sum.energy_wh,
        energy_yen: sum.energy_yen,
        fixed_yen: sum.fixed_yen,
        other_yen: sum.minimum_yen + sum.idle_yen + sum.corrections_yen,
        yen: sum.total_yen,
    }
}

fn notes(language: Language) -> Vec<String> {
    let w = StatementWords::of(language);
    vec![w.rounding.to_owned(), w.label_note.to_owned()]
}

fn closing(told: &Statement, language: Language) -> Option<papers::Closing> {
    let (at, hash) = told.closed_at.zip(told.hash.clone())?;
    Some(papers::Closing {
        at: full_moment(at.0, &zone(&told.time_zone), language),
        hash,
    })
}
