//! The frame of a site's pages: whose site it is, and the way to its other pages.

use actix_web::http::StatusCode;
use serde::Deserialize;

use super::super::viewer::Viewer;
use super::super::visit::{Frame, NoPage, Visit};
use super::super::words::ManagerWords;
use crate::store::sites::{self, Site};

/// What the way to a page says of what was done before.
#[derive(Deserialize)]
pub(in crate::console) struct Done {
    #[serde(default)]
    pub(super) saved: bool,
}

/// The pages of a site, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Tab {
    Live,
    Statements,
    Sessions,
    Alarms,
    People,
    Outlets,
    Tariff,
    Load,
    Audit,
    Equipment,
    Settings,
}

impl Tab {
    const ALL: [Self; 11] = [
        Self::Live,
        Self::Statements,
        Self::Sessions,
        Self::Alarms,
        Self::People,
        Self::Outlets,
        Self::Tariff,
        Self::Load,
        Self::Audit,
        Self::Equipment,
        Self::Settings,
    ];

    fn name(self, w: &ManagerWords) -> &'static str {
        match self {
            Self::Live => w.live,
            Self::Statements => w.statements,
            Self::Sessions => w.sessions,
            Self::Alarms => w.alarms,
            Self::People => w.people,
            Self::Outlets => w.outlets,
            Self::Tariff => w.prices,
            Self::Load => w.load,
            Self::Audit => w.audit,
            Self::Equipment => w.equipment,
            Self::Settings => w.settings,
        }
    }

    /// Below the site's own path.
    fn path(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Statements => "/statements",
            Self::Sessions => "/charges",
            Self::Alarms => "/alarms",
            Self::People => "/people",
            Self::Outlets => "/outlets",
            Self::Tariff => "/tariff",
            Self::Load => "/load",
            Self::Audit => "/audit",
            Self::Equipment => "/equipment",
            Self::Settings => "/settings",
        }
    }
}

/// What stands above every page of a site.
pub(in crate::console) struct SiteFrame {
    pub(in crate::console) name: String,
    pub(in crate::console) path: String,
    /// Name, address, and whether it is this page.
    pub(in crate::console) tabs: Vec<(&'static str, String, bool)>,
    pub(in crate::console) may_change: bool,
}

/// A site that somebody looks at.
pub(in crate::console) struct Seen {
    pub(in crate::console) viewer: Viewer,
    pub(in crate::console) site: Site,
}

/// A site that the viewer sees; others are not there.
pub(in crate::console) async fn open(visit: &Visit, site_id: &str) -> Result<Seen, NoPage> {
    let viewer = visit.viewer()?.clone();
    if !viewer.may_see(site_id) {
        return Err(NoPage::NothingHere);
    }
    let (tenant_id, id) = (viewer.tenant_id.clone(), site_id.to_owned());
    let read = visit
        .context
        .db
        .read(move |conn| sites::find(conn, &tenant_id, &id));
    let site = read.await?.ok_or(NoPage::NothingHere)?;
    Ok(Seen { viewer, site })
}

/// The same for somebody who wants to change something there.
pub(in crate::console) async fn open_to_change(visit: &Visit, site_id: &str) -> Result<Seen, NoPage> {
    let seen = open(visit, site_id).await?;
    match seen.viewer.may_change(site_id) {
        true => Ok(seen),
        false => Err(NoPage::Said(StatusCode::FORBIDDEN, visit.words().not_allowed)),
    }
}

impl Seen {
    /// What stands around one of its pages.
    pub(in crate::console) fn frames(&self, visit: &Visit, here: Tab) -> (Frame, SiteFrame) {
        let w = ManagerWords::of(visit.language);
        let path = format!("/sites/{}", self.site.id);
        let site = SiteFrame {
            name: self.site.name.clone(),
            tabs: Tab::ALL
                .into_iter()
                .map(|tab| (tab.name(w), format!("{path}{}", tab.path()), tab == here))
                .collect(),
            may_change: self.viewer.may_change(&self.site.id),
            path,
        };
        (visit.frame(), site)
    }
}
