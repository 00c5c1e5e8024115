//! Finds sites, near a place or with an outlet that is free, and says what their outlets are doing.

use std::collections::HashMap;

use api_spec::rest::{self, OutletCounts, OutletState};
use domain::place::Place;
use foundation::{Conn, DbError};

use super::resources;
use crate::store::circuits::{self, Circuit};
use crate::store::sites::{self, Filter, Site};
use crate::store::{outlets, parse};

/// Sites that are looked at together while one with a free outlet is searched for.
const AT_ONCE: usize = 200;

/// Which sites, and how many.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// No farther from the place than so many metres; the nearest first.
    pub(crate) near: Option<(Place, i64)>,
    /// With an outlet at which a session can start now.
    pub(crate) available: bool,
    pub(crate) updated_after: Option<i64>,
    /// The key of the last site known.
    pub(crate) after: String,
    pub(crate) limit: i64,
}

/// A site that may be what is wished for; found in the order of the keys.
struct Candidate {
    key: String,
    id: String,
    distance_m: Option<i64>,
}

/// By which an answer to a search goes on after this site.
pub(crate) fn key_of(site: &rest::Site) -> String {
    key(&site.id, site.distance_m)
}

fn key(id: &str, distance_m: Option<i64>) -> String {
    match distance_m {
        Some(distance_m) => format!("{distance_m:09}:{id}"),
        None => id.to_owned(),
    }
}

pub(crate) fn find_sites(conn: &mut Conn, tenant_id: &str, wish: &Wish) -> Result<Vec<rest::Site>, DbError> {
    let candidates = candidates(conn, tenant_id, wish)?;
    let limit = usize::try_from(wish.limit).unwrap_or_default();
    let mut found = Vec::new();
    for some in candidates.chunks(AT_ONCE) {
        let sites = with_outlets(conn, some)?;
        let wanted = sites
            .into_iter()
            .filter(|site| !wish.available || site.outlets.available > 0);
        found.extend(wanted);
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

fn candidates(conn: &mut Conn, tenant_id: &str, wish: &Wish) -> Result<Vec<Candidate>, DbError> {
    let by_id = wish.near.is_none();
    let filter = Filter {
        updated_after: wish.updated_after,
        within: wish.near.map(|(place, radius_m)| place.around(radius_m)),
        after: if by_id { wish.after.clone() } else { String::new() },
        limit: (by_id && !wish.available).then_some(wish.limit),
    };
    let spots = sites::list_spots(conn, tenant_id, &filter)?;
    let mut candidates: Vec<Candidate> = spots
        .into_iter()
        .filter_map(|(id, latitude_udeg, longitude_udeg)| {
            let distance_m = match wish.near {
                None => None,
                Some((place, radius_m)) => {
                    let metres = place.distance_m(Place::new(latitude_udeg?, longitude_udeg?)?);
                    Some(Some(metres).filter(|metres| *metres <= radius_m)?)
                }
            };
            Some(Candidate {
                key: key(&id, distance_m),
                id,
                distance_m,
            })
        })
        .filter(|candidate| candidate.key > wish.after)
        .collect();
    candidates.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(candidates)
}

/// The candidates as resources, in their order.
fn with_outlets(conn: &mut Conn, candidates: &[Candidate]) -> Result<Vec<rest::Site>, DbError> {
    let ids: Vec<String> = candidates.iter().map(|candidate| candidate.id.clone()).collect();
    let rows = sites::list_by_ids(conn, &ids)?;
    let mut rows: HashMap<String, Site> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let (mains, counts) = surroundings(conn, &ids)?;
    let sites = candidates.iter().filter_map(|candidate| {
        let row = rows.remove(&candidate.id)?;
        let (main, outlets) = (mains.get(&row.id), counts.get(&row.id));
        let site = resources::site(row, main, outlets.copied().unwrap_or_default());
        Some(site.map(|site| rest::Site {
            distance_m: candidate.distance_m,
            ..site
        }))
    });
    sites.collect()
}

/// A site as a resource.
pub(crate) fn shown(conn: &mut Conn, row: Site) -> Result<rest::Site, DbError> {
    let (mains, counts) = surroundings(conn, std::slice::from_ref(&row.id))?;
    let (main, outlets) = (mains.get(&row.id), counts.get(&row.id));
    resources::site(row, main, outlets.copied().unwrap_or_default())
}

type Surroundings = (HashMap<String, Circuit>, HashMap<String, OutletCounts>);

fn surroundings(conn: &mut Conn, site_ids: &[String]) -> Result<Surroundings, DbError> {
    let mains = circuits::list_mains(conn, site_ids)?
        .into_iter()
        .map(|circuit| (circuit.site_id.clone(), circuit))
        .collect();
    let mut counts: HashMap<String, OutletCounts> = HashMap::new();
    for glimpse in outlets::list_known_of_sites(conn, site_ids)? {
        let locked_out = resources::lockout(glimpse.tripped, glimpse.fault.as_deref()).is_some();
        let state = resources::outlet_state(&resources::Circumstances {
            online: glimpse.online,
            locked_out,
            enabled: glimpse.disabled_reason.is_none(),
            breaker: parse(&glimpse.breaker)?,
            // Which of them makes no difference here.
            session: glimpse.session_id.map(|_| rest::SessionState::Charging),
        });
        count(counts.entry(glimpse.site_id).or_default(), state);
    }
    Ok((mains, counts))
}

fn count(counts: &mut OutletCounts, state: OutletState) {
    counts.total += 1;
    *match state {
        OutletState::Available => &mut counts.available,
        OutletState::Starting
        | OutletState::Energized
        | OutletState::Charging
        | OutletState::Paused
        | OutletState::Stopping
        | OutletState::SwitchedOn => &mut counts.in_use,
        OutletState::Faulted | OutletState::Disabled => &mut counts.out_of_order,
        OutletState::Offline => &mut counts.offline,
    } += 1;
}
