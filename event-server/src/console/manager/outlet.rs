//! One outlet in figures: what its meter and its breaker say now, and how its load went in the last day.

use actix_web::{HttpResponse, web};
use api_spec::webhook::Breaker;
use askama::Template;
use foundation::Conn;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::super::day_chart::Day;
use super::super::figures;
use super::super::live::{self, Part};
use super::super::place::{self, Place};
use super::super::sentence::{Reader, is_seen_now, shown_state};
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::OutletWords;
use super::load::{DAY_US, bars, marks_between, read_halves};
use super::tabs::{self, Seen, SiteFrame, Tab};
use crate::error::Refusal;
use crate::http::Language;
use crate::operations::half_hours::HALF_HOUR_US;
use crate::operations::list_meter_values::find_outlet;

type Named = web::Path<(String, String)>;

#[derive(Template)]
#[template(path = "outlet_figures.html")]
struct OutletPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static OutletWords,
    id: String,
    name: String,
    live: String,
    /// The charge that runs.
    charge: Option<String>,
    day: Option<LastDay>,
}

/// The load of the last day by the half hour.
struct LastDay {
    picture: String,
    /// Whether some of the energy is spread.
    has_spread: bool,
}

/// What changes while the page is open.
#[derive(Template)]
#[template(path = "outlet_figures_live.html")]
struct LivePart {
    state: String,
    sentence: String,
    lines: Vec<(&'static str, String)>,
}

pub(super) async fn show(visit: Visit, path: Named) -> HttpResponse {
    let shown = page(&visit, &path).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, (site_id, outlet_id): &(String, String)) -> Shown {
    let seen = tabs::open(visit, site_id).await?;
    let place = find(visit, &seen, outlet_id).await?;
    let (tenant_id, id) = (seen.site.tenant_id.clone(), outlet_id.clone());
    let (here, now_us) = ((place.zone.clone(), visit.language), visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| last_day(conn, (&tenant_id, &id), here, now_us));
    let (frame, site) = seen.frames(visit, Tab::Live);
    let page = OutletPage {
        frame,
        site,
        w: OutletWords::of(visit.language),
        id: outlet_id.clone(),
        name: place.outlet.name.clone(),
        live: part(&place, visit.language).html,
        charge: place
            .outlet
            .session
            .as_ref()
            .map(|session| format!("/charges/{}", session.id)),
        day: read.await?,
    };
    Ok(visit.page(&page))
}

pub(super) async fn stream(visit: Visit, stop: web::Data<CancellationToken>, path: Named) -> HttpResponse {
    let (site_id, outlet_id) = path.into_inner();
    let found = match tabs::open(&visit, &site_id).await {
        Ok(seen) => find(&visit, &seen, &outlet_id).await.map(|_| seen.site),
        Err(no_page) => Err(no_page),
    };
    let site = match found {
        Ok(site) => site,
        Err(no_page) => return visit.answered(Err(no_page)),
    };
    let language = visit.language;
    let context = visit.context.get_ref().clone();
    live::stream(context, stop.get_ref().clone(), move |conn, now_us| {
        let place = place::by_id(conn, &site.tenant_id, &outlet_id, now_us)?;
        Ok(place.map(|place| vec![part(&place, language)]))
    })
}

/// An outlet of the site; one of another site is not there.
async fn find(visit: &Visit, seen: &Seen, outlet_id: &str) -> Result<Place, NoPage> {
    let (tenant_id, outlet_id) = (seen.site.tenant_id.clone(), outlet_id.to_owned());
    let now_us = visit.now_us;
    let read = visit
        .context
        .db
        .read(move |conn| place::by_id(conn, &tenant_id, &outlet_id, now_us));
    let found = read.await?.filter(|place| place.site.id == seen.site.id);
    found.ok_or(NoPage::NothingHere)
}

fn part(place: &Place, language: Language) -> Part {
    let (outlet, w) = (&place.outlet, OutletWords::of(language));
    let moment = |at_us: i64| figures::near(at_us, place.now_us, &place.zone, language);
    let breaker = match outlet.breaker {
        Breaker::Closed => w.on,
        Breaker::Open => w.off,
        Breaker::Unknown => w.unknown,
    };
    // What was measured before a silence is told with its time, and not as what flows now.
    let now = |text: Option<String>| text.filter(|_| is_seen_now(outlet));
    let since = outlet.session.as_ref().and_then(|session| session.energized_at);
    let lines = [
        (w.breaker, Some(breaker.to_owned())),
        (w.power, now(outlet.power_w.map(figures::kw))),
        (w.current, now(outlet.current_ma.map(figures::amperes))),
        (w.voltage, now(outlet.voltage_mv.map(figures::volts))),
        (w.register, outlet.register_wh.map(figures::kwh)),
        (w.since, since.map(|at| moment(at.0))),
        (w.measured, outlet.measured_at.map(|at| moment(at.0))),
    ];
    let told = |(called, value): (&'static str, Option<String>)| Some((called, value?));
    let part = LivePart {
        state: shown_state(outlet),
        sentence: place.sentence(Reader::Manager, language),
        lines: lines.into_iter().filter_map(told).collect(),
    };
    Part {
        id: "live",
        html: part.render().unwrap_or_default(),
        is_last: false,
    }
}

/// `None` where nothing was read.
fn last_day(
    conn: &mut Conn,
    (tenant_id, outlet_id): (&str, &str),
    (zone, language): (TimeZone, Language),
    now_us: i64,
) -> Result<Option<LastDay>, Refusal> {
    let (meter, _) = find_outlet(conn, tenant_id, outlet_id)?;
    // Halves of an hour are counted from here.
    let from_us = (now_us - now_us.rem_euclid(HALF_HOUR_US)).saturating_sub(DAY_US);
    let halves = read_halves(conn, (meter, zone.clone()), (from_us, now_us), now_us)?;
    let day = Day {
        from_us,
        to_us: now_us,
        marks: marks_between((from_us, now_us), &zone, language),
        limit: None,
    };
    Ok((!halves.is_empty()).then(|| LastDay {
        picture: day.draw(&bars(&halves)),
        has_spread: halves.iter().any(|half| half.is_spread),
    }))
}
