//! Saying that something is wrong at an outlet.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::place::Place;
use super::super::viewer::Viewer;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ReportWords, ResidentWords, fault_kind};
use super::card::Card;
use super::outlet;
use crate::operations::report_fault::{FaultKind, Said, report_fault};
use crate::store::name;

const MAX_TEXT: usize = 500;
const KINDS: [FaultKind; 5] = [
    FaultKind::NoPower,
    FaultKind::Damaged,
    FaultKind::Blocked,
    FaultKind::Label,
    FaultKind::Other,
];

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    w: &'static ReportWords,
    card: Card,
    /// What to do in danger, and whom to call.
    danger: String,
    /// Value and text.
    kinds: Vec<(String, &'static str)>,
}

/// What the form says.
#[derive(Deserialize)]
pub(in crate::console) struct Report {
    kind: FaultKind,
    #[serde(default)]
    text: String,
}

/// Whoever has something to do with the site.
pub(super) fn may_report(viewer: &Viewer, place: &Place) -> bool {
    viewer.tenant_id == place.site.tenant_id && viewer.role_at(&place.site.id).is_some()
}

pub(in crate::console) async fn ask(visit: Visit, code: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &code).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, code: &str) -> Shown {
    let Some(place) = outlet::find(visit, code).await? else {
        return outlet::unknown(visit).await;
    };
    check(visit, visit.viewer()?, &place)?;
    let kinds = KINDS.map(|kind| (name(kind), fault_kind(&name(kind), visit.language)));
    let page = ReportPage {
        w: ReportWords::of(visit.language),
        card: Card::of(&place, visit),
        danger: place.and_whom(ReportWords::of(visit.language).danger, visit.language),
        kinds: kinds.into(),
        frame: visit.frame(),
    };
    Ok(visit.page(&page))
}

fn check(visit: &Visit, viewer: &Viewer, place: &Place) -> Result<(), NoPage> {
    let w = ResidentWords::of(visit.language);
    match may_report(viewer, place) {
        true => Ok(()),
        false => Err(NoPage::Said(StatusCode::FORBIDDEN, w.not_registered)),
    }
}

pub(in crate::console) async fn send(acting: Acting<Report>, code: web::Path<String>) -> HttpResponse {
    let shown = sent(&acting, &code).await;
    acting.answered(shown)
}

async fn sent(acting: &Acting<Report>, code: &str) -> Shown {
    let visit = &acting.visit;
    let w = ReportWords::of(visit.language);
    let Some(place) = outlet::find(visit, code).await? else {
        return outlet::unknown(visit).await;
    };
    check(visit, &acting.viewer, &place)?;
    let text = acting.form.text.trim().replace("\r\n", "\n");
    let is_plain = |letter: char| letter == '\n' || !letter.is_control();
    if text.chars().count() > MAX_TEXT || !text.chars().all(is_plain) {
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, w.too_long));
    }
    let said = Said {
        outlet_id: place.outlet.id.clone(),
        person_id: acting.viewer.person_id.clone(),
        kind: acting.form.kind,
        text,
    };
    let tenant_id = acting.viewer.tenant_id.clone();
    let taken = acting
        .transact(format!("/v1/outlets/{}", place.outlet.id), move |tx| {
            report_fault(tx, &tenant_id, said)
        })
        .await?;
    let back = format!("/o/{}", place.outlet.public_code);
    let on = Some((back.as_str(), visit.words().back));
    let (status, said) = match taken {
        true => (StatusCode::OK, w.thanks),
        false => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
    };
    let text = place.and_whom(said, visit.language);
    Ok(visit.message(status, (w.title, &text), on))
}
