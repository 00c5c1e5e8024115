//! The second question before what cannot be undone.

use actix_web::HttpResponse;
use askama::Template;

use super::super::visit::{Frame, Visit};
use super::super::words::ManagerWords;
use super::tabs::{Seen, SiteFrame, Tab};

#[derive(Template)]
#[template(path = "sure.html")]
struct SurePage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    asked: Asked,
}

/// What is asked.
pub(super) struct Asked {
    /// What is to be done, and to what.
    pub(super) title: String,
    /// What comes of it.
    pub(super) text: String,
    /// Where the answer goes, and with what.
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) button: String,
    /// Where nothing is done.
    pub(super) back: String,
}

pub(super) fn page(visit: &Visit, seen: &Seen, (tab, asked): (Tab, Asked)) -> HttpResponse {
    let (frame, site) = seen.frames(visit, tab);
    visit.page(&SurePage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        asked,
    })
}
