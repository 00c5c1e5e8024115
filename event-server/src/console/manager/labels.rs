//! Sheets of labels, to be printed.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::super::visit::{Shown, Visit};
use super::tabs;
use crate::http::empty_sheet;
use crate::operations::labels::{Asked, labels};
use crate::papers::{LabelSheet, label_sheet};

/// Eight on a sheet.
pub(super) const LAYOUT: &str = "105x74";

/// What to print, and where on the sheet.
#[derive(Deserialize)]
pub(super) struct Query {
    layout: Option<String>,
    start_at: Option<u32>,
    /// This one alone.
    outlet: Option<String>,
}

pub(super) async fn print(visit: Visit, id: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    let shown = printed(&visit, &id, query.0).await;
    visit.answered(shown)
}

async fn printed(visit: &Visit, id: &str, query: Query) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let empty = empty_sheet(query.layout.as_deref().unwrap_or(LAYOUT), query.start_at)?;
    let asked = Asked {
        tenant_id: seen.site.tenant_id,
        site_id: seen.site.id,
        outlet_ids: query.outlet.into_iter().collect(),
        public_url: visit.pages.public_url.clone(),
        now_us: visit.now_us,
    };
    let sheet = LabelSheet {
        labels: visit.context.db.read(move |conn| labels(conn, &asked)).await?,
        ..empty
    };
    let paper = visit.paper("labels.pdf", move |font| label_sheet(font, &sheet));
    paper.await
}
