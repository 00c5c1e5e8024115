//! Labels that are printed before anybody knows for which outlets: made here, sent to a print shop.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{LabelBatch, NewLabelBatch};
use foundation::{Conn, DbError};
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::csv_file::csv_file;
use super::super::figures;
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::LabelWords;
use super::labels::LAYOUT;
use super::statements::{asked, charset};
use super::tabs::{self, Seen};
use crate::http::{Csv, Language, MAX_BATCH, batch_sheet, empty_sheet};
use crate::operations::label_batches as operations;
use crate::operations::labels::batch_labels;
use crate::operations::local_days;
use crate::papers::{LabelSheet, label_sheet};
use crate::store::label_batches;
use crate::store::sites::Site;

/// The newest ones; older ones are long stuck on.
const SHOWN: i64 = 20;

/// A batch in the list of its site.
pub(super) struct Line {
    path: String,
    pub(super) made: String,
    pub(super) labels: i64,
    pub(super) bound: i64,
}

impl Line {
    pub(super) fn file(&self, ending: &str) -> String {
        format!("{}.{ending}", self.path)
    }
}

#[derive(Deserialize)]
pub(super) struct Typed {
    count: String,
}

/// The newest batches of a site.
pub(super) fn lines(conn: &mut Conn, site: &Site, language: Language) -> Result<Vec<Line>, DbError> {
    let zone = local_days::zone(&site.zone);
    let batches = label_batches::list_of_site(conn, (&site.tenant_id, &site.id), SHOWN)?;
    let line = |(batch, labels, bound): (label_batches::LabelBatch, i64, i64)| Line {
        path: format!("/sites/{}/label-batches/{}", site.id, batch.id),
        made: figures::full_moment(batch.created_at, &zone, language),
        labels,
        bound,
    };
    Ok(batches.into_iter().map(line).collect())
}

pub(super) async fn make(acting: Acting<Typed>, id: web::Path<String>) -> HttpResponse {
    let shown = made(&acting, &id).await;
    acting.answered(shown)
}

async fn made(acting: &Acting<Typed>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let bad = LabelWords::of(visit.language).bad_count;
    let count = acting.form.count.trim().parse().ok();
    let count = count.filter(|count| (1..=MAX_BATCH).contains(count));
    let asked = NewLabelBatch {
        site_id: Some(seen.site.id),
        count: count.ok_or(NoPage::Said(StatusCode::UNPROCESSABLE_ENTITY, bad))?,
    };
    let (tenant_id, public_url) = (seen.site.tenant_id, visit.pages.public_url.clone());
    acting
        .transact("/v1/label-batches".to_owned(), move |tx| {
            operations::create(tx, (&tenant_id, &public_url), asked)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{id}/outlets#batches")))
}

pub(super) async fn csv(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = written(&visit, &path).await;
    visit.answered(shown)
}

async fn written(visit: &Visit, (id, batch_id): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let batch = find(visit, &seen, batch_id).await?;
    let csv = Csv {
        charset: charset(asked(visit, "charset").as_deref()),
        bom: true,
    };
    Ok(csv_file(&format!("{batch_id}.csv"), csv, batch_sheet(batch)))
}

pub(super) async fn pdf(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = printed(&visit, &path).await;
    visit.answered(shown)
}

async fn printed(visit: &Visit, (id, batch_id): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let batch = find(visit, &seen, batch_id).await?;
    let (site, now_us) = (seen.site, visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| batch_labels(conn, &batch, (&site, now_us)));
    let sheet = LabelSheet {
        labels: read.await?,
        ..empty_sheet(LAYOUT, None)?
    };
    let name = format!("{batch_id}.pdf");
    visit.paper(&name, move |font| label_sheet(font, &sheet)).await
}

/// A batch of this site; others are not there.
async fn find(visit: &Visit, seen: &Seen, batch_id: &str) -> Result<LabelBatch, NoPage> {
    let named = (seen.site.tenant_id.clone(), batch_id.to_owned());
    let public_url = visit.pages.public_url.clone();
    let read = visit
        .context
        .db
        .read(move |conn| operations::find(conn, (&named.0, &named.1), &public_url));
    let batch = read.await?;
    match batch.site_id.as_deref() == Some(&seen.site.id) {
        true => Ok(batch),
        false => Err(NoPage::NothingHere),
    }
}
