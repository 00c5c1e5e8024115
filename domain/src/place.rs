//! Where on the Earth a place is, and how far from another.

/// Mean radius of the Earth.
const EARTH_M: f64 = 6_371_008.8;
const UDEG: f64 = 1_000_000.0;
const POLE_UDEG: i64 = 90_000_000;
const DATE_LINE_UDEG: i64 = 180_000_000;
const ROUND_UDEG: i64 = 2 * DATE_LINE_UDEG;

/// A place, in millionths of a degree (WGS 84): about 11 cm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    latitude_udeg: i64,
    longitude_udeg: i64,
}

/// A box on the map that holds every place within a distance, and a few more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From south to north.
    pub latitudes: (i64, i64),
    /// From west to east; the second differs from the first where the box lies across the date line.
    pub longitudes: [(i64, i64); 2],
}

impl Place {
    /// `None` for what is not on the Earth.
    pub fn new(latitude_udeg: i64, longitude_udeg: i64) -> Option<Self> {
        let there = (-POLE_UDEG..=POLE_UDEG).contains(&latitude_udeg)
            && (-DATE_LINE_UDEG..=DATE_LINE_UDEG).contains(&longitude_udeg);
        there.then_some(Self {
            latitude_udeg,
            longitude_udeg,
        })
    }

    /// The great-circle distance in whole metres (haversine; right to half a percent, as the Earth is no sphere).
    pub fn distance_m(self, other: Self) -> i64 {
        // Differences are taken of integers, so that near places lose nothing.
        let north = radians(other.latitude_udeg - self.latitude_udeg);
        let east = radians(other.longitude_udeg - self.longitude_udeg);
        let both = radians(self.latitude_udeg).cos() * radians(other.latitude_udeg).cos();
        let chord = (north / 2.0).sin().powi(2) + both * (east / 2.0).sin().powi(2);
        (2.0 * EARTH_M * chord.min(1.0).sqrt().asin()).round() as i64
    }

    /// The box around every place that is no farther than `radius_m`.
    pub fn around(self, radius_m: i64) -> Bounds {
        let angle = radius_m.max(0) as f64 / EARTH_M;
        let half_height = udeg(angle);
        let (south, north) = (
            self.latitude_udeg.saturating_sub(half_height),
            self.latitude_udeg.saturating_add(half_height),
        );
        let everywhere = [(-DATE_LINE_UDEG, DATE_LINE_UDEG); 2];
        let longitudes = match south <= -POLE_UDEG || north >= POLE_UDEG {
            true => everywhere,
            false => {
                let widest = angle.sin() / radians(self.latitude_udeg).cos();
                let half_width = udeg(widest.clamp(0.0, 1.0).asin());
                across(
                    self.longitude_udeg.saturating_sub(half_width),
                    self.longitude_udeg.saturating_add(half_width),
                )
            }
        };
        Bounds {
            latitudes: (south.max(-POLE_UDEG), north.min(POLE_UDEG)),
            longitudes,
        }
    }
}

/// From west to east, in two parts where that goes over the date line.
fn across(west: i64, east: i64) -> [(i64, i64); 2] {
    if west <= -DATE_LINE_UDEG {
        return [(-DATE_LINE_UDEG, east), (west + ROUND_UDEG, DATE_LINE_UDEG)];
    }
    if east >= DATE_LINE_UDEG {
        return [(west, DATE_LINE_UDEG), (-DATE_LINE_UDEG, east - ROUND_UDEG)];
    }
    [(west, east); 2]
}

fn radians(udeg: i64) -> f64 {
    (udeg as f64 / UDEG).to_radians()
}

/// Rounded up, and one more: a box may be too wide, but never too narrow.
fn udeg(radians: f64) -> i64 {
    (radians.to_degrees() * UDEG).ceil() as i64 + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(latitude_udeg: i64, longitude_udeg: i64) -> Place {
        Place::new(latitude_udeg, longitude_udeg).unwrap()
    }

    fn holds(bounds: Bounds, place: Place) -> bool {
        let within = |(low, high): (i64, i64), value: i64| (low..=high).contains(&value);
        within(bounds.latitudes, place.latitude_udeg)
            && bounds
                .longitudes
                .iter()
                .any(|range| within(*range, place.longitude_udeg))
    }

    #[test]
    fn known_distances_are_right_to_half_a_percent() {
        let tokyo = place(35_681_236, 139_767_125);
        for (other, metres) in [
            // Osaka and Naha, by the ellipsoid of the Geospatial Information Authority.
            (place(34_702_485, 135_495_951), 403_500),
            (place(26_212_401, 127_680_932), 1_554_000),
            (place(35_681_236, 139_767_125), 0),
            (place(35_681_237, 139_767_125), 0),
            (place(35_682_236, 139_767_125), 111),
        ] {
            let found = tokyo.distance_m(other);
            assert!((found - metres).abs() <= metres / 200 + 1, "{found} {metres}");
            assert_eq!(other.distance_m(tokyo), found);
        }
    }

    #[test]
    fn the_date_line_is_no_border() {
        let (west, east) = (place(0, 179_999_000), place(0, -179_999_000));
        assert_eq!(west.distance_m(east), 222);
        assert!(holds(west.around(223), east) && holds(east.around(223), west));
        assert!(!holds(west.around(221), east));
        assert_eq!(place(0, 180_000_000).distance_m(place(0, -180_000_000)), 0);
        assert!(holds(place(0, 180_000_000).around(1), place(0, -180_000_000)));
    }

    #[test]
    fn around_a_pole_every_longitude_is_near() {
        let (near, beyond) = (place(89_999_900, 0), place(89_999_900, 180_000_000));
        assert_eq!(near.distance_m(beyond), 22);
        assert!(holds(near.around(22), beyond));
    }

    #[test]
    fn what_is_not_on_the_earth_is_no_place() {
        assert_eq!(Place::new(90_000_001, 0), None);
        assert_eq!(Place::new(0, -180_000_001), None);
    }

    proptest! {
        #[test]
        fn the_box_holds_whatever_is_within_the_distance(
            here in (-90_000_000_i64..=90_000_000, -180_000_000_i64..=180_000_000),
            there in (-90_000_000_i64..=90_000_000, -180_000_000_i64..=180_000_000),
            near in (-2_000_000_i64..=2_000_000, -2_000_000_i64..=2_000_000),
        ) {
            let here = place(here.0, here.1);
            let beside = Place::new(here.latitude_udeg + near.0, here.longitude_udeg + near.1);
            for other in [Some(place(there.0, there.1)), beside].into_iter().flatten() {
                prop_assert!(holds(here.around(here.distance_m(other) + 1), other));
            }
        }
    }
}
