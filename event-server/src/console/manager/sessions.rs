//! A site's sessions, the newest first.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, ended_reason};
use super::tabs::{self, SiteFrame, Tab};
use crate::operations::local_days;
use crate::store::sessions::{self, Exported};
use crate::store::{drivers, parse};

const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    lines: Vec<Line>,
    /// The number that the next page begins before.
    older: Option<i64>,
}

struct Line {
    id: String,
    started: String,
    ended: Option<String>,
    outlet: String,
    who: String,
    energy: String,
    cost: String,
    reason: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Before>) -> HttpResponse {
    let shown = page(&visit, &id, query.before).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str, before: Option<i64>) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (tenant_id, site_id) = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit.context.db.read(move |conn| {
        let rows = sessions::list_of_site(conn, (&tenant_id, &site_id), before, PAGE)?;
        let ids: Vec<String> = rows.iter().map(|row| row.session.driver_id.clone()).collect();
        Ok::<_, foundation::DbError>((rows, drivers::names(conn, &tenant_id, &ids)?))
    });
    let (rows, names) = read.await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let (frame, site) = seen.frames(visit, Tab::Sessions);
    let page = SessionsPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        older: rows.last().filter(|_| is_full).map(|row| row.session.number),
        lines: rows.iter().map(|row| line(visit, row, &names)).collect(),
    };
    Ok(visit.page(&page))
}

fn line(visit: &Visit, row: &Exported, names: &HashMap<String, String>) -> Line {
    let session = &row.session;
    let zone = local_days::zone(&row.zone);
    let moment = |at| figures::moment(at, &zone, visit.language);
    let reason = session
        .ended_reason
        .as_deref()
        .and_then(|reason| parse(reason).ok());
    Line {
        id: session.id.clone(),
        started: moment(session.requested_at),
        ended: session.ended_at.map(moment),
        outlet: row.outlet_name.clone(),
        who: figures::person(session, names),
        energy: figures::kwh(session.energy_wh),
        cost: session
            .cost_yen
            .map(|yen| figures::yen(yen, visit.language))
            .unwrap_or_default(),
        reason: reason.map_or("", |reason| ended_reason(reason, visit.language)),
    }
}
