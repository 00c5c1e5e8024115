//! A site's months: all of them, and one with everything that it is made of.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{Statement, StatementState, StatementSummary};
use askama::Template;
use jiff::tz::TimeZone;

use super::super::csv_file::csv_file;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{StatementWords, filled};
use super::correction::{Form, Known};
use super::statement_figures::{Amounts, Beside, Correction, Meter, Row};
use super::tabs::{self, Seen, SiteFrame, Tab};
use crate::http::{Charset, Csv, Language, sheet};
use crate::operations::local_days::zone;
use crate::operations::statement_layouts;
use crate::operations::statement_months::Month;
use crate::operations::statements::{self as operations, MonthPage, OfSite};
use crate::store::sites::Site;

/// Two years.
const AT_ONCE: usize = 24;

#[derive(Template)]
#[template(path = "statements.html")]
struct MonthsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static StatementWords,
    months: Vec<Line>,
    /// Where the months before these are.
    earlier: Option<String>,
}

struct Line {
    name: String,
    href: String,
    is_closed: bool,
    sessions: i64,
    energy: String,
    total: String,
}

#[derive(Template)]
#[template(path = "statement.html")]
struct MonthPageOf {
    frame: Frame,
    site: SiteFrame,
    w: &'static StatementWords,
    month: String,
    path: String,
    closed_at: Option<String>,
    /// Whose moment's figures these are, while the month runs.
    as_of: Option<String>,
    hash: Option<String>,
    rows: Vec<Row>,
    total: Amounts,
    corrections: Vec<Correction>,
    meters: Vec<Meter>,
    beside: Vec<Beside>,
    closing: Closing,
    /// Of a correction, where one can be written.
    form: Option<Form>,
    /// Whether a unit is owed something.
    owes: bool,
}

/// Whether the viewer can close a month.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Closing {
    /// It is closed, or not theirs to close.
    No,
    Now,
    /// From then on.
    From(String),
    /// Others come first.
    InTurn,
}

impl Closing {
    fn is_next(&self) -> bool {
        matches!(self, Self::Now | Self::From(_))
    }
}

pub(super) fn of_site(site: &Site) -> OfSite {
    OfSite {
        tenant_id: site.tenant_id.clone(),
        site_id: site.id.clone(),
    }
}

pub(super) fn month_of(text: &str) -> Result<Month, NoPage> {
    Month::parse(text).ok_or(NoPage::NothingHere)
}

/// `2026年10月`, `October 2026`.
pub(super) fn name_of(month: Month, language: Language) -> String {
    let format = match language {
        Language::Japanese => "%Y年%-m月",
        Language::English => "%B %Y",
    };
    month.last_day().strftime(format).to_string()
}

/// A value of the address.
pub(super) fn asked(visit: &Visit, name: &str) -> Option<String> {
    let mut all = form_urlencoded::parse(visit.request.query_string().as_bytes());
    all.find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) async fn list(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = list_page(&visit, &id).await;
    visit.answered(shown)
}

async fn list_page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let before = asked(visit, "before").map(|text| month_of(&text)).transpose()?;
    let page = MonthPage {
        before,
        limit: AT_ONCE + 1,
    };
    let (of, now_us) = (of_site(&seen.site), visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| operations::list(conn, &of, (page, now_us)));
    let mut months = read.await?;
    let has_more = months.len() > AT_ONCE;
    months.truncate(AT_ONCE);
    let last = months.last().filter(|_| has_more);
    let (frame, site) = seen.frames(visit, Tab::Statements);
    Ok(visit.page(&MonthsPage {
        frame,
        site,
        w: StatementWords::of(visit.language),
        earlier: last.map(|last| format!("/sites/{id}/statements?before={}", last.month)),
        months: months
            .into_iter()
            .map(|month| line(month, id, visit.language))
            .collect(),
    }))
}

fn line(month: StatementSummary, site_id: &str, language: Language) -> Line {
    Line {
        name: Month::parse(&month.month).map_or(String::new(), |month| name_of(month, language)),
        href: format!("/sites/{site_id}/statements/{}", month.month),
        is_closed: month.state == StatementState::Closed,
        sessions: month.sessions,
        energy: figures::kwh(month.energy_wh),
        total: figures::yen(month.total_yen, language),
    }
}

pub(super) async fn show(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = page(&visit, &path).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let month = month_of(text)?;
    let statement = read(visit, &seen.site, month).await?;
    with_form(visit, &seen, (month, statement), None).await
}

/// The month, with a correction as it was typed.
pub(super) async fn with_form(
    visit: &Visit,
    seen: &Seen,
    (month, statement): (Month, Statement),
    typed: Option<Form>,
) -> Shown {
    let closing = match seen.viewer.may_change(&seen.site.id) {
        true => closing(visit, &seen.site, (month, &statement)).await?,
        false => Closing::No,
    };
    let language = visit.language;
    let form = match typed {
        None if closing.is_next() => {
            let known = Known::load(visit, &seen.site, (month, &statement)).await?;
            Some(known.form(None, language))
        }
        typed => typed,
    };
    let status = match form.as_ref().is_some_and(Form::is_wrong) {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let path = format!("/sites/{}/statements/{month}", seen.site.id);
    let zone = zone(&seen.site.zone);
    let rows = statement.rows.iter();
    let closed_at = statement.closed_at;
    let runs = visit.now_us < statement.ends_at.0;
    let (frame, site) = seen.frames(visit, Tab::Statements);
    let page = MonthPageOf {
        frame,
        site,
        w: StatementWords::of(language),
        month: name_of(month, language),
        closed_at: closed_at.map(|at| figures::full_moment(at.0, &zone, language)),
        as_of: runs.then(|| as_of(visit, &zone)),
        owes: rows.clone().any(|row| row.amounts.total_yen < 0),
        rows: rows.map(|row| Row::of(row, (&path, language))).collect(),
        total: Amounts::of(&statement.total),
        corrections: Correction::all(&statement, language),
        meters: Meter::all(&statement, language),
        beside: Beside::all(&statement.reconciliation, language),
        hash: statement.hash,
        path,
        closing,
        form,
    };
    Ok(visit.page_with(status, &page))
}

fn as_of(visit: &Visit, zone: &TimeZone) -> String {
    let at = figures::full_moment(visit.now_us, zone, visit.language);
    filled(StatementWords::of(visit.language).as_of, &[("at", at)])
}

pub(super) async fn read(visit: &Visit, site: &Site, month: Month) -> Result<Statement, NoPage> {
    let (of, now_us) = (of_site(site), visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| operations::show(conn, &of, (month, now_us)));
    serde_json::from_value(read.await?).map_err(|error| {
        tracing::error!(%error, "a statement cannot be read");
        NoPage::NothingHere
    })
}

pub(super) async fn closing(
    visit: &Visit,
    site: &Site,
    (month, statement): (Month, &Statement),
) -> Result<Closing, NoPage> {
    if statement.state == StatementState::Closed {
        return Ok(Closing::No);
    }
    let of = of_site(site);
    let find = visit
        .context
        .db
        .read(move |conn| operations::closes_from(conn, &of, month));
    let moment = |at_us| figures::full_moment(at_us, &zone(&site.zone), visit.language);
    Ok(match find.await? {
        None => Closing::InTurn,
        Some(from_us) if from_us <= visit.now_us => Closing::Now,
        Some(from_us) => Closing::From(moment(from_us)),
    })
}

pub(super) async fn csv(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = written(&visit, &path).await;
    visit.answered(shown)
}

async fn written(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let month = month_of(text)?;
    let statement = read(visit, &seen.site, month).await?;
    let of = of_site(&seen.site);
    let found = visit
        .context
        .db
        .read(move |conn| statement_layouts::find(conn, &of));
    let layout = found.await?.0.unwrap_or_else(|| sheet::whole(visit.language));
    let chosen = asked(visit, "charset");
    let csv = Csv {
        charset: chosen.map_or(layout.charset.into(), |name| charset(Some(&name))),
        bom: true,
    };
    let (names, rows) = sheet::sheet(&statement, &layout, visit.language);
    let name = match csv.charset {
        Charset::Utf8 => format!("statement-{month}.csv"),
        Charset::ShiftJis => format!("statement-{month}-shift_jis.csv"),
    };
    Ok(csv_file(&name, csv, (&names, rows)))
}

/// As an address names it.
pub(super) fn charset(name: Option<&str>) -> Charset {
    match name {
        Some("shift_jis") => Charset::ShiftJis,
        Some(_) | None => Charset::Utf8,
    }
}
