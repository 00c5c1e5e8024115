//! Taking back prices that have not begun to hold.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::{TariffWords, filled};
use super::sure::{self, Asked};
use super::tabs::{self, Tab};
use crate::error::Refusal;
use crate::operations::expected::Expected;
use crate::operations::local_days::zone;
use crate::operations::tariffs as operations;

type Named = web::Path<(String, String)>;

pub(super) async fn ask(visit: Visit, path: Named) -> HttpResponse {
    let shown = asked(&visit, &path).await;
    visit.answered(shown)
}

async fn asked(visit: &Visit, (id, version_id): &(String, String)) -> Shown {
    let seen = tabs::open_to_change(visit, id).await?;
    let w = TariffWords::of(visit.language);
    let tariff_id = seen.site.tariff_id.clone().ok_or(NoPage::NothingHere)?;
    let tenant_id = seen.site.tenant_id.clone();
    let read = visit
        .context
        .db
        .read(move |conn| operations::find_tariff(conn, &tenant_id, &tariff_id));
    let versions = read.await?.versions;
    let version = versions.into_iter().find(|version| version.id == *version_id);
    let version = version.ok_or(NoPage::NothingHere)?;
    if version.valid_from.0 <= visit.now_us {
        return Err(NoPage::Said(StatusCode::CONFLICT, w.begun));
    }
    let from = figures::full_moment(version.valid_from.0, &zone(&seen.site.zone), visit.language);
    let asked = Asked {
        title: filled(w.withdraw_title, &[("from", from)]),
        text: w.withdraw_why.to_owned(),
        action: format!("/sites/{id}/tariff/{version_id}/withdraw"),
        fields: Vec::new(),
        button: w.withdraw_sure.to_owned(),
        back: format!("/sites/{id}/tariff"),
    };
    Ok(sure::page(visit, &seen, (Tab::Tariff, asked)))
}

pub(super) async fn withdraw(acting: Acting<()>, path: Named) -> HttpResponse {
    let shown = withdrawn(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn withdrawn(acting: &Acting<()>, (id, version_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &id).await?;
    let tariff_id = seen.site.tariff_id.ok_or(NoPage::NothingHere)?;
    let resource = format!("/v1/tariffs/{tariff_id}/versions/{version_id}");
    let named = (seen.site.tenant_id, tariff_id);
    let withdraw = acting.transact(resource, move |tx| {
        operations::withdraw_version(tx, &named, &version_id, &Expected::Any)
    });
    match withdraw.await {
        Ok(_) => Ok(visit.redirect(&format!("/sites/{id}/tariff?saved=true"))),
        Err(Refusal::TariffBegun) => {
            let w = TariffWords::of(visit.language);
            Err(NoPage::Said(StatusCode::CONFLICT, w.begun))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
