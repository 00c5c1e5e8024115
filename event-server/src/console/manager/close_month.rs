//! Closing a month, after asking once more.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::super::acting::Acting;
use super::super::figures::{kwh_exactly, yen};
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::StatementWords;
use super::statements::{Closing, closing, month_of, name_of, of_site, read};
use super::tabs::{self, SiteFrame, Tab};
use crate::operations::statements as operations;

#[derive(Template)]
#[template(path = "statement_close.html")]
struct ClosePage {
    frame: Frame,
    site: SiteFrame,
    w: &'static StatementWords,
    month: String,
    path: String,
    sessions: i64,
    energy: String,
    total: String,
}

pub(super) async fn ask(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = page(&visit, &path).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open_to_change(visit, id).await?;
    let (month, w) = (month_of(text)?, StatementWords::of(visit.language));
    let statement = read(visit, &seen.site, month).await?;
    if closing(visit, &seen.site, (month, &statement)).await? != Closing::Now {
        return Err(NoPage::Said(StatusCode::CONFLICT, w.not_now));
    }
    let (frame, site) = seen.frames(visit, Tab::Statements);
    Ok(visit.page(&ClosePage {
        frame,
        site,
        w,
        month: name_of(month, visit.language),
        path: format!("/sites/{id}/statements/{month}"),
        sessions: statement.total.sessions,
        energy: kwh_exactly(statement.total.energy_wh),
        total: yen(statement.total.total_yen, visit.language),
    }))
}

pub(super) async fn close(acting: Acting<()>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = closed(&acting, &path).await;
    acting.answered(shown)
}

async fn closed(acting: &Acting<()>, (id, text): &(String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let (month, of) = (month_of(text)?, of_site(&seen.site));
    let resource = format!("/v1/sites/{id}/statements");
    acting
        .transact(resource, move |tx| operations::close(tx, &of, month))
        .await?;
    Ok(visit.redirect(&format!("/sites/{id}/statements/{month}")))
}
