//! The receipt of a charge as a paper.

use actix_web::{HttpResponse, web};

use super::super::visit::{Shown, Visit};
use super::charge;
use crate::operations::receipt::receipt;
use crate::papers::receipt::pdf;

pub(in crate::console) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = drawn(&visit, &id).await;
    visit.answered(shown)
}

async fn drawn(visit: &Visit, id: &str) -> Shown {
    let viewer = visit.viewer()?;
    charge::find(visit, viewer, id).await?;
    let (named, language, now_us) = (
        (viewer.tenant_id.clone(), id.to_owned()),
        visit.language,
        visit.now_us,
    );
    let read = visit
        .context
        .db
        .read(move |conn| receipt(conn, (&named.0, &named.1), language, now_us));
    let receipt = read.await?;
    visit
        .paper(&format!("{id}.pdf"), move |font| pdf(font, &receipt))
        .await
}
