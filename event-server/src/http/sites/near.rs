//! `near` and `radius_m` of a search for sites.

use api_spec::rest::Degrees;
use domain::place::Place;

use crate::http::problems::{ApiError, Kind};

const DEFAULT_RADIUS_M: i64 = 5_000;
const MAX_RADIUS_M: i64 = 100_000;

/// The place, and how far from it at most.
pub(super) fn read(near: Option<&str>, radius_m: Option<i64>) -> Result<Option<(Place, i64)>, ApiError> {
    let bad = |detail: &str| Err(ApiError::new(Kind::InvalidQuery, detail));
    let Some(near) = near else {
        return match radius_m {
            Some(_) => bad("radius_m: give near too, as in near=35.681236,139.767125"),
            None => Ok(None),
        };
    };
    let Some(place) = place(near) else {
        return bad("near: expected latitude and longitude in degrees, as in near=35.681236,139.767125");
    };
    match radius_m.unwrap_or(DEFAULT_RADIUS_M) {
        radius_m if (1..=MAX_RADIUS_M).contains(&radius_m) => Ok(Some((place, radius_m))),
        _ => bad("radius_m: expected 1 to 100000"),
    }
}

fn place(near: &str) -> Option<Place> {
    let (latitude, longitude) = near.split_once(',')?;
    let udeg = |text: &str| Some(Degrees::new(text.trim().parse().ok()?)?.0);
    Place::new(udeg(latitude)?, udeg(longitude)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers_of_degrees_on_the_earth() {
        let tokyo = Place::new(35_681_236, 139_767_125);
        for good in [
            "35.681236,139.767125",
            "35.6812361, 139.767125",
            "+35.681236,139.767125",
        ] {
            assert_eq!(place(good), tokyo, "{good}");
        }
        for bad in [
            "",
            "35.6",
            "35.6;139.7",
            "91,0",
            "0,181",
            "NaN,0",
            "inf,0",
            "35.6,139.7,1",
            "北,東",
        ] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
