//! What somebody has charged: now, and month by month.

use actix_web::HttpResponse;
use askama::Template;

use super::super::csv_file::csv_file;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ResidentWords, ended_reason};
use super::elsewhere::{self, Way};
use super::notices::{self, Notice};
use crate::http::{Cell, Csv, Language};
use crate::operations::local_days;
use crate::store::parse;
use crate::store::sessions::{self, Exported};

const ENGLISH: [&str; 8] = [
    "No.",
    "Building",
    "Outlet",
    "Requested",
    "Ended",
    "Energy (Wh)",
    "Cost (yen)",
    "Why it ended",
];
const JAPANESE: [&str; 8] = [
    "番号",
    "建物",
    "コンセント",
    "申込",
    "終了",
    "電力量(Wh)",
    "料金(円)",
    "終了理由",
];
/// A year and a bit.
const BACK_US: i64 = 400 * 86_400 * 1_000_000;
const MAX_CHARGES: i64 = 1000;

#[derive(Template)]
#[template(path = "mine.html")]
struct MinePage {
    frame: Frame,
    w: &'static ResidentWords,
    open: Vec<Line>,
    homes: Vec<Home>,
    /// Outlets of their homes.
    own: Vec<Way>,
    /// What stands in the field of a code.
    typed: &'static str,
    notice: Option<Notice>,
}

/// A site where somebody has charged.
struct Home {
    site_id: String,
    site: String,
    /// Where they live there.
    unit: Option<String>,
    months: Vec<Month>,
}

#[derive(Clone)]
struct Line {
    id: String,
    place: String,
    when: String,
    energy: String,
    cost: Option<String>,
    reason: &'static str,
}

struct Month {
    name: String,
    energy_wh: i64,
    energy: String,
    yen: i64,
    cost: String,
    lines: Vec<Line>,
}

pub(in crate::console) async fn show(visit: Visit) -> HttpResponse {
    let shown = mine_page(&visit).await;
    visit.answered(shown)
}

async fn mine_page(visit: &Visit) -> Shown {
    let mut page = MinePage {
        w: ResidentWords::of(visit.language),
        open: Vec::new(),
        homes: Vec::new(),
        own: elsewhere::own(visit).await?,
        typed: "",
        notice: notices::shown(visit).await?,
        frame: visit.frame(),
    };
    for charge in charges(visit).await? {
        let line = line(visit, &charge);
        match charge.session.ended_at {
            None => page.open.push(line),
            Some(ended_at) => {
                if !page.homes.iter().any(|home| home.site_id == charge.site_id) {
                    page.homes.push(home(visit, &charge));
                }
                let homes = page.homes.iter_mut();
                for home in homes.filter(|home| home.site_id == charge.site_id) {
                    add(visit, &mut home.months, (&charge, ended_at), line.clone());
                }
            }
        }
    }
    Ok(visit.page(&page))
}

fn home(visit: &Visit, charge: &Exported) -> Home {
    let viewer = visit.viewer.as_ref();
    let unit = viewer.and_then(|viewer| viewer.home_at(&charge.site_id, None));
    Home {
        site_id: charge.site_id.clone(),
        site: charge.site_name.clone(),
        unit: unit.map(str::to_owned),
        months: Vec::new(),
    }
}

/// To the month in which it has ended, by its site's clock. The newest come first, and so do their months.
fn add(visit: &Visit, months: &mut Vec<Month>, (charge, ended_at): (&Exported, i64), line: Line) {
    let zone = local_days::zone(&charge.zone);
    let format = match visit.language.code() {
        "ja" => "%Y年%-m月",
        _ => "%B %Y",
    };
    let name = figures::written(ended_at, &zone, format);
    let at = months.iter().position(|month| month.name == name);
    let at = at.unwrap_or_else(|| {
        months.push(Month {
            name,
            energy_wh: 0,
            energy: String::new(),
            yen: 0,
            cost: String::new(),
            lines: Vec::new(),
        });
        months.len() - 1
    });
    let Some(month) = months.get_mut(at) else { return };
    month.energy_wh += charge.session.energy_wh;
    month.yen += charge.session.cost_yen.unwrap_or(0);
    month.energy = figures::kwh(month.energy_wh);
    month.cost = figures::yen(month.yen, visit.language);
    month.lines.push(line);
}

fn line(visit: &Visit, charge: &Exported) -> Line {
    let session = &charge.session;
    let zone = local_days::zone(&charge.zone);
    Line {
        id: session.id.clone(),
        place: format!("{} {}", charge.site_name, charge.outlet_name),
        when: figures::moment(session.requested_at, &zone, visit.language),
        energy: figures::kwh(session.energy_wh),
        cost: session.cost_yen.map(|yen| figures::yen(yen, visit.language)),
        reason: why(charge, visit.language),
    }
}

/// Why it has ended; nothing before.
fn why(charge: &Exported, language: Language) -> &'static str {
    let reason = charge.session.ended_reason.as_deref();
    let reason = reason.and_then(|reason| parse(reason).ok());
    reason.map_or("", |reason| ended_reason(reason, language))
}

async fn charges(visit: &Visit) -> Result<Vec<Exported>, NoPage> {
    let viewer = visit.viewer()?;
    let named = (viewer.tenant_id.clone(), viewer.person_id.clone());
    let since_us = visit.now_us.saturating_sub(BACK_US);
    let read = visit
        .context
        .db
        .read(move |conn| sessions::list_of_driver(conn, (&named.0, &named.1), since_us, MAX_CHARGES));
    Ok(read.await?)
}

pub(in crate::console) async fn csv(visit: Visit) -> HttpResponse {
    let shown = written(&visit).await;
    visit.answered(shown)
}

async fn written(visit: &Visit) -> Shown {
    let csv = Csv {
        bom: true,
        ..Csv::default()
    };
    let charges = charges(visit).await?;
    let rows = charges.iter().map(|charge| row(charge, visit.language));
    let names = match visit.language {
        Language::English => ENGLISH,
        Language::Japanese => JAPANESE,
    };
    Ok(csv_file("charges.csv", csv, (&names, rows.collect())))
}

fn row(charge: &Exported, language: Language) -> Vec<Cell> {
    let session = &charge.session;
    let zone = local_days::zone(&charge.zone);
    let moment = |at: i64| figures::written(at, &zone, "%Y-%m-%dT%H:%M:%S%:z");
    vec![
        Cell::Text(session.id.clone()),
        Cell::Text(charge.site_name.clone()),
        Cell::Text(charge.outlet_name.clone()),
        Cell::Text(moment(session.requested_at)),
        Cell::Text(session.ended_at.map(moment).unwrap_or_default()),
        Cell::Number(Some(session.energy_wh)),
        Cell::Number(session.cost_yen),
        Cell::Text(why(charge, language).to_owned()),
    ]
}
