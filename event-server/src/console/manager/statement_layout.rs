//! Which columns a site's months have as CSV: chosen, seen with a month's first lines, and kept.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{
    NewStatementLayout, StatementCharset, StatementColumn, StatementColumnName, StatementLines,
};
use askama::Template;

use super::super::acting::Acting;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{self, StatementWords};
use super::statements::{name_of, of_site, read};
use super::tabs::{self, Seen, SiteFrame, Tab};
use super::tariff_form::Pairs;
use crate::http::{Charset, sheet};
use crate::operations::expected::Expected;
use crate::operations::statement_layouts as operations;
use crate::operations::statement_months::Month;
use crate::operations::statements::{self, MonthPage};
use crate::store::{name, parse};

/// Of a month, to see what is written.
const PREVIEWED: usize = 8;
/// Months that are looked through for one with charges.
const MONTHS: usize = 12;

#[derive(Template)]
#[template(path = "statement_layout.html")]
struct LayoutPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static StatementWords,
    columns: Vec<Line>,
    units_alone: bool,
    is_shift_jis: bool,
    preview: Option<Preview>,
    saved: bool,
}

/// A column of the form.
struct Line {
    name: String,
    /// What it tells, in words.
    what: &'static str,
    /// From 1; empty: it is left out.
    place: String,
    heading: String,
}

struct Preview {
    month: String,
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Whether a character is written as a question mark.
    lacks: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = kept(&visit, &id).await;
    visit.answered(shown)
}

async fn kept(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let of = of_site(&seen.site);
    let found = visit.context.db.read(move |conn| operations::find(conn, &of));
    let (layout, _) = found.await?;
    let layout = layout.unwrap_or_else(|| sheet::whole(visit.language));
    let saved = visit.request.query_string().contains("saved");
    page(visit, &seen, (&layout, saved)).await
}

pub(super) async fn preview(acting: Acting<Pairs>, id: web::Path<String>) -> HttpResponse {
    let shown = previewed(&acting, &id).await;
    acting.answered(shown)
}

async fn previewed(acting: &Acting<Pairs>, id: &str) -> Shown {
    let seen = tabs::open_to_change(&acting.visit, id).await?;
    let layout = typed(acting)?;
    page(&acting.visit, &seen, (&layout, false)).await
}

pub(super) async fn save(acting: Acting<Pairs>, id: web::Path<String>) -> HttpResponse {
    let shown = saved(&acting, &id).await;
    acting.answered(shown)
}

async fn saved(acting: &Acting<Pairs>, id: &str) -> Shown {
    let seen = tabs::open_to_change(&acting.visit, id).await?;
    let (of, layout) = (of_site(&seen.site), typed(acting)?);
    acting
        .transact(format!("/v1/sites/{id}/statement-layout"), move |tx| {
            operations::put(tx, &of, &Expected::Any, layout)
        })
        .await?;
    let there = format!("/sites/{id}/statements/layout?saved");
    Ok(acting.visit.redirect(&there))
}

async fn page(visit: &Visit, seen: &Seen, (layout, saved): (&NewStatementLayout, bool)) -> Shown {
    let (frame, site) = seen.frames(visit, Tab::Statements);
    let page = LayoutPage {
        frame,
        site,
        w: StatementWords::of(visit.language),
        columns: lines(visit, layout),
        units_alone: layout.lines == StatementLines::Units,
        is_shift_jis: layout.charset == StatementCharset::ShiftJis,
        preview: first_lines(visit, seen, layout).await?,
        saved,
    };
    Ok(visit.page(&page))
}

/// Those that are chosen first, in their order.
fn lines(visit: &Visit, layout: &NewStatementLayout) -> Vec<Line> {
    let whole = sheet::whole(visit.language);
    let place =
        |column: StatementColumnName| layout.columns.iter().position(|chosen| chosen.column == column);
    let mut all: Vec<(usize, Line)> = whole
        .columns
        .into_iter()
        .map(|known| {
            let at = place(known.column);
            let chosen = at.and_then(|at| layout.columns.get(at));
            let line = Line {
                name: name(known.column),
                place: at.map(|at| (at + 1).to_string()).unwrap_or_default(),
                heading: chosen.map_or(known.heading, |chosen| chosen.heading.clone()),
                what: words::column(known.column, visit.language),
            };
            (at.unwrap_or(usize::MAX), line)
        })
        .collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, line)| line).collect()
}

/// Of the newest month in which somebody has charged.
async fn first_lines(
    visit: &Visit,
    seen: &Seen,
    layout: &NewStatementLayout,
) -> Result<Option<Preview>, NoPage> {
    let (of, now_us) = (of_site(&seen.site), visit.now_us);
    let pages = MonthPage {
        before: None,
        limit: MONTHS,
    };
    let listed = visit
        .context
        .db
        .read(move |conn| statements::list(conn, &of, (pages, now_us)));
    let months = listed.await?;
    let with_charges = months.iter().find(|month| month.sessions > 0);
    let month = with_charges.and_then(|month| Month::parse(&month.month));
    let Some(month) = month else { return Ok(None) };
    let statement = read(visit, &seen.site, month).await?;
    let (headings, rows) = sheet::sheet(&statement, layout, visit.language);
    let charset = Charset::from(layout.charset);
    let cells = rows.iter().take(PREVIEWED);
    let texts: Vec<Vec<String>> = std::iter::once(headings)
        .chain(cells.map(|row| row.iter().map(crate::http::Cell::shown).collect()))
        .collect();
    let is_lacking = |text: &String| charset.shown(text).matches('?').count() > text.matches('?').count();
    let lacks = texts.iter().flatten().any(is_lacking);
    let mut shown = texts
        .iter()
        .map(|row| row.iter().map(|text| charset.shown(text)).collect());
    Ok(Some(Preview {
        month: name_of(month, visit.language),
        headings: shown.next().unwrap_or_default(),
        rows: shown.collect(),
        lacks,
    }))
}

fn typed(acting: &Acting<Pairs>) -> Result<NewStatementLayout, NoPage> {
    let bad = StatementWords::of(acting.visit.language).bad_layout;
    let layout = from_form(&acting.form).filter(|layout| operations::check(layout).is_ok());
    layout.ok_or(NoPage::Said(StatusCode::UNPROCESSABLE_ENTITY, bad))
}

/// `None` where a place is no number.
fn from_form(pairs: &Pairs) -> Option<NewStatementLayout> {
    let field = |name: String| {
        let found = pairs.iter().find(|(found, _)| *found == name);
        found.map_or("", |(_, value)| value.trim())
    };
    let mut chosen: Vec<(u32, StatementColumn)> = Vec::new();
    for column in StatementColumnName::ALL {
        let place = field(format!("place_{}", name(column)));
        if place.is_empty() {
            continue;
        }
        let heading = field(format!("heading_{}", name(column))).to_owned();
        chosen.push((place.parse().ok()?, StatementColumn { column, heading }));
    }
    chosen.sort_by_key(|(place, _)| *place);
    Some(NewStatementLayout {
        columns: chosen.into_iter().map(|(_, column)| column).collect(),
        lines: parse(field("lines".to_owned())).ok()?,
        charset: parse(field("charset".to_owned())).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_in_the_order_of_their_places() {
        let pairs = |all: &[(&str, &str)]| -> Pairs {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            all.iter().map(owned).collect()
        };
        let rest = [
            ("lines", "units"),
            ("charset", "shift_jis"),
            ("heading_unit", "部屋番号"),
        ];
        let chosen = [
            ("place_total_yen", "1"),
            ("heading_total_yen", "請求額"),
            ("place_unit", "2"),
        ];
        let layout = from_form(&pairs(&[&rest[..], &chosen].concat())).unwrap();
        let columns: Vec<(StatementColumnName, &str)> = layout
            .columns
            .iter()
            .map(|column| (column.column, column.heading.as_str()))
            .collect();
        let expected = [
            (StatementColumnName::TotalYen, "請求額"),
            (StatementColumnName::Unit, "部屋番号"),
        ];
        assert_eq!(columns, expected);
        assert_eq!(layout.charset, StatementCharset::ShiftJis);
        assert!(from_form(&pairs(&[("place_unit", "first")])).is_none());
    }
}
