//! One charge: live while it runs, a receipt afterwards.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{EndedReason, Session, SessionState};
use askama::Template;
use foundation::{Conn, DbError};
use tokio_util::sync::CancellationToken;

use super::super::acting::Acting;
use super::super::figures;
use super::super::live::{self, Part};
use super::super::place::{self, Place};
use super::super::sentence::{PATIENCE_US, Reader, draws_nothing, is_unseen, may_flow_on};
use super::super::viewer::Viewer;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ManagerWords, ResidentWords, StateWords, ended_reason};
use super::choice::chosen;
use super::curve::curve;
use super::receipt::Receipt;
use crate::error::Refusal;
use crate::http::Language;
use crate::operations::resources;
use crate::operations::stop_session::stop_session;
use crate::store::{drivers, name, session_notes, sessions};

/// A charge that ended longer ago says nothing of what its outlet does now.
const DAY_US: i64 = 24 * 3600 * 1_000_000;

#[derive(Template)]
#[template(path = "charge.html")]
struct ChargePage {
    frame: Frame,
    w: &'static ResidentWords,
    name: String,
    site: String,
    live: String,
    stream: String,
    stop: Option<String>,
    receipt: Option<Receipt>,
    curve: Option<String>,
    /// For those who look after the building: whose it is.
    who: Option<String>,
    /// Where to go on from here, and what is there.
    ways: Vec<(String, String)>,
}

/// What changes while the page is open.
#[derive(Template)]
#[template(path = "charge_live.html")]
struct LivePart {
    w: &'static ResidentWords,
    state: String,
    sentence: String,
    power: Option<String>,
    current: Option<String>,
    energy: String,
    /// What the cost is called.
    cost_is: &'static str,
    /// The chosen limit.
    asked: String,
    cost: Option<String>,
    measured: Option<(String, i64)>,
    /// Whom to call.
    call: Option<String>,
}

#[derive(Template)]
#[template(path = "stop.html")]
struct StopPage {
    frame: Frame,
    w: &'static ResidentWords,
    name: String,
    charge: String,
}

/// A charge and where it is.
pub(in crate::console) struct Charge {
    pub(super) session: Session,
    pub(super) place: Place,
    /// Whoever has stopped it in its driver's stead.
    stopped_by: Option<String>,
    /// Whose it is, where it is not that of whoever looks.
    who: Option<String>,
}

impl Charge {
    fn is_stopped_by_manager(&self) -> bool {
        self.stopped_by.is_some() && self.session.ended_reason == Some(EndedReason::Remote)
    }
}

pub(in crate::console) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = charge_page(&visit, &id).await;
    visit.answered(shown)
}

async fn charge_page(visit: &Visit, id: &str) -> Shown {
    let charge = find(visit, visit.viewer()?, id).await?;
    let w = ResidentWords::of(visit.language);
    let is_open = charge.session.ended_at.is_none();
    let may_stop = is_open && may_stop(visit.viewer()?, &charge);
    let page = ChargePage {
        w,
        name: charge.place.outlet.name.clone(),
        site: charge.place.site.name.clone(),
        live: live_part(&charge, visit.language, visit.now_us).html,
        stream: if is_open {
            format!("/charges/{id}/stream")
        } else {
            String::new()
        },
        stop: may_stop.then(|| format!("/charges/{id}/stop")),
        receipt: Receipt::of(&charge, visit.language),
        who: charge.who.clone(),
        ways: ways(&charge, visit.language),
        curve: drawn(visit, charge).await?,
        frame: visit.frame(),
    };
    Ok(visit.page(&page))
}

/// For those who look after the building: its outlet and its charges; for whoever charges: their own.
fn ways(charge: &Charge, language: Language) -> Vec<(String, String)> {
    if charge.who.is_none() {
        return vec![("/my".to_owned(), ResidentWords::of(language).mine.to_owned())];
    }
    let (site_id, outlet) = (&charge.place.site.id, &charge.place.outlet);
    let charges = ManagerWords::of(language).sessions;
    vec![
        (
            format!("/sites/{site_id}/outlets/{}", outlet.id),
            outlet.name.clone(),
        ),
        (format!("/sites/{site_id}/charges"), charges.to_owned()),
    ]
}

async fn drawn(visit: &Visit, charge: Charge) -> Result<Option<String>, NoPage> {
    let now_us = visit.now_us;
    let read = visit
        .context
        .db
        .read(move |conn| curve(conn, &charge.session, &charge.place, now_us));
    Ok(read.await?)
}

/// Ends with the charge; the page then shows the receipt.
pub(in crate::console) async fn stream(
    visit: Visit,
    stop: web::Data<CancellationToken>,
    id: web::Path<String>,
) -> HttpResponse {
    let found = match visit.viewer() {
        Ok(viewer) => find(&visit, viewer, &id).await,
        Err(no_page) => Err(no_page),
    };
    if let Err(no_page) = found {
        return visit.answered(Err(no_page));
    }
    let language = visit.language;
    let viewer = visit.viewer.clone();
    let context = visit.context.get_ref().clone();
    live::stream(context, stop.get_ref().clone(), move |conn, now_us| {
        let Some(viewer) = &viewer else { return Ok(None) };
        Ok(read(conn, viewer, &id, now_us)?.map(|charge| vec![live_part(&charge, language, now_us)]))
    })
}

pub(in crate::console) async fn ask_stop(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = stop_page(&visit, &id).await;
    visit.answered(shown)
}

async fn stop_page(visit: &Visit, id: &str) -> Shown {
    let charge = find(visit, visit.viewer()?, id).await?;
    let page = StopPage {
        w: ResidentWords::of(visit.language),
        name: charge.place.outlet.name,
        charge: format!("/charges/{id}"),
        frame: visit.frame(),
    };
    Ok(visit.page(&page))
}

pub(in crate::console) async fn stop(acting: Acting<()>, id: web::Path<String>) -> HttpResponse {
    let shown = stopped(&acting, &id).await;
    acting.answered(shown)
}

async fn stopped(acting: &Acting<()>, id: &str) -> Shown {
    let visit = &acting.visit;
    let charge = find(visit, &acting.viewer, id).await?;
    if !may_stop(&acting.viewer, &charge) {
        return Err(NoPage::Said(StatusCode::FORBIDDEN, visit.words().not_allowed));
    }
    let named = (acting.viewer.tenant_id.clone(), id.to_owned());
    let person_id = acting.viewer.person_id.clone();
    let is_others = charge.session.driver_id != person_id;
    let asked = acting
        .transact(format!("/v1/sessions/{id}"), move |tx| {
            let stopped = stop_session(tx, &named.0, &named.1)?;
            if is_others {
                session_notes::note_stop(tx.conn, &named.1, &person_id)?;
            }
            Ok(stopped)
        })
        .await;
    match asked {
        // What has ended meanwhile needs no stop.
        Ok(_) | Err(Refusal::SessionEnded) => Ok(visit.redirect(&format!("/charges/{id}"))),
        Err(other) => Err(other.into()),
    }
}

/// One's own, or at a site that one sees; others' are not there.
pub(super) async fn find(visit: &Visit, viewer: &Viewer, id: &str) -> Result<Charge, NoPage> {
    let (viewer, id, now_us) = (viewer.clone(), id.to_owned(), visit.now_us);
    let found = visit
        .context
        .db
        .read(move |conn| read(conn, &viewer, &id, now_us));
    found.await?.ok_or(NoPage::NothingHere)
}

fn read(conn: &mut Conn, viewer: &Viewer, id: &str, now_us: i64) -> Result<Option<Charge>, DbError> {
    let Some((row, outlet_id)) = sessions::find_owned(conn, &viewer.tenant_id, id)? else {
        return Ok(None);
    };
    let Some(place) = place::by_id(conn, &viewer.tenant_id, &outlet_id, now_us)? else {
        return Ok(None);
    };
    let session = resources::session(&row, &outlet_id)?;
    let is_theirs = session.driver_id == viewer.person_id || viewer.may_see(&place.site.id);
    let stopped_by = session_notes::find_stopper(conn, id)?;
    let who = match session.driver_id == viewer.person_id {
        true => None,
        false => {
            let names = drivers::names(conn, &viewer.tenant_id, std::slice::from_ref(&row.driver_id))?;
            Some(figures::person(&row, &names))
        }
    };
    Ok(is_theirs.then_some(Charge {
        stopped_by,
        who,
        session,
        place,
    }))
}

fn may_stop(viewer: &Viewer, charge: &Charge) -> bool {
    charge.session.driver_id == viewer.person_id || viewer.may_change(&charge.place.site.id)
}

fn live_part(charge: &Charge, language: Language, now_us: i64) -> Part {
    let Charge { session, place, .. } = charge;
    let outlet = &place.outlet;
    let holds = outlet.session.as_ref().is_some_and(|held| held.id == session.id);
    let flows = matches!(
        session.state,
        SessionState::Charging | SessionState::Energized | SessionState::Paused
    );
    let measured = outlet
        .measured_at
        .filter(|_| holds && flows && !is_unseen(outlet));
    let shown = |value: Option<i64>, text: fn(i64) -> String| value.filter(|_| measured.is_some()).map(text);
    let w = ResidentWords::of(language);
    let is_over = session.ended_at.is_some();
    let flows_on = flows_on(charge, now_us);
    let needs_help = flows_on || session.ended_reason.is_none_or(is_trouble);
    let part = LivePart {
        w,
        cost_is: if is_over { w.total } else { w.cost },
        asked: chosen(session, place, language),
        state: name(session.state),
        sentence: sentence(charge, language, now_us),
        power: shown(outlet.power_w, figures::kw),
        current: shown(outlet.current_ma, figures::amperes),
        energy: place.energy(session.energy_wh, language),
        cost: session.cost.as_ref().map(|cost| figures::yen(cost.yen, language)),
        call: place
            .help(language)
            .filter(|_| needs_help && charge.who.is_none()),
        measured: measured.map(|at| (figures::written(at.0, &place.zone, "%H:%M:%S"), at.0 / 1000)),
    };
    Part {
        id: "live",
        html: part.render().unwrap_or_default(),
        is_last: is_over,
    }
}

/// What is going on, and what comes next. Figures have their own place: whoever listens is told of changes alone.
fn sentence(charge: &Charge, language: Language, now_us: i64) -> String {
    let (session, w) = (&charge.session, ResidentWords::of(language));
    let outlet = &charge.place.outlet;
    let of_outlet = || charge.place.sentence(Reader::Manager, language);
    let is_out_of_sight = !outlet.online || is_unseen(outlet);
    let waits = session
        .energized_at
        .is_some_and(|at| now_us.saturating_sub(at.0) > PATIENCE_US);
    let ends = figures::near(session.limits.until.0, now_us, &charge.place.zone, language);
    let until = |text: &str| match language {
        Language::Japanese => format!("{text} — {ends} に自動停止"),
        Language::English => format!("{text} — stops by itself at {ends}"),
    };
    let reason = reason(charge, language);
    let because = |text: &str| match language {
        Language::Japanese => format!("{text}({})", reason.unwrap_or_default()),
        Language::English => format!("{text}: {}", reason.unwrap_or_default()),
    };
    match session.state {
        SessionState::Ended if flows_on(charge, now_us) => format!("{} {}", because(w.ended), w.flows_on),
        SessionState::Ended if charge.is_stopped_by_manager() => reason.unwrap_or_default().to_owned(),
        SessionState::Ended => because(w.ended),
        SessionState::Failed => because(w.failed),
        SessionState::Stopping if is_out_of_sight => of_outlet(),
        SessionState::Stopping => w.stopping.to_owned(),
        _ if !outlet.online || charge.place.is_interrupted() => of_outlet(),
        SessionState::Requested | SessionState::Starting => w.requested.to_owned(),
        SessionState::Energized | SessionState::Charging | SessionState::Paused if is_out_of_sight => {
            of_outlet()
        }
        SessionState::Energized if waits => format!("{} {}", of_outlet(), w.check_plug),
        SessionState::Energized => until(w.energized),
        SessionState::Charging if draws_nothing(outlet) => until(w.paused),
        SessionState::Charging => until(w.charging),
        SessionState::Paused => until(w.paused),
    }
}

/// Whether current may flow although this charge has ended, a short while ago.
fn flows_on(charge: &Charge, now_us: i64) -> bool {
    let ended_at = charge.session.ended_at.map(|at| at.0);
    let outlet = &charge.place.outlet;
    let is_last = ended_at.is_some_and(|at| now_us.saturating_sub(at) < DAY_US) && outlet.session.is_none();
    is_last && may_flow_on(outlet)
}

/// Whether a charge that has ended so leaves somebody in need of help, if its outlet cannot be used since.
fn is_trouble(reason: EndedReason) -> bool {
    matches!(
        reason,
        EndedReason::Tripped
            | EndedReason::DidNotClose
            | EndedReason::Welded
            | EndedReason::OverCurrent
            | EndedReason::Leakage
            | EndedReason::FeedbackBroken
            | EndedReason::DiskFailed
            | EndedReason::Unreachable
            | EndedReason::Expired
            | EndedReason::Refused
    )
}

/// Why it has ended.
pub(super) fn reason(charge: &Charge, language: Language) -> Option<&'static str> {
    if charge.is_stopped_by_manager() {
        return Some(StateWords::of(language).stopped_by_manager);
    }
    let reason = charge.session.ended_reason?;
    Some(ended_reason(reason, language))
}
