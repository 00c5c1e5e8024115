//! Sheets of labels, to be printed.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::super::visit::{NoPage, Shown, Visit};
use super::tabs;
use crate::operations::labels::{Asked, labels};
use crate::papers::{LabelLanguage, LabelSheet, Layout, Offset, label_sheet};

/// Eight on a sheet.
const LAYOUT: &str = "105x74";

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
    let layout = Layout::named(query.layout.as_deref().unwrap_or(LAYOUT)).map_err(|_| NoPage::NothingHere)?;
    let asked = Asked {
        tenant_id: seen.site.tenant_id,
        site_id: seen.site.id,
        outlet_ids: query.outlet.into_iter().collect(),
        public_url: visit.pages.public_url.clone(),
        now_us: visit.now_us,
    };
    let labels = visit.context.db.read(move |conn| labels(conn, &asked)).await?;
    let start_at = query.start_at.unwrap_or(1).clamp(1, layout.labels());
    visit
        .paper("labels.pdf", move |font| {
            let sheet = LabelSheet {
                layout,
                offset: Offset { right: 0, down: 0 },
                skipped: start_at - 1,
                language: LabelLanguage::default(),
                labels: &labels,
            };
            label_sheet(font, &sheet)
        })
        .await
}
