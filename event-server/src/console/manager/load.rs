//! What flows through a site's main circuit on one day, in halves of an hour as the utility counts them.

use actix_web::{HttpResponse, web};
use api_spec::rest::{MeterResolution, MeterValue};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::super::chart::{Bar, bars};
use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ManagerWords;
use super::tabs::{self, SiteFrame, Tab};
use crate::error::Refusal;
use crate::operations::list_meter_values::{Asked, find_main_circuit, list_meter_values};
use crate::operations::local_days;

const HALF_HOUR_US: i64 = 1800 * 1_000_000;
const MOST_VALUES: usize = 200;

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
    halves: Vec<(String, String)>,
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
    let has_meter = halves.is_some();
    let halves = halves.unwrap_or_default();
    let clock = |at: i64| figures::clock(at, &zone);
    let limit_w = seen.site.contracted_demand_w;
    let shown: Vec<Bar> = halves
        .iter()
        .map(|(at, watts)| Bar {
            name: clock(*at),
            value: *watts,
        })
        .collect();
    let highest = halves.iter().max_by_key(|(_, watts)| *watts);
    let (frame, site) = seen.frames(visit, Tab::Load);
    let page = LoadPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        day: local_days::date(day).to_string(),
        has_meter,
        chart: (!shown.is_empty()).then(|| bars(&shown, limit_w)),
        highest: highest.map(|(at, watts)| (figures::kw(*watts), clock(*at))),
        contracted: limit_w.map(figures::kw),
        halves: shown
            .iter()
            .map(|bar| (bar.name.clone(), figures::kw(bar.value)))
            .collect(),
    };
    Ok(visit.page(&page))
}

/// Mean watts of each half of an hour, by when it begins; `None` where nothing reads the main circuit.
async fn demand(
    visit: &Visit,
    site: &crate::store::sites::Site,
    (from_us, to_us): (i64, i64),
) -> Result<Option<Vec<(i64, i64)>>, Refusal> {
    let (tenant_id, site_id, now_us) = (site.tenant_id.clone(), site.id.clone(), visit.now_us);
    let read = visit.context.db.read(move |conn| {
        let (place, zone) = match find_main_circuit(conn, &tenant_id, &site_id, None) {
            Err(Refusal::NotFound(_)) => return Ok(None),
            found => found?,
        };
        let asked = Asked {
            place,
            zone: local_days::zone(&zone),
            from_us,
            to_us,
            resolution: MeterResolution::QuarterHour,
            limit: MOST_VALUES,
            now_us,
        };
        let (values, _) = list_meter_values(conn, &asked)?;
        Ok::<_, Refusal>(Some(halves(&values, from_us)))
    });
    read.await
}

/// Two quarters of an hour make a half; a half of which one is missing is that one's.
fn halves(values: &[MeterValue], from_us: i64) -> Vec<(i64, i64)> {
    let mut halves: Vec<(i64, i64, i64)> = Vec::new();
    for value in values {
        let Some(energy_wh) = value.energy_wh else {
            continue;
        };
        let begins = from_us + (value.from.0 - from_us).div_euclid(HALF_HOUR_US) * HALF_HOUR_US;
        let lasts_us = value.to.0.saturating_sub(value.from.0);
        match halves.last_mut() {
            Some((at, energy, time)) if *at == begins => {
                *energy += energy_wh;
                *time += lasts_us;
            }
            _ => halves.push((begins, energy_wh, lasts_us)),
        }
    }
    let watts = |energy_wh: i64, time_us: i64| energy_wh * 3600 / (time_us / 1_000_000).max(1);
    halves
        .into_iter()
        .map(|(at, energy, time)| (at, watts(energy, time)))
        .collect()
}
