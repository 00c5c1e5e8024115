//! Where the energy of one half hour went: by outlet, the most first, and what flowed past all of them.

use foundation::Conn;

use super::super::figures;
use super::super::words::ManagerWords;
use super::load::read_halves;
use crate::error::Refusal;
use crate::http::Language;
use crate::operations::half_hours::{HALF_HOUR_US, HalfHour};
use crate::operations::local_days;
use crate::store::outlets;
use crate::store::readings::Place;
use crate::store::sites::Site;

/// Meters of an outlet and of the main circuit are read in one minute, not in one moment: less is not told.
const TOLD_W: i64 = 50;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) place: String,
    pub(super) unit: String,
    pub(super) power: String,
}

pub(super) fn shares(
    conn: &mut Conn,
    site: &Site,
    half: HalfHour,
    (language, now_us): (Language, i64),
) -> Result<Vec<Share>, Refusal> {
    let zone = local_days::zone(&site.zone);
    let bounds = (half.from_us, half.from_us + HALF_HOUR_US);
    let mut flows = Vec::new();
    for (outlet, _, _) in outlets::list_known_of_site(conn, &site.id)? {
        let place = (Place::Outlet(outlet.key), zone.clone());
        let watts = read_halves(conn, place, bounds, now_us)?;
        let watts = watts.first().map_or(0, |half| half.watts);
        flows.push((outlet.name, outlet.unit.unwrap_or_default(), watts));
    }
    Ok(told(flows, half.watts, ManagerWords::of(language)))
}

fn told(mut flows: Vec<(String, String, i64)>, whole_w: i64, w: &ManagerWords) -> Vec<Share> {
    let through_outlets: i64 = flows.iter().map(|(_, _, watts)| watts).sum();
    flows.sort_by_key(|(_, _, watts)| -watts);
    flows.push((w.elsewhere.to_owned(), String::new(), whole_w - through_outlets));
    flows.retain(|(_, _, watts)| *watts >= TOLD_W);
    let share = |(place, unit, watts): (String, String, i64)| Share {
        place,
        unit,
        power: figures::kw(watts),
    };
    flows.into_iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_comes_first_and_the_rest_is_what_no_outlet_has_measured() {
        let flow = |name: &str, watts| (name.to_owned(), "101".to_owned(), watts);
        let flows = vec![flow("A-1", 1_000), flow("A-2", 2_900), flow("A-3", 0)];
        let told = told(flows, 4_400, ManagerWords::of(Language::English));
        let told: Vec<(&str, &str)> = told
            .iter()
            .map(|share| (share.place.as_str(), share.power.as_str()))
            .collect();
        let rest = "Not through an outlet";
        assert_eq!(told, [("A-2", "2.9 kW"), ("A-1", "1.0 kW"), (rest, "0.5 kW")]);
    }

    #[test]
    fn what_meters_differ_by_is_no_load() {
        let flows = vec![("A-1".to_owned(), String::new(), 2_960)];
        assert_eq!(told(flows, 3_000, ManagerWords::of(Language::English)).len(), 1);
    }
}
