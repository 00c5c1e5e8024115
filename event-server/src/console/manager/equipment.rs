//! A site's controllers: whether they are there, what they run, what troubles them.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, controller_problem};
use super::tabs::{self, SiteFrame, Tab};
use crate::operations::local_days;
use crate::store::controller_problems;
use crate::store::controllers::{self, Controller};

#[derive(Template)]
#[template(path = "equipment.html")]
struct EquipmentPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    controllers: Vec<Card>,
}

struct Card {
    name: String,
    station_id: String,
    online: bool,
    since: Option<String>,
    model: String,
    firmware: String,
    protocol: String,
    security_profile: i32,
    booted: String,
    problems: Vec<String>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let site_id = seen.site.id.clone();
    let read = visit.context.db.read(move |conn| {
        let mut all = Vec::new();
        for controller in controllers::list_of_site(conn, &site_id)? {
            let problems = controller_problems::list_standing(conn, &controller.id)?;
            all.push((controller, problems));
        }
        Ok::<_, foundation::DbError>(all)
    });
    let zone = local_days::zone(&seen.site.zone);
    let in_words = |problem: &String| controller_problem(problem, visit.language).to_owned();
    let moment = |at| figures::moment(at, &zone, visit.language);
    let cards = read
        .await?
        .into_iter()
        .map(|(row, problems)| card(row, problems.iter().map(in_words).collect(), moment));
    let controllers = cards.collect();
    let (frame, site) = seen.frames(visit, Tab::Equipment);
    let w = ManagerWords::of(visit.language);
    Ok(visit.page(&EquipmentPage {
        frame,
        site,
        w,
        controllers,
    }))
}

fn card(row: Controller, problems: Vec<String>, moment: impl Fn(i64) -> String) -> Card {
    let unknown = || "–".to_owned();
    // Some models are called by their vendor's name already.
    let vendor = row.vendor.filter(|vendor| {
        let model = row.model.as_deref().unwrap_or_default();
        !model.starts_with(vendor.as_str())
    });
    let model = [vendor, row.model].into_iter().flatten().collect::<Vec<_>>();
    Card {
        name: row.name,
        station_id: row.station_id,
        online: row.online,
        since: row.online_changed_at.map(&moment),
        model: if model.is_empty() {
            unknown()
        } else {
            model.join(" ")
        },
        firmware: row.firmware.unwrap_or_else(unknown),
        protocol: row.ocpp_version.unwrap_or_else(unknown),
        security_profile: row.security_profile,
        booted: row.booted_at.map_or_else(unknown, &moment),
        problems,
    }
}
