//! The charges under a month's figures.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use api_spec::rest::{StatementSession, Time};
use askama::Template;

use super::super::figures::{grouped, kwh_exactly, moment};
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::StatementWords;
use super::statement_figures::{label, unit_or_none};
use super::statements::{asked, month_of, name_of, of_site};
use super::tabs::{self, SiteFrame, Tab};
use crate::error::Refusal;
use crate::http::Language;
use crate::operations::local_days::zone;
use crate::operations::statement_months::Month;
use crate::operations::statements as operations;
use crate::store::sites::Site;
use crate::store::statement_lines::Filter;
use crate::store::{browser_sessions, drivers};

const AT_ONCE: i64 = 100;

#[derive(Template)]
#[template(path = "statement_sessions.html")]
struct SessionsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static StatementWords,
    month: String,
    path: String,
    /// Of whom, if of one unit alone.
    unit: Option<String>,
    /// That unit's notice as a paper.
    notice: Option<String>,
    lines: Vec<Line>,
    more: Option<String>,
}

struct Line {
    began: String,
    ended: String,
    href: String,
    outlet: String,
    driver: String,
    unit: String,
    registers: Option<String>,
    energy: String,
    label: &'static str,
    total: String,
    corrects: Option<String>,
}

pub(super) async fn show(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = page(&visit, &path).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (month, unit) = (month_of(text)?, asked(visit, "unit"));
    let after = asked(visit, "after").and_then(|text| text.parse().ok());
    let filter = Filter {
        unit: unit.clone(),
        after: after.unwrap_or(0),
        limit: AT_ONCE + 1,
    };
    let (of, now_us) = (of_site(&seen.site), visit.now_us);
    let tenant_id = seen.site.tenant_id.clone();
    let read = visit.context.db.read(move |conn| {
        let told = operations::list_sessions(conn, &of, (month, now_us), &filter)?;
        let ids: Vec<String> = told.iter().map(|(_, one)| one.driver_id.clone()).collect();
        let mut names = drivers::names(conn, &tenant_id, &ids)?;
        names.extend(browser_sessions::names(conn, &tenant_id, &ids)?);
        Ok::<_, Refusal>((told, names))
    });
    let (told, names) = read.await?;
    let has_more = told.len() as i64 > AT_ONCE;
    let shown = told.into_iter().take(AT_ONCE as usize);
    let (places, told): (Vec<i64>, Vec<StatementSession>) = shown.unzip();
    let path = format!("/sites/{id}/statements/{month}");
    let more = places.last().filter(|_| has_more);
    let language = visit.language;
    let (frame, site) = seen.frames(visit, Tab::Statements);
    Ok(visit.page(&SessionsPage {
        frame,
        site,
        w: StatementWords::of(language),
        month: name_of(month, language),
        more: more.map(|place| next(&path, unit.as_deref(), *place)),
        notice: unit.as_deref().map(|unit| notice(&path, unit)),
        unit: unit.map(|unit| unit_or_none(Some(&unit).filter(|unit| !unit.is_empty()), language)),
        lines: told
            .iter()
            .map(|told| line(told, &names, &seen.site, language))
            .collect(),
        path,
    }))
}

fn notice(path: &str, unit: &str) -> String {
    let unit: String = form_urlencoded::byte_serialize(unit.as_bytes()).collect();
    format!("{path}/notice.pdf?unit={unit}")
}

fn next(path: &str, unit: Option<&str>, place: i64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(unit) = unit {
        query.append_pair("unit", unit);
    }
    query.append_pair("after", &place.to_string());
    format!("{path}/sessions?{}", query.finish())
}

fn line(told: &StatementSession, names: &HashMap<String, String>, site: &Site, language: Language) -> Line {
    let zone = zone(&site.zone);
    let at = |time: Option<Time>| time.map_or(String::new(), |at| moment(at.0, &zone, language));
    let registers = told.start_register_wh.zip(told.stop_register_wh);
    let corrects = told.corrects.as_deref().and_then(Month::parse);
    Line {
        began: at(told.energized_at),
        ended: at(told.ended_at),
        href: format!("/charges/{}", told.session_id),
        outlet: told.outlet_name.clone(),
        driver: names.get(&told.driver_id).unwrap_or(&told.driver_id).clone(),
        unit: unit_or_none(told.unit.as_ref(), language),
        registers: registers.map(|(from, to)| format!("{} → {}", kwh_exactly(from), kwh_exactly(to))),
        energy: kwh_exactly(told.energy_wh),
        label: label(told.energy_label, language),
        total: grouped(told.total_yen),
        corrects: corrects.map(|month| name_of(month, language)),
    }
}
