//! The invitation of a unit as a letter: whoever invites has the link, and this makes a page of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::civil::Date;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::visit::{NoPage, Shown};
use super::super::words::ManagerWords;
use super::tabs;
use crate::papers::invitation::{Invitation, pdf};
use crate::store::tenants;

const MAX_UNIT: usize = 50;
const MAX_CODE: usize = 100;

/// What is to be told.
#[derive(Deserialize)]
pub(super) struct Typed {
    link: String,
    unit: String,
    /// The last day, as `2026-12-31`.
    until: String,
}

pub(super) async fn print(acting: Acting<Typed>, id: web::Path<String>) -> HttpResponse {
    let shown = printed(&acting, &id).await;
    acting.answered(shown)
}

async fn printed(acting: &Acting<Typed>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let bad = || {
        let text = ManagerWords::of(visit.language).bad_letter;
        NoPage::Said(StatusCode::UNPROCESSABLE_ENTITY, text)
    };
    let Typed { link, unit, until } = &acting.form;
    let (link, unit) = (link.trim(), unit.trim());
    // No other address goes on a paper that people trust.
    let code = link.strip_prefix(&visit.pages.invitation_url()).ok_or_else(bad)?;
    let is_code = code.starts_with("dnr_in_") && code.len() <= MAX_CODE && code.is_ascii();
    let is_unit = unit.chars().count() <= MAX_UNIT && !unit.chars().any(char::is_control);
    let until: Date = until.trim().parse().map_err(|_| bad())?;
    if !is_code || !is_unit || code.contains(char::is_whitespace) {
        return Err(bad());
    }
    let tenant_id = seen.site.tenant_id;
    let read = visit.context.db.read(move |conn| tenants::find(conn, &tenant_id));
    let letter = Invitation {
        site: seen.site.name,
        unit: unit.to_owned(),
        link: link.to_owned(),
        code: code.to_owned(),
        until: until.to_string(),
        contact: read.await?.and_then(|tenant| tenant.contact),
    };
    visit
        .paper("invitation.pdf", move |font| pdf(font, &letter))
        .await
}
