//! A site's outlets, live: in a sentence each, always at the same place.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use foundation::{Conn, DbError};
use tokio_util::sync::CancellationToken;

use super::super::live::{self, Part};
use super::super::tiles::{self, Group, Tile};
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ManagerWords;
use super::tabs::{self, SiteFrame, Tab};
use crate::http::Language;
use crate::operations::local_days;
use crate::store::sites::Site;
use crate::store::{controllers, drivers, outlets, sessions};

#[derive(Template)]
#[template(path = "live.html")]
struct LivePage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    live: String,
}

#[derive(Template)]
#[template(path = "tiles.html")]
struct TilesPart {
    lang: &'static str,
    groups: Vec<Group>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let (viewer, site) = tabs::open(visit, id).await?;
    let (of, language) = (site.clone(), visit.language);
    let live = visit
        .context
        .db
        .read(move |conn| part(conn, &of, language))
        .await?;
    let page = LivePage {
        frame: visit.frame(),
        site: SiteFrame::of(visit, (&viewer, &site), Tab::Live),
        w: ManagerWords::of(language),
        live: live.html,
    };
    Ok(visit.page(&page))
}

pub(super) async fn stream(
    visit: Visit,
    stop: web::Data<CancellationToken>,
    id: web::Path<String>,
) -> HttpResponse {
    let site = match tabs::open(&visit, &id).await {
        Ok((_, site)) => site,
        Err(no_page) => return visit.answered(Err(no_page)),
    };
    let language = visit.language;
    let context = visit.context.get_ref().clone();
    live::stream(context, stop.get_ref().clone(), move |conn| {
        Ok(Some(vec![part(conn, &site, language)?]))
    })
}

/// The tiles by panel, in the order of the panels' places.
fn part(conn: &mut Conn, site: &Site, language: Language) -> Result<Part, DbError> {
    let zone = local_days::zone(&site.zone);
    let names = controllers::names_of_site(conn, &site.id)?;
    let known = outlets::list_known_of_site(conn, &site.id)?;
    let who = who(conn, &known)?;
    let places: Vec<(String, String)> = known
        .iter()
        .map(|(outlet, current, _)| {
            let session = current.session_id.clone().unwrap_or_default();
            (outlet.controller_id.clone(), session)
        })
        .collect();
    let mut groups: Vec<Group> = names
        .iter()
        .map(|(_, name)| Group {
            site: name.clone(),
            tiles: Vec::new(),
        })
        .collect();
    for (tile, (controller_id, session)) in tiles::tiles(conn, known, &zone, language)?
        .into_iter()
        .zip(places)
    {
        let at = names.iter().position(|(id, _)| *id == controller_id);
        let Some(group) = at.and_then(|at| groups.get_mut(at)) else {
            continue;
        };
        group.tiles.push(Tile {
            who: who.get(&session).cloned().unwrap_or_default(),
            href: match session.as_str() {
                "" => String::new(),
                session => format!("/charges/{session}"),
            },
            ..tile
        });
    }
    let lang = language.code();
    Ok(Part {
        id: "live",
        html: TilesPart { lang, groups }.render().unwrap_or_default(),
        is_last: false,
    })
}

/// Who charges, by session: their unit, else their name or what the app backend calls them.
fn who(conn: &mut Conn, known: &[outlets::Known]) -> Result<HashMap<String, String>, DbError> {
    let ids: Vec<String> = known
        .iter()
        .filter_map(|(_, current, _)| current.session_id.clone())
        .collect();
    let mut who = HashMap::new();
    for session in sessions::list_by_ids(conn, &ids)? {
        let driver = drivers::find(conn, &session.tenant_id, &session.driver_id)?;
        let name = driver.and_then(|driver| driver.unit.or(driver.name));
        who.insert(session.id, name.unwrap_or(session.driver_id));
    }
    Ok(who)
}
