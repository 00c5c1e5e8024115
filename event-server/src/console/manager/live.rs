//! A site's outlets, live: in a sentence each, always at the same place.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use api_spec::rest;
use askama::Template;
use foundation::{Conn, DbError};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::super::live::{self, Part};
use super::super::tiles::{self, Group, Tile};
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{FaultWords, ManagerWords};
use super::main_load;
use super::sparklines::Sparklines;
use super::tabs::{self, SiteFrame, Tab};
use crate::http::Language;
use crate::operations::local_days;
use crate::store::sites::Site;
use crate::store::{controllers, drivers, outlets};

#[derive(Template)]
#[template(path = "live.html")]
struct LivePage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    /// What was done before, and what comes of it.
    done: Option<&'static str>,
    main_load: String,
    live: String,
}

/// What the way to this page says of what was done before.
#[derive(Deserialize)]
pub(super) struct Cleared {
    #[serde(default)]
    cleared: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Cleared>) -> HttpResponse {
    let shown = page(&visit, &id, query.cleared).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str, is_cleared: bool) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (of, language, now_us) = (seen.site.clone(), visit.language, visit.now_us);
    let read = visit.context.db.read(move |conn| {
        let tiles = tiles_part(conn, &of, &Sparklines::default(), (language, now_us))?;
        Ok::<_, DbError>((main_load::part(conn, &of, language, now_us)?, tiles))
    });
    let (main_load, live) = read.await?;
    let (frame, site) = seen.frames(visit, Tab::Live);
    let page = LivePage {
        frame,
        site,
        w: ManagerWords::of(language),
        done: is_cleared.then_some(FaultWords::of(language).cleared),
        main_load: main_load.html,
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
        Ok(seen) => seen.site,
        Err(no_page) => return visit.answered(Err(no_page)),
    };
    let language = visit.language;
    let context = visit.context.get_ref().clone();
    let sparklines = Sparklines::default();
    live::stream(context, stop.get_ref().clone(), move |conn, now_us| {
        let tiles = tiles_part(conn, &site, &sparklines, (language, now_us))?;
        Ok(Some(vec![main_load::part(conn, &site, language, now_us)?, tiles]))
    })
}

/// The tiles by panel, in the order of the panels' places.
fn tiles_part(
    conn: &mut Conn,
    site: &Site,
    sparklines: &Sparklines,
    (language, now_us): (Language, i64),
) -> Result<Part, DbError> {
    let zone = local_days::zone(&site.zone);
    let panels = controllers::names_of_site(conn, &site.id)?;
    let known = outlets::list_known_of_site(conn, &site.id)?;
    let keys: Vec<(String, i64)> = known
        .iter()
        .map(|(outlet, _, _)| (outlet.id.clone(), outlet.key))
        .collect();
    let mut days = sparklines.of(conn, &keys, (&zone, now_us))?;
    let outlets = tiles::of_outlets(conn, known, (&zone, now_us), language)?;
    let who = who(conn, &site.tenant_id, &outlets)?;
    let mut groups: Vec<Group> = panels
        .iter()
        .map(|(_, name)| Group {
            site: name.clone(),
            tiles: Vec::new(),
        })
        .collect();
    for (outlet, tile) in outlets {
        let at = panels.iter().position(|(id, _)| *id == outlet.controller_id);
        let Some(group) = at.and_then(|at| groups.get_mut(at)) else {
            continue;
        };
        let tile = Tile {
            curve: days.remove(&tile.id).map(|day| (day.svg, day.energy)),
            ..tile
        };
        group.tiles.push(match outlet.session {
            None => Tile {
                href: format!("/sites/{}/outlets/{}", site.id, tile.id),
                ..tile
            },
            Some(session) => Tile {
                href: format!("/charges/{}", session.id),
                who: who.get(&session.driver_id).cloned().unwrap_or(session.driver_id),
                ..tile
            },
        });
    }
    Ok(tiles::part(&groups, language))
}

/// Who charges, as far as it is known: their unit and their name.
fn who(
    conn: &mut Conn,
    tenant_id: &str,
    outlets: &[(rest::Outlet, Tile)],
) -> Result<HashMap<String, String>, DbError> {
    let sessions = outlets.iter().filter_map(|(outlet, _)| outlet.session.as_ref());
    let ids: Vec<String> = sessions.map(|session| session.driver_id.clone()).collect();
    let known = drivers::list_by_ids(conn, tenant_id, &ids)?.into_iter();
    Ok(known
        .filter_map(|driver| {
            let told: Vec<String> = driver.unit.into_iter().chain(driver.name).collect();
            (!told.is_empty()).then(|| (driver.id, told.join(" ")))
        })
        .collect())
}
