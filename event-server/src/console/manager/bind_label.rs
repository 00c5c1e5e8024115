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
use crate::store::label_batches::{self, LabelBatch};
use crate::store::{outlets, sites};

const MAX_SITES: i64 = 1000;

#[derive(Template)]
#[template(path = "bind_label.html")]
struct WhichPage {
    frame: Frame,
    w: &'static LabelWords,
    label: Label,
    sites: Vec<Place>,
}

#[derive(Template)]
#[template(path = "bind_label_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    w: &'static LabelWords,
    label: Label,
    site: String,
    outlet: Choice,
}

/// A label that belongs to no outlet yet.
struct Label {
    code: String,
    shown: String,
}

/// Such a label, and where it could.
struct Free {
    label: Label,
    sites: Vec<Place>,
}

/// Such a label, and an outlet that it may be bound to.
struct Fitting {
    label: Label,
    site: String,
    outlet: Choice,
}

struct Place {
    name: String,
    outlets: Vec<Choice>,
}

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
    let free = read(visit, code, find).await?;
    Ok(free.map(|free| {
        let page = WhichPage {
            frame: visit.frame(),
            w: LabelWords::of(visit.language),
            label: free.label,
            sites: free.sites,
        };
        visit.page(&page)
    }))
}

/// What is known of a free label to whoever may bind one.
async fn read<T: Send + 'static>(
    visit: &Visit,
    code: &str,
    find: impl FnOnce(&mut Conn, &Viewer, String) -> Result<Option<T>, DbError> + Send + 'static,
) -> Result<Option<T>, NoPage> {
    let (Some(viewer), Some(code)) = (visit.viewer.clone(), public_code::read(code)) else {
        return Ok(None);
    };
    if !viewer.changes_sites() {
        return Ok(None);
    }
    let found = visit.context.db.read(move |conn| find(conn, &viewer, code));
    Ok(found.await?)
}

/// Whether a label of the batch may be bound at a site by whoever looks.
fn is_for(batch: &LabelBatch, viewer: &Viewer, site_id: &str) -> bool {
    let belongs = batch.site_id.as_deref().is_none_or(|of| of == site_id);
    belongs && viewer.may_change(site_id)
}

fn find(conn: &mut Conn, viewer: &Viewer, code: String) -> Result<Option<Free>, DbError> {
    let Some(batch) = label_batches::find_unbound(conn, &viewer.tenant_id, &code)? else {
        return Ok(None);
    };
    let mut here = sites::list_of_tenant(conn, &viewer.tenant_id, MAX_SITES)?;
    here.retain(|site| is_for(&batch, viewer, &site.id));
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
        label: label(code),
        sites: places,
    }))
}

/// The label and the outlet of this id, if they may be bound to each other.
fn find_fitting(
    conn: &mut Conn,
    viewer: &Viewer,
    code: String,
    outlet_id: &str,
) -> Result<Option<Fitting>, DbError> {
    let Some(batch) = label_batches::find_unbound(conn, &viewer.tenant_id, &code)? else {
        return Ok(None);
    };
    let known = outlets::find_known(conn, &viewer.tenant_id, outlet_id)?;
    let Some((outlet, _, _)) = known.filter(|(outlet, _, _)| is_for(&batch, viewer, &outlet.site_id)) else {
        return Ok(None);
    };
    let site = sites::find(conn, &viewer.tenant_id, &outlet.site_id)?;
    Ok(site.map(|site| Fitting {
        label: label(code),
        site: site.name,
        outlet: choice(outlet),
    }))
}

fn label(code: String) -> Label {
    Label {
        shown: public_code::shown(&code),
        code,
    }
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
    let Fitting { label, site, outlet } = fitting(visit, code, outlet_id).await?;
    Ok(visit.page(&ConfirmPage {
        frame: visit.frame(),
        w: LabelWords::of(visit.language),
        label,
        site,
        outlet,
    }))
}

async fn fitting(visit: &Visit, code: &str, outlet_id: &str) -> Result<Fitting, NoPage> {
    let outlet_id = outlet_id.to_owned();
    let found = read(visit, code, move |conn, viewer, code| {
        find_fitting(conn, viewer, code, &outlet_id)
    });
    found.await?.ok_or(NoPage::NothingHere)
}

pub(super) async fn bind(acting: Acting<Chosen>, code: web::Path<String>) -> HttpResponse {
    let shown = bound(&acting, &code).await;
    acting.answered(shown)
}

async fn bound(acting: &Acting<Chosen>, code: &str) -> Shown {
    let visit = &acting.visit;
    let Fitting { label, outlet, .. } = fitting(visit, code, &acting.form.outlet).await?;
    let named = (acting.viewer.tenant_id.clone(), outlet.id);
    let (code, public_url) = (label.code.clone(), visit.pages.public_url.clone());
    acting
        .transact(format!("/v1/outlets/{}", named.1), move |tx| {
            operations::bind(tx, &named, &public_url, &code)
        })
        .await?;
    Ok(visit.redirect(&format!("/o/{}", label.code)))
}
