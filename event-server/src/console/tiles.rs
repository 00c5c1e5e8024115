//! The outlets of all sites, ready to be shown.

use api_spec::rest;
use askama::Template;
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::live::Part;
use super::sentence::{kilowatt_hours, kilowatts, sentence};
use crate::http::Language;
use crate::operations::list_outlets::with_sessions;
use crate::operations::local_days;
use crate::store::outlets::{self, Known};
use crate::store::{name, sites};

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

pub(super) fn groups(conn: &mut Conn, language: Language) -> Result<Vec<Group>, DbError> {
    let mut groups = Vec::new();
    for site in sites::list_all(conn, MAX_SITES)? {
        let known = outlets::list_known_of_site(conn, &site.id)?;
        groups.push(Group {
            tiles: of_outlets(conn, known, &local_days::zone(&site.zone), language)?
                .into_iter()
                .map(|(_, tile)| tile)
                .collect(),
            site: site.name,
        });
    }
    Ok(groups)
}

/// Outlets and their tiles.
pub(super) fn of_outlets(
    conn: &mut Conn,
    known: Vec<Known>,
    zone: &TimeZone,
    language: Language,
) -> Result<Vec<(rest::Outlet, Tile)>, DbError> {
    let since: Vec<Option<i64>> = known
        .iter()
        .map(|(_, _, controller)| controller.online_changed_at)
        .collect();
    let outlets = with_sessions(conn, known)?;
    let shown = outlets.into_iter().zip(since).map(|(outlet, since)| {
        let tile = Tile {
            sentence: sentence(&outlet, since, zone, language),
            state: name(outlet.state),
            power: kilowatts(&outlet),
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
