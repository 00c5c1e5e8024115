//! What flows through a site's main circuit on one day, in halves of an hour as the utility counts them.

use actix_web::{HttpResponse, web};
use api_spec::rest::{MeterResolution, MeterValue};
use askama::Template;
use foundation::Conn;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::day_chart::{Bar, Day};
use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ManagerWords;
use super::load_shares::{Share, shares};
use super::tabs::{self, SiteFrame, Tab};
use crate::error::Refusal;
use crate::http::Language;
use crate::operations::half_hours::{HALF_HOUR_US, HalfHour, half_hours};
use crate::operations::list_meter_values::{Asked, find_main_circuit, list_meter_values};
use crate::operations::local_days;
use crate::store::readings::Place;
use crate::store::sites::Site;

pub(super) const DAY_US: i64 = 48 * HALF_HOUR_US;
/// The quarters of an hour of three days, of which clocks set back may make one longer.
const MOST_VALUES: usize = 292;
/// Named under the picture.
const HOURS: [i8; 4] = [0, 6, 12, 18];

#[derive(Template)]
#[template(path = "load.html")]
struct LoadPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    day: String,
    has_meter: bool,
    chart: Option<String>,
    highest: Option<(String, String)>,
    contracted: Option<String>,
    /// Where the highest half went: what, of which dwelling, how much.
    shares: Vec<Share>,
    halves: Vec<HalfLine>,
    /// Whether some of them are spread.
    has_spread: bool,
}

/// A half of an hour in the table.
struct HalfLine {
    time: String,
    power: String,
    is_highest: bool,
}

#[derive(Deserialize)]
pub(super) struct Query {
    day: Option<String>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    let shown = page(&visit, &id, query.0.day).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str, day: Option<String>) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let zone = local_days::zone(&seen.site.zone);
    let chosen = day
        .and_then(|day| day.parse::<Date>().ok())
        .map(local_days::number);
    let day = chosen.unwrap_or_else(|| local_days::day_of(&zone, visit.now_us));
    let bounds = (
        local_days::begin_us(&zone, day),
        local_days::begin_us(&zone, day + 1),
    );
    let halves = demand(visit, &seen.site, bounds).await?;
    let shares = highest_shares(visit, &seen.site, halves.as_deref().unwrap_or_default()).await?;
    let has_meter = halves.is_some();
    let halves = halves.unwrap_or_default();
    let span = |half: &HalfHour| span(half, &zone);
    let limit_w = seen.site.contracted_demand_w;
    let highest = highest_of(&halves);
    let around = Day {
        from_us: bounds.0,
        to_us: bounds.1,
        marks: marks(day, &zone),
        limit: limit_w,
    };
    let (frame, site) = seen.frames(visit, Tab::Load);
    let page = LoadPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        day: local_days::date(day).to_string(),
        has_meter,
        chart: (!halves.is_empty()).then(|| around.draw(&bars(&halves))),
        highest: highest.map(|half| (figures::kw(half.watts), span(half))),
        contracted: limit_w.map(figures::kw),
        shares,
        has_spread: halves.iter().any(|half| half.is_spread),
        halves: halves
            .iter()
            .map(|half| HalfLine {
                time: span(half),
                power: told(half),
                is_highest: half.watts > 0 && highest == Some(half),
            })
            .collect(),
    };
    Ok(visit.page(&page))
}

/// `20:30–21:00`.
fn span(half: &HalfHour, zone: &TimeZone) -> String {
    let [from, to] = [half.from_us, half.from_us + HALF_HOUR_US].map(|at_us| figures::clock(at_us, zone));
    format!("{from}–{to}")
}

fn highest_of(halves: &[HalfHour]) -> Option<&HalfHour> {
    halves.iter().max_by_key(|half| half.watts)
}

async fn highest_shares(visit: &Visit, site: &Site, halves: &[HalfHour]) -> Result<Vec<Share>, Refusal> {
    let Some(highest) = highest_of(halves).copied().filter(|half| half.watts > 0) else {
        return Ok(Vec::new());
    };
    let (site, language, now_us) = (site.clone(), visit.language, visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| shares(conn, &site, highest, (language, now_us)));
    read.await
}

/// For each half of an hour one.
pub(super) fn bars(halves: &[HalfHour]) -> Vec<Bar> {
    let bar = |half: &HalfHour| Bar {
        from_us: half.from_us,
        to_us: half.from_us + HALF_HOUR_US,
        value: half.watts,
        is_guess: half.is_spread,
    };
    halves.iter().map(bar).collect()
}

fn told(half: &HalfHour) -> String {
    let sign = if half.is_spread { "≈ " } else { "" };
    format!("{sign}{}", figures::kw(half.watts))
}

/// The hours that stand under a day's picture, by the clocks of the place.
fn marks(day: i32, zone: &TimeZone) -> Vec<(i64, String)> {
    let hours = hours_of(day, zone).into_iter();
    let mut marks: Vec<(i64, String)> = hours.map(|(at_us, hour)| (at_us, format!("{hour}:00"))).collect();
    marks.push((local_days::begin_us(zone, day + 1), "24:00".to_owned()));
    marks
}

/// The same between two moments; midnight bears the name of its day.
pub(super) fn marks_between(
    (from_us, to_us): (i64, i64),
    zone: &TimeZone,
    language: Language,
) -> Vec<(i64, String)> {
    let days = local_days::day_of(zone, from_us)..=local_days::day_of(zone, to_us);
    let hours = days.flat_map(|day| hours_of(day, zone));
    let within = hours.filter(|(at_us, _)| (from_us..=to_us).contains(at_us));
    let called = within.map(|(at_us, hour)| match hour {
        0 => (at_us, figures::day(at_us, zone, language)),
        hour => (at_us, format!("{hour}:00")),
    });
    called.collect()
}

fn hours_of(day: i32, zone: &TimeZone) -> Vec<(i64, i8)> {
    let at = |hour: i8| {
        let moment = local_days::date(day).at(hour, 0, 0, 0).to_zoned(zone.clone());
        Some((moment.ok()?.timestamp().as_microsecond(), hour))
    };
    HOURS.into_iter().filter_map(at).collect()
}

/// The demand of each half of an hour that is over; `None` where nothing reads the main circuit.
async fn demand(
    visit: &Visit,
    site: &Site,
    (from_us, to_us): (i64, i64),
) -> Result<Option<Vec<HalfHour>>, Refusal> {
    let (tenant_id, site_id, now_us) = (site.tenant_id.clone(), site.id.clone(), visit.now_us);
    let read = visit.context.db.read(move |conn| {
        let (place, zone) = match find_main_circuit(conn, &tenant_id, &site_id, None) {
            Err(Refusal::NotFound(_)) => return Ok(None),
            found => found?,
        };
        let zone = local_days::zone(&zone);
        read_halves(conn, (place, zone), (from_us, to_us), now_us).map(Some)
    });
    read.await
}

/// Of a meter, those that are over, between two moments a day apart.
pub(super) fn read_halves(
    conn: &mut Conn,
    meter: (Place, TimeZone),
    bounds: (i64, i64),
    now_us: i64,
) -> Result<Vec<HalfHour>, Refusal> {
    let quarters = read_quarters(conn, meter, bounds, now_us)?;
    Ok(halves_over(&quarters, bounds, now_us))
}

pub(super) fn halves_over(quarters: &[MeterValue], bounds: (i64, i64), now_us: i64) -> Vec<HalfHour> {
    let mut halves = half_hours(quarters, bounds);
    halves.retain(|half| half.from_us + HALF_HOUR_US <= now_us);
    halves
}

/// Of a meter, those between two moments a day apart, and of a day before and after.
pub(super) fn read_quarters(
    conn: &mut Conn,
    (place, zone): (Place, TimeZone),
    (from_us, to_us): (i64, i64),
    now_us: i64,
) -> Result<Vec<MeterValue>, Refusal> {
    let asked = Asked {
        place,
        zone,
        // The registers between which the first and the last energy lies may be of the days beside.
        from_us: from_us.saturating_sub(DAY_US),
        to_us: to_us.saturating_add(DAY_US),
        resolution: MeterResolution::QuarterHour,
        limit: MOST_VALUES,
        now_us,
    };
    list_meter_values(conn, &asked).map(|(quarters, _)| quarters)
}
