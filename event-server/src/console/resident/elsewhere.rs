//! Outlets that somebody may go to: those of their home, and free ones where the one at hand is not.

use api_spec::rest::OutletState;
use foundation::{Conn, DbError};

use super::super::place::{self, Place};
use super::super::viewer::Viewer;
use super::super::visit::{NoPage, Visit};
use crate::http::Language;
use crate::store::outlets;

/// Whoever looks for a free one needs no longer list.
const MAX_FREE: usize = 6;
const MAX_OWN: usize = 20;

/// An outlet and the way to it.
pub(super) struct Way {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) site: String,
    /// Where to find it.
    pub(super) hint: Option<String>,
    pub(super) state: String,
    pub(super) sentence: String,
}

impl Way {
    fn to(place: &Place, viewer: &Viewer, language: Language) -> Self {
        let reader = place.reader(Some(viewer));
        Self {
            href: format!("/o/{}", place.outlet.public_code),
            name: place.outlet.name.clone(),
            site: place.site.name.clone(),
            hint: place.outlet.place_hint.clone(),
            state: super::card::state(place, reader),
            sentence: place.sentence(reader, language),
        }
    }
}

/// The outlets of somebody's homes.
pub(super) async fn own(visit: &Visit) -> Result<Vec<Way>, NoPage> {
    let (viewer, language, now_us) = (visit.viewer()?.clone(), visit.language, visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| own_ways(conn, &viewer, language, now_us));
    Ok(read.await?)
}

fn own_ways(conn: &mut Conn, viewer: &Viewer, language: Language, now_us: i64) -> Result<Vec<Way>, DbError> {
    let mut ways = Vec::new();
    for home in viewer.homes() {
        let (Some(site_id), Some(unit)) = (&home.site_id, &home.unit) else {
            continue;
        };
        let known = outlets::list_known_of_site(conn, site_id)?;
        let theirs = known
            .into_iter()
            .filter(|known| known.0.unit.as_ref() == Some(unit));
        for (outlet, _, _) in theirs.take(MAX_OWN) {
            let place = place::by_id(conn, &viewer.tenant_id, &outlet.id, now_us)?;
            ways.extend(place.map(|place| Way::to(&place, viewer, language)));
        }
    }
    Ok(ways)
}

/// Free outlets at the site of one that is not, which are shared or of the viewer's own home.
pub(super) async fn free(visit: &Visit, viewer: &Viewer, at: &Place) -> Result<Vec<Way>, NoPage> {
    if at.outlet.state == OutletState::Available {
        return Ok(Vec::new());
    }
    let (viewer, language, now_us) = (viewer.clone(), visit.language, visit.now_us);
    let (site_id, key) = (at.site.id.clone(), at.key);
    let read = visit.context.db.read(move |conn| {
        let mut ways = Vec::new();
        for (outlet, current, _) in outlets::list_known_of_site(conn, &site_id)? {
            let is_for_them = outlet.unit.is_none()
                || outlet.unit.as_deref() == viewer.home_at(&site_id, outlet.unit.as_deref());
            if outlet.key == key || !is_for_them || current.session_id.is_some() {
                continue;
            }
            let place = place::by_id(conn, &viewer.tenant_id, &outlet.id, now_us)?;
            let place = place.filter(|place| place.is_free_for(&viewer.person_id));
            ways.extend(place.map(|place| Way::to(&place, &viewer, language)));
            if ways.len() == MAX_FREE {
                break;
            }
        }
        Ok::<_, DbError>(ways)
    });
    Ok(read.await?)
}
