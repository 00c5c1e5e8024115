//! The sites that somebody sees.

use actix_web::HttpResponse;
use askama::Template;

use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ManagerWords;
use crate::store::sites::{self, Site};

/// A person cannot look at more.
const MAX_SITES: i64 = 500;

#[derive(Template)]
#[template(path = "sites.html")]
struct SitesPage {
    frame: Frame,
    w: &'static ManagerWords,
    sites: Vec<Site>,
}

pub(super) async fn show(visit: Visit) -> HttpResponse {
    let shown = page(&visit).await;
    visit.answered(shown)
}

async fn page(visit: &Visit) -> Shown {
    let viewer = visit.viewer()?.clone();
    let tenant_id = viewer.tenant_id.clone();
    let read = visit
        .context
        .db
        .read(move |conn| sites::list_of_tenant(conn, &tenant_id, MAX_SITES));
    let mut sites = read.await?;
    sites.retain(|site| viewer.may_see(&site.id));
    // Who looks after one site is there at once.
    if let [site] = sites.as_slice() {
        return Ok(visit.redirect(&format!("/sites/{}", site.id)));
    }
    let w = ManagerWords::of(visit.language);
    Ok(visit.page(&SitesPage {
        frame: visit.frame(),
        w,
        sites,
    }))
}
