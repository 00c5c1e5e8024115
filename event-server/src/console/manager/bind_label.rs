//! Binding a label that was printed beforehand: whoever looks after a site scans it beside the outlet.

use actix_web::{HttpResponse, web};
use askama::Template;
use foundation::{Conn, DbError};
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::viewer::Viewer;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::LabelWords;
use crate::operations::{label_batches as operations, public_code};
use crate::store::{label_batches, outlets, sites};

const MAX_SITES: i64 = 1000;

#[derive(Template)]
#[template(path = "bind_label.html")]
struct WhichPage {
    frame: Frame,
    w: &'static LabelWords,
    label: Free,
}

#[derive(Template)]
#[template(path = "bind_label_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    w: &'static LabelWords,
    label: Free,
    site: String,
    outlet: Choice,
}

/// A label that belongs to no outlet yet, and where it could.
struct Free {
    code: String,
    shown: String,
    sites: Vec<Place>,
}

struct Place {
    name: String,
    outlets: Vec<Choice>,
}

#[derive(Clone)]
struct Choice {
    id: String,
    name: String,
    unit: Option<String>,
    /// The code that it has.
    shown_code: String,
}

/// Beside which outlet the label is stuck.
#[derive(Deserialize)]
pub(super) struct Chosen {
    outlet: String,
}

/// The page to bind a label on; `None` where the code is no free label's, or the viewer may bind none: they see what
/// everybody sees.
pub(in crate::console) async fn offer(visit: &Visit, code: &str) -> Result<Option<HttpResponse>, NoPage> {
    let label = free(visit, code).await?;
    Ok(label.map(|label| {
        let (frame, w) = (visit.frame(), LabelWords::of(visit.language));
        visit.page(&WhichPage { frame, w, label })
    }))
}

async fn free(visit: &Visit, code: &str) -> Result<Option<Free>, NoPage> {
    let (Some(viewer), Some(code)) = (visit.viewer.clone(), public_code::read(code)) else {
        return Ok(None);
    };
    if !viewer.changes_sites() {
        return Ok(None);
    }
    let read = visit.context.db.read(move |conn| find(conn, &viewer, code));
    Ok(read.await?)
}

fn find(conn: &mut Conn, viewer: &Viewer, code: String) -> Result<Option<Free>, DbError> {
    let Some(batch) = label_batches::find_unbound(conn, &viewer.tenant_id, &code)? else {
        return Ok(None);
    };
    let is_for = |id: &str| batch.site_id.as_deref().is_none_or(|of| of == id) && viewer.may_change(id);
    let mut here = sites::list_of_tenant(conn, &viewer.tenant_id, MAX_SITES)?;
    here.retain(|site| is_for(&site.id));
    if here.is_empty() {
        return Ok(None);
    }
    let mut places = Vec::with_capacity(here.len());
    for site in here {
        let known = outlets::list_known_of_site(conn, &site.id)?;
        let outlets: Vec<Choice> = known.into_iter().map(|(outlet, _, _)| choice(outlet)).collect();
        if !outlets.is_empty() {
            places.push(Place {
                name: site.name,
                outlets,
            });
        }
    }
    Ok(Some(Free {
        shown: public_code::shown(&code),
        code,
        sites: places,
    }))
}

fn choice(outlet: outlets::Outlet) -> Choice {
    Choice {
        id: outlet.id,
        name: outlet.name,
        unit: outlet.unit,
        shown_code: public_code::shown(&outlet.public_code),
    }
}

pub(super) async fn ask(visit: Visit, code: web::Path<String>, chosen: web::Query<Chosen>) -> HttpResponse {
    let shown = confirm_page(&visit, &code, &chosen.outlet).await;
    visit.answered(shown)
}

async fn confirm_page(visit: &Visit, code: &str, outlet_id: &str) -> Shown {
    let label = free(visit, code).await?.ok_or(NoPage::NothingHere)?;
    let (site, outlet) = label.outlet(outlet_id).ok_or(NoPage::NothingHere)?;
    Ok(visit.page(&ConfirmPage {
        frame: visit.frame(),
        w: LabelWords::of(visit.language),
        label,
        site,
        outlet,
    }))
}

pub(super) async fn bind(acting: Acting<Chosen>, code: web::Path<String>) -> HttpResponse {
    let shown = bound(&acting, &code).await;
    acting.answered(shown)
}

async fn bound(acting: &Acting<Chosen>, code: &str) -> Shown {
    let visit = &acting.visit;
    let label = free(visit, code).await?.ok_or(NoPage::NothingHere)?;
    let (_, outlet) = label.outlet(&acting.form.outlet).ok_or(NoPage::NothingHere)?;
    let named = (acting.viewer.tenant_id.clone(), outlet.id);
    let (code, public_url) = (label.code.clone(), visit.pages.public_url.clone());
    acting
        .transact(format!("/v1/outlets/{}", named.1), move |tx| {
            operations::bind(tx, &named, &public_url, &code)
        })
        .await?;
    Ok(visit.redirect(&format!("/o/{}", label.code)))
}

impl Free {
    /// The site's name and the outlet, if that may be bound.
    fn outlet(&self, id: &str) -> Option<(String, Choice)> {
        let mut all = self
            .sites
            .iter()
            .flat_map(|site| site.outlets.iter().map(|outlet| (&site.name, outlet)));
        let (site, outlet) = all.find(|(_, outlet)| outlet.id == id)?;
        Some((site.clone(), outlet.clone()))
    }
}
