//! Asked once more: a new code makes the label on the wall useless, and an outlet out of use serves nobody.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use foundation::DbError;
use serde::Deserialize;

use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::{ManagerWords, filled};
use super::outlets::is_reason;
use super::sure::{self, Asked};
use super::tabs::{self, Seen, Tab};
use crate::store::outlets::{self, Outlet};

type Named = web::Path<(String, String)>;

#[derive(Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    reason: String,
}

pub(super) async fn code(visit: Visit, path: Named) -> HttpResponse {
    let shown = asked_for_code(&visit, path.into_inner()).await;
    visit.answered(shown)
}

async fn asked_for_code(visit: &Visit, (site_id, outlet_id): (String, String)) -> Shown {
    let (seen, outlet) = find(visit, &site_id, outlet_id).await?;
    let w = ManagerWords::of(visit.language);
    let asked = Asked {
        title: format!("{}: {}", w.new_code, outlet.name),
        text: w.new_code_sure.to_owned(),
        action: format!("/sites/{site_id}/outlets/{}/code", outlet.id),
        fields: Vec::new(),
        button: format!("{}: {}", w.new_code, outlet.name),
        back: format!("/sites/{site_id}/outlets"),
    };
    Ok(sure::page(visit, &seen, (Tab::Outlets, asked)))
}

pub(super) async fn disable(visit: Visit, path: Named, why: web::Query<Why>) -> HttpResponse {
    let shown = asked_to_disable(&visit, path.into_inner(), why.0.reason.trim()).await;
    visit.answered(shown)
}

async fn asked_to_disable(visit: &Visit, (site_id, outlet_id): (String, String), reason: &str) -> Shown {
    let (seen, outlet) = find(visit, &site_id, outlet_id).await?;
    let w = ManagerWords::of(visit.language);
    if !is_reason(reason) {
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, w.bad_text));
    }
    let asked = Asked {
        title: format!("{}: {}", w.disable, outlet.name),
        text: filled(w.disable_sure, &[("reason", reason.to_owned())]),
        action: format!("/sites/{site_id}/outlets/{}", outlet.id),
        fields: vec![("what", "disable".to_owned()), ("reason", reason.to_owned())],
        button: format!("{}: {}", w.disable, outlet.name),
        back: format!("/sites/{site_id}/outlets"),
    };
    Ok(sure::page(visit, &seen, (Tab::Outlets, asked)))
}

/// An outlet of a site that the viewer looks after.
async fn find(visit: &Visit, site_id: &str, outlet_id: String) -> Result<(Seen, Outlet), NoPage> {
    let seen = tabs::open_to_change(visit, site_id).await?;
    let (tenant_id, of_site) = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit.context.db.read(move |conn| {
        let known = outlets::find_known(conn, &tenant_id, &outlet_id)?;
        Ok::<_, DbError>(known.filter(|(outlet, _, _)| outlet.site_id == of_site))
    });
    let (outlet, _, _) = read.await?.ok_or(NoPage::NothingHere)?;
    Ok((seen, outlet))
}
