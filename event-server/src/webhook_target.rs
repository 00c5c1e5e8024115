//! Where webhooks may go: not into our own network, unless configured so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::Webhooks;

const MAX_URL: usize = 2000;

/// Why nothing is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTarget {
    #[error("expected a URL of at most {MAX_URL} characters, such as https://app.example.com/webhooks")]
    NotAUrl,
    #[error("expected https")]
    NotHttps,
    #[error("must not hold a user name or password")]
    Credentials,
    #[error("leads to a private address")]
    Private,
}

/// Checks what can be known of a URL without asking anybody; the address itself is checked when it is resolved.
pub(crate) fn check(url: &str, allowed: &Webhooks) -> Result<Url, BadTarget> {
    let parsed = Url::parse(url)
        .ok()
        .filter(|parsed| parsed.has_host() && url.len() <= MAX_URL);
    let parsed = parsed.ok_or(BadTarget::NotAUrl)?;
    match parsed.scheme() {
        "https" => {}
        "http" if allowed.allow_http => {}
        _ => return Err(BadTarget::NotHttps),
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(BadTarget::Credentials);
    }
    let host = parsed.host_str().unwrap_or_default();
    let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    if !allowed.allow_private_addresses && literal.is_some_and(|ip| !is_public(ip)) {
        return Err(BadTarget::Private);
    }
    Ok(parsed)
}

/// Resolves names to public addresses alone. The connection uses exactly what was checked.
#[derive(Clone, Debug)]
pub(crate) struct PublicResolver {
    pub(crate) allow_private: bool,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found
                .filter(|found| allow_private || is_public(found.ip()))
                .collect();
            if good.is_empty() {
                return Err(BadTarget::Private.into());
            }
            Ok::<Addrs, _>(Box::new(good.into_iter()))
        })
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        // 100.64/10 (RFC 6598), 192.0.0/24 (RFC 6890), 198.18/15 (RFC 2544), 240/4 and broadcast.
        || (a == 100 && (b & 0xc0) == 64)
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b & 0xfe) == 18)
        || a >= 240;
    !special
}

/// Only global unicast 2000::/3, without the parts that lead to an IPv4 address or are for documents.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [first, second, ..] = ip.segments();
    let teredo_or_special = first == 0x2001 && second < 0x0200;
    let document = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    (first & 0xe000) == 0x2000 && first != 0x2002 && !teredo_or_special && !document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_https_addresses_are_targets() {
        let strict = Webhooks::default();
        let good = "https://app.example.com/hooks";
        assert!(check(good, &strict).is_ok());
        for (url, expected) in [
            ("http://app.example.com/", BadTarget::NotHttps),
            ("ftp://app.example.com/", BadTarget::NotHttps),
            ("nonsense", BadTarget::NotAUrl),
            ("https://me:pw@app.example.com/", BadTarget::Credentials),
            ("https://127.0.0.1/", BadTarget::Private),
            ("https://0177.0.0.1/", BadTarget::Private),
            ("https://2130706433/", BadTarget::Private),
            ("https://[::1]/", BadTarget::Private),
            ("https://[::ffff:10.0.0.1]/", BadTarget::Private),
        ] {
            assert_eq!(check(url, &strict), Err(expected), "{url}");
        }
        let open = Webhooks {
            allow_private_addresses: true,
            allow_http: true,
        };
        assert!(check("http://127.0.0.1:9000/", &open).is_ok());
    }

    #[test]
    fn addresses_that_lead_inside_are_not_public() {
        for inside in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "100.128.0.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_inside_is_refused() {
        let name: Name = "localhost".parse().unwrap();
        assert!(
            PublicResolver { allow_private: false }
                .resolve(name)
                .await
                .is_err()
        );
    }
}
