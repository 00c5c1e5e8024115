//! The frame of a site's pages: whose site it is, and the way to its other pages.

use super::super::viewer::Viewer;
use super::super::visit::{NoPage, Visit};
use super::super::words::ManagerWords;
use crate::store::sites::{self, Site};

/// The pages of a site, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Tab {
    Live,
}

impl Tab {
    const ALL: [Self; 1] = [Self::Live];

    fn name(self, w: &ManagerWords) -> &'static str {
        match self {
            Self::Live => w.live,
        }
    }

    /// Below the site's own path.
    fn path(self) -> &'static str {
        match self {
            Self::Live => "",
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

/// A site that the viewer sees; others are not there.
pub(in crate::console) async fn open(visit: &Visit, site_id: &str) -> Result<(Viewer, Site), NoPage> {
    let viewer = visit.viewer()?.clone();
    if !viewer.may_see(site_id) {
        return Err(NoPage::NothingHere);
    }
    let (tenant_id, id) = (viewer.tenant_id.clone(), site_id.to_owned());
    let read = visit
        .context
        .db
        .read(move |conn| sites::find(conn, &tenant_id, &id));
    Ok((viewer, read.await?.ok_or(NoPage::NothingHere)?))
}

impl SiteFrame {
    pub(in crate::console) fn of(visit: &Visit, (viewer, site): (&Viewer, &Site), here: Tab) -> Self {
        let w = ManagerWords::of(visit.language);
        let path = format!("/sites/{}", site.id);
        Self {
            name: site.name.clone(),
            tabs: Tab::ALL
                .into_iter()
                .map(|tab| (tab.name(w), format!("{path}{}", tab.path()), tab == here))
                .collect(),
            may_change: viewer.may_change(&site.id),
            path,
        }
    }
}
