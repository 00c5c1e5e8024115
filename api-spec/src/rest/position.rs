//! Where a site is. Degrees are decimal numbers on the wire, and whole millionths inside.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

const PER_DEGREE: f64 = 1_000_000.0;

/// An angle in millionths of a degree; on the wire a decimal number of degrees, rounded to six places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Degrees(pub i64);

impl Degrees {
    /// `None` for what is no angle.
    pub fn new(degrees: f64) -> Option<Self> {
        let millionths = (degrees * PER_DEGREE).round();
        (degrees.abs() <= 360.0).then_some(Self(millionths as i64))
    }
}

impl Serialize for Degrees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / PER_DEGREE)
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let degrees = f64::deserialize(deserializer)?;
        Self::new(degrees).ok_or_else(|| D::Error::custom("expected degrees, such as 35.681236"))
    }
}

/// Where a site is (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// North of the equator; six decimal places are kept.
    #[schema(value_type = f64, minimum = -90, maximum = 90, example = 35.681236)]
    pub latitude: Degrees,
    /// East of Greenwich; six decimal places are kept.
    #[schema(value_type = f64, minimum = -180, maximum = 180, example = 139.767125)]
    pub longitude: Degrees,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_as_they_were_read_to_six_places() {
        for (read, written) in [
            ("35.681236", "35.681236"),
            ("-0.000001", "-1e-6"),
            ("139.7671254", "139.767125"),
            ("139.7671256", "139.767126"),
            ("180", "180.0"),
        ] {
            let degrees: Degrees = serde_json::from_str(read).unwrap();
            assert_eq!(serde_json::to_string(&degrees).unwrap(), written);
        }
        assert!(serde_json::from_str::<Degrees>("361").is_err());
        assert!(serde_json::from_str::<Degrees>("\"35\"").is_err());
    }
}
