//! Who a controller is, as its certificate says it.

use std::fmt;
use std::str::FromStr;

/// `spiffe://DOMAIN/site/SITE_ID/controller/STATION_ID`: the one URI among the names of a controller's certificate. No part is
/// empty or needs an escape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StationUri {
    domain: String,
    site_id: String,
    station_id: String,
}

/// A text or a part that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected spiffe://DOMAIN/site/SITE_ID/controller/STATION_ID, each of letters, digits, - _ .")]
pub struct NoStationUri;

impl StationUri {
    /// Of a station at a site.
    ///
    /// # Errors
    /// [`NoStationUri`] if a part is empty or holds anything but letters, digits, `-`, `_` and `.`.
    pub fn new(domain: &str, site_id: &str, station_id: &str) -> Result<Self, NoStationUri> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let parts = [domain, site_id, station_id];
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.chars().all(is_plain))
        {
            return Err(NoStationUri);
        }
        Ok(Self {
            domain: domain.to_owned(),
            site_id: site_id.to_owned(),
            station_id: station_id.to_owned(),
        })
    }

    pub fn domain(&self) -> &str {
        &self.domain
    }

    pub fn site_id(&self) -> &str {
        &self.site_id
    }

    /// The station's identity in OCPP.
    pub fn station_id(&self) -> &str {
        &self.station_id
    }
}

impl fmt::Display for StationUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain,
            site_id,
            station_id,
        } = self;
        write!(f, "spiffe://{domain}/site/{site_id}/controller/{station_id}")
    }
}

impl FromStr for StationUri {
    type Err = NoStationUri;

    fn from_str(text: &str) -> Result<Self, NoStationUri> {
        let path = text.strip_prefix("spiffe://").ok_or(NoStationUri)?;
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            [domain, "site", site_id, "controller", station_id] => Self::new(domain, site_id, station_id),
            _ => Err(NoStationUri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_form_is_an_identity() {
        let uri = "spiffe://auth.example.com/site/site_1/controller/panel-7";
        let read: StationUri = uri.parse().unwrap();
        assert_eq!((read.site_id(), read.station_id()), ("site_1", "panel-7"));
        assert_eq!(read.to_string(), uri);
        for wrong in [
            "spiffe://d/site//controller/panel-7",
            "spiffe://d/site/s/controller/a/b",
            "spiffe://d/site/s/controller/a%2e",
            "spiffe://d/site/s/station/a",
            "https://d/site/s/controller/a",
            "",
        ] {
            assert_eq!(wrong.parse::<StationUri>(), Err(NoStationUri), "{wrong}");
        }
    }
}
