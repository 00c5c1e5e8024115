//! Unit ids and addresses as they are written on the command line.

use std::collections::BTreeSet;
use std::str::FromStr;

/// Of Modbus TCP.
const USUAL_PORT: u16 = 502;
/// What a TCP device without a bus behind it is called.
const TCP_DEVICE: u8 = 255;
const LAST: u8 = 247;

/// Unit ids; never 0, which is everyone at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ids(BTreeSet<u8>);

impl Ids {
    /// In the order in which they are asked.
    pub(super) fn list(&self, tcp: bool) -> Vec<u8> {
        let whole_bus = self.0.len() == usize::from(LAST);
        let first = (tcp && (whole_bus || self.0.contains(&TCP_DEVICE))).then_some(TCP_DEVICE);
        let rest = self.0.iter().copied().filter(|id| *id != TCP_DEVICE);
        first.into_iter().chain(rest).collect()
    }
}

impl FromStr for Ids {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: expected unit ids from 1 to {LAST} or {TCP_DEVICE}, as 1-20,31");
        let id = |text: &str| {
            let id = text.trim().parse::<u8>().ok();
            id.filter(|id| (1..=LAST).contains(id) || *id == TCP_DEVICE)
                .ok_or_else(wrong)
        };
        let mut ids = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (id(first)?, id(last)?);
            if first > last || (last == TCP_DEVICE && first != last) {
                return Err(wrong());
            }
            ids.extend(first..=last);
        }
        Ok(Self(ids))
    }
}

/// `HOST` or `HOST:PORT`; an IPv6 address stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TcpAddress {
    pub(super) host: String,
    pub(super) port: u16,
}

impl FromStr for TcpAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: expected HOST or HOST:PORT");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| wrong())?),
            Some(_) | None => (text, USUAL_PORT),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || port == 0 {
            return Err(wrong());
        }
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ranges_and_never_everyone_at_once() {
        let ids = |text: &str| text.parse::<Ids>().map(|ids| ids.list(false));
        assert_eq!(ids("3,1-2, 247"), Ok(vec![1, 2, 3, 247]));
        for wrong in ["0", "0-3", "248", "5-3", "", "1,", "200-255", "x"] {
            assert!(ids(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_device_without_a_bus_is_asked_first_and_only_by_tcp() {
        let all: Ids = "1-247".parse().unwrap();
        assert_eq!(all.list(true)[..2], [255, 1]);
        assert_eq!(all.list(false).len(), 247);
        assert_eq!("255,1".parse::<Ids>().unwrap().list(true), [255, 1]);
        assert_eq!("7".parse::<Ids>().unwrap().list(true), [7]);
    }

    #[test]
    fn a_port_that_is_not_said_is_502() {
        let check = |text: &str, host: &str, port| {
            let host = host.to_owned();
            assert_eq!(text.parse(), Ok(TcpAddress { host, port }), "{text}");
        };
        check("gateway", "gateway", 502);
        check("192.0.2.1:4196", "192.0.2.1", 4196);
        check("[2001:db8::1]", "2001:db8::1", 502);
        check("[2001:db8::1]:503", "2001:db8::1", 503);
        for wrong in ["", ":502", "host:x", "host:0"] {
            assert!(wrong.parse::<TcpAddress>().is_err(), "{wrong:?}");
        }
    }
}
