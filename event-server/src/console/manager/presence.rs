//! A new secret for the display at an outlet, shown once.

use actix_web::{HttpResponse, web};
use api_spec::rest::PresenceSecret;
use askama::Template;

use super::super::acting::Acting;
use super::super::visit::{Frame, Shown};
use super::super::words::{ManagerWords, PresenceWords};
use super::outlets::at_outlet;
use super::tabs::{self, SiteFrame, Tab};
use crate::operations::presence::rotate_secret;

#[derive(Template)]
#[template(path = "presence_secret.html")]
struct SecretPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    p: &'static PresenceWords,
    made: PresenceSecret,
}

pub(super) async fn rotate(acting: Acting<()>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = rotated(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn rotated(acting: &Acting<()>, (site_id, outlet_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let (frame, site) = seen.frames(visit, Tab::Outlets);
    let public_url = visit.pages.public_url.clone();
    let made = at_outlet(acting, seen.site, outlet_id, move |tx, named| {
        rotate_secret(tx, named, &public_url)
    })
    .await?;
    let page = SecretPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        p: PresenceWords::of(visit.language),
        made,
    };
    Ok(visit.page(&page))
}
