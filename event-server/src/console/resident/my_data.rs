//! What is kept of somebody, and its deletion.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use foundation::secrets::SecretHash;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::cookies::Kind;
use super::super::sign_in;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::DataWords;
use crate::error::Refusal;
use crate::operations::forget_person::forget_person;

#[derive(Template)]
#[template(path = "my_data.html")]
struct DataPage {
    frame: Frame,
    w: &'static DataWords,
    kept: [&'static str; 5],
}

/// What the form says.
#[derive(Deserialize)]
pub(in crate::console) struct Wish {
    #[serde(default)]
    sure: String,
}

pub(in crate::console) async fn show(visit: Visit) -> HttpResponse {
    let shown = page(&visit);
    visit.answered(shown)
}

fn page(visit: &Visit) -> Shown {
    visit.viewer()?;
    let w = DataWords::of(visit.language);
    Ok(visit.page(&DataPage {
        frame: visit.frame(),
        w,
        kept: [w.identity, w.charges, w.consents, w.address, w.reports],
    }))
}

pub(in crate::console) async fn delete(mut acting: Acting<Wish>) -> HttpResponse {
    let shown = deleted(&mut acting).await;
    acting.answered(shown)
}

/// The browser is signed out as well, here and at the auth-server.
async fn deleted(acting: &mut Acting<Wish>) -> Shown {
    let w = DataWords::of(acting.visit.language);
    if acting.form.sure != "yes" {
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, w.not_sure));
    }
    let who = (acting.viewer.tenant_id.clone(), acting.viewer.person_id.clone());
    let cookie = acting.visit.cookie(Kind::Session).unwrap_or_default();
    let asking = SecretHash::of(&cookie).to_text();
    let resource = format!("/v1/drivers/{}", who.1);
    let forgotten = acting.transact(resource, move |tx| forget_person(tx, &who, &asking));
    match forgotten.await {
        Ok(()) => sign_in::leave(&mut acting.visit).await,
        Err(Refusal::SessionRunning) => Err(NoPage::Said(StatusCode::CONFLICT, w.running)),
        Err(refusal) => Err(NoPage::Refused(refusal)),
    }
}
