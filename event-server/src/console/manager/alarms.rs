//! What needs somebody at a site: open, looked after, over.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{Alarm, AlarmKind, AlarmSeverity, AlarmState};
use askama::Template;
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{AlarmWords, FaultWords, alarm, controller_problem, fault, fault_kind};
use super::alarm_cards::{Card, Line, cards};
use super::tabs::{self, SiteFrame, Tab};
use crate::error::Refusal;
use crate::operations::alarms as operations;
use crate::operations::local_days;
use crate::store::fault_reports::{self, Report};
use crate::store::places::{Named, site_of};
use crate::store::{alarms, browser_sessions, controllers, drivers, outlets};

const SHOWN: i64 = 200;
const MAX_NOTE: usize = 500;
/// As many as a panel has outlets, and its main circuit.
const MAX_TOGETHER: usize = domain::ids::MAX_OUTLETS as usize + 1;

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static AlarmWords,
    f: &'static FaultWords,
    standing: Vec<Card>,
    over: Vec<Card>,
}

/// What alarms are about.
struct Names {
    places: HashMap<String, String>,
    people: HashMap<String, String>,
    reports: Vec<Report>,
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    note: String,
    /// The ids of others that are looked after too, with commas between.
    #[serde(default)]
    also: String,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let named = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit.context.db.read(move |conn| {
        let all = list(conn, &named)?;
        let names = names(conn, &named, &all)?;
        Ok::<_, DbError>((all, names))
    });
    let (all, names) = read.await?;
    let zone = local_days::zone(&seen.site.zone);
    let lines = all.into_iter().map(|alarm| {
        let is_over = alarm.state == AlarmState::Closed;
        (is_over, line(visit, alarm, &names, &zone))
    });
    let (over, standing): (Vec<_>, Vec<_>) = lines.partition(|(is_over, _)| *is_over);
    let (frame, site) = seen.frames(visit, Tab::Alarms);
    let page = AlarmsPage {
        frame,
        site,
        w: AlarmWords::of(visit.language),
        f: FaultWords::of(visit.language),
        standing: cards(standing.into_iter().map(|(_, line)| line)),
        over: cards(over.into_iter().map(|(_, line)| line)),
    };
    Ok(visit.page(&page))
}

fn list(conn: &mut Conn, (tenant_id, site_id): &(String, String)) -> Result<Vec<Alarm>, DbError> {
    let filter = alarms::Filter {
        site_id: Some(site_id.clone()),
        ..alarms::Filter::default()
    };
    let rows = alarms::list(conn, tenant_id, &filter, SHOWN)?;
    let shown = rows
        .iter()
        .map(|(row, outlet_id)| operations::resource(row, outlet_id.as_deref()));
    shown.collect()
}

fn names(conn: &mut Conn, (tenant_id, site_id): &(String, String), all: &[Alarm]) -> Result<Names, DbError> {
    let mut places: HashMap<String, String> =
        controllers::names_of_site(conn, site_id)?.into_iter().collect();
    for (outlet, _, _) in outlets::list_known_of_site(conn, site_id)? {
        places.insert(outlet.id, outlet.name);
    }
    let ids: Vec<String> = all
        .iter()
        .filter_map(|alarm| alarm.acknowledged_by.clone())
        .collect();
    let mut people = drivers::names(conn, tenant_id, &ids)?;
    people.extend(browser_sessions::names(conn, tenant_id, &ids)?);
    Ok(Names {
        places,
        people,
        reports: fault_reports::list_of_site(conn, site_id, SHOWN)?,
    })
}

fn line(visit: &Visit, told: Alarm, names: &Names, zone: &TimeZone) -> Line {
    let moment = |at: api_spec::rest::Time| figures::moment(at.0, zone, visit.language);
    let (what, to_do) = alarm((told.kind, told.cause.as_deref()), visit.language);
    // What the sentence of a fault says of its cause is not said again.
    let says_cause = what != alarm((told.kind, None), visit.language).0;
    let is_fault = told.kind == AlarmKind::OutletFault && told.state != AlarmState::Closed;
    let clear = told.outlet_id.as_ref().filter(|_| is_fault);
    let clear = clear.map(|id| format!("/outlets/{id}/fault"));
    let reports = reports(&told, &names.reports);
    let is_outlet = told.outlet_id.is_some();
    let place = told.outlet_id.as_ref().unwrap_or(&told.controller_id);
    // Who has acknowledged it may be a manager, who is no driver.
    let own = visit.viewer.as_ref();
    let by = told
        .acknowledged_by
        .map(|id| match own.filter(|viewer| viewer.person_id == id) {
            Some(viewer) => viewer.name.clone(),
            None => names.people.get(&id).cloned().unwrap_or(id),
        });
    Line {
        is_outlet,
        place: names.places.get(place).unwrap_or(place).clone(),
        what,
        to_do,
        cause: told.cause.filter(|_| !says_cause).map(|cause| match told.kind {
            AlarmKind::OutletReported => fault_kind(&cause, visit.language).to_owned(),
            AlarmKind::OutletFault => fault(Some(&cause), visit.language).to_owned(),
            AlarmKind::ControllerProblem => controller_problem(&cause, visit.language).to_owned(),
            AlarmKind::OutletOnPastEnd
            | AlarmKind::OutletCurrentWhileOff
            | AlarmKind::MeterSilent
            | AlarmKind::StopNotConfirmed
            | AlarmKind::ControllerOffline => cause,
        }),
        reports,
        clear,
        is_critical: told.severity == AlarmSeverity::Critical,
        is_open: told.state == AlarmState::Open,
        opened_us: told.opened_at.0,
        opened: moment(told.opened_at),
        closed: told.closed_at.map(moment),
        by,
        note: told.note,
        charge: told.session_id.map(|id| format!("/charges/{id}")),
        id: told.id,
        controller_id: told.controller_id,
    }
}

/// What was said of the same since the alarm opened.
fn reports(told: &Alarm, all: &[Report]) -> Vec<String> {
    let is_of_it = |report: &&Report| {
        told.kind == AlarmKind::OutletReported
            && Some(&report.outlet_id) == told.outlet_id.as_ref()
            && Some(&report.kind) == told.cause.as_ref()
            && report.reported_at >= told.opened_at.0
            && told.closed_at.is_none_or(|closed| report.reported_at <= closed.0)
            && !report.text.is_empty()
    };
    let texts = all.iter().filter(is_of_it);
    texts.map(|report| report.text.clone()).collect()
}

pub(super) async fn acknowledge(acting: Acting<Said>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = acknowledged(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn acknowledged(acting: &Acting<Said>, (site_id, alarm_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let note = acting.form.note.trim().to_owned();
    if note.chars().count() > MAX_NOTE || note.chars().any(char::is_control) {
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, visit.words().bad_form));
    }
    let said = (
        acting.viewer.person_id.clone(),
        Some(note).filter(|note| !note.is_empty()),
    );
    let also = acting.form.also.split(',').filter(|id| !id.is_empty());
    let ids: Vec<String> = std::iter::once(alarm_id).chain(also.map(str::to_owned)).collect();
    if ids.len() > MAX_TOGETHER {
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, visit.words().bad_form));
    }
    let (tenant_id, of_site) = (seen.site.tenant_id, site_id.clone());
    // Each is a change of its own in the audit log.
    for id in ids {
        let (named, of_site, said) = ((tenant_id.clone(), id), of_site.clone(), said.clone());
        acting
            .transact(format!("/v1/alarms/{}", named.1), move |tx| {
                // One of another site is not there for who looks after this one.
                let found = site_of(tx.conn, &named.0, Named::Alarm, &named.1)?;
                match found.as_ref() == Some(&of_site) {
                    true => operations::acknowledge(tx, &named, said),
                    false => Err(Refusal::NotFound("alarm")),
                }
            })
            .await?;
    }
    Ok(visit.redirect(&format!("/sites/{site_id}/alarms")))
}
