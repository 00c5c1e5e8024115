//! The outlets of all sites, ready to be shown.

use api_spec::rest;
use askama::Template;
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::live::Part;
use super::sentence::{Around, Reader, kilowatt_hours, kilowatts, sentence, shown_state};
use crate::http::Language;
use crate::operations::list_outlets::with_sessions;
use crate::operations::local_days;
use crate::store::outlets::{self, Known};
use crate::store::{reservations, session_notes, sites};

/// A person cannot look at more.
const MAX_SITES: i64 = 20;

/// A site and its outlets.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) site: String,
    pub(super) tiles: Vec<Tile>,
}

/// An outlet, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) sentence: String,
    pub(super) power: String,
    pub(super) energy: String,
    /// Who charges, for those who may know.
    pub(super) who: String,
    /// The dwelling that it belongs to.
    pub(super) unit: String,
    /// The last day as a picture, and its energy.
    pub(super) curve: Option<(String, String)>,
    /// Where more is said.
    pub(super) href: String,
}

#[derive(Template)]
#[template(path = "tiles.html")]
struct TilesPart<'a> {
    lang: &'static str,
    groups: &'a [Group],
}

/// The part of a page that shows them.
pub(super) fn part(groups: &[Group], language: Language) -> Part {
    let lang = language.code();
    Part {
        id: "live",
        html: TilesPart { lang, groups }.render().unwrap_or_default(),
        is_last: false,
    }
}

pub(super) fn groups(conn: &mut Conn, language: Language, now_us: i64) -> Result<Vec<Group>, DbError> {
    let mut groups = Vec::new();
    for site in sites::list_all(conn, MAX_SITES)? {
        let known = outlets::list_known_of_site(conn, &site.id)?;
        groups.push(Group {
            tiles: of_outlets(conn, known, (&local_days::zone(&site.zone), now_us), language)?
                .into_iter()
                .map(|(_, tile)| tile)
                .collect(),
            site: site.name,
        });
    }
    Ok(groups)
}

/// Outlets and their tiles, for those who may know all of them.
pub(super) fn of_outlets(
    conn: &mut Conn,
    known: Vec<Known>,
    (zone, now_us): (&TimeZone, i64),
    language: Language,
) -> Result<Vec<(rest::Outlet, Tile)>, DbError> {
    let keys: Vec<i64> = known.iter().map(|(outlet, _, _)| outlet.key).collect();
    let holding = reservations::list_holding(conn, &keys, now_us)?;
    let beside: Vec<(i64, Option<i64>)> = known
        .iter()
        .map(|(outlet, _, controller)| (outlet.key, controller.online_changed_at))
        .collect();
    let outlets = with_sessions(conn, known)?;
    let held = outlets.iter().filter_map(|outlet| outlet.session.as_ref());
    let ids: Vec<String> = held.map(|session| session.id.clone()).collect();
    let interrupted = session_notes::list_interrupted(conn, &ids)?;
    let shown = outlets.into_iter().zip(beside).map(|(outlet, (key, since))| {
        let session = outlet.session.as_ref();
        let hold = holding.iter().find(|hold| hold.outlet_key == key);
        let around = Around {
            zone,
            now_us,
            offline_since: since,
            is_interrupted: session.is_some_and(|session| interrupted.contains(&session.id)),
            hold: hold.map(|hold| (hold.driver_id.as_str(), hold.expires_at)),
        };
        let sentence = sentence(&outlet, &around, Reader::Manager, language);
        // What the sentence says is not said again.
        let power = Some(kilowatts(&outlet)).filter(|power| !sentence.contains(power));
        let tile = Tile {
            sentence,
            state: shown_state(&outlet),
            power: power.unwrap_or_default(),
            energy: kilowatt_hours(&outlet),
            id: outlet.id.clone(),
            unit: outlet.unit.clone().unwrap_or_default(),
            name: outlet.name.clone(),
            ..Tile::default()
        };
        (outlet, tile)
    });
    Ok(shown.collect())
}
