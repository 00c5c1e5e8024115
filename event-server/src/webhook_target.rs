//! Where webhooks may go: not into our own network, unless configured so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::Webhooks;

const MAX_URL: usize = 2000;

/// Why nothing is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTarget {
    #[error("expected a URL of at most {MAX_URL} characters, such as https://app.example.com/webhooks")]
    NotAUrl,
    #[error("expected https; who runs the server can allow http, too (webhooks.allow_http)")]
    NotHttps,
    #[error("expected https or http")]
    NotHttp,
    #[error("must not hold a user name or password")]
    Credentials,
    #[error("leads to a private address; who runs the server can allow networks (webhooks.allow_networks)")]
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
        _ if allowed.allow_http => return Err(BadTarget::NotHttp),
        _ => return Err(BadTarget::NotHttps),
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(BadTarget::Credentials);
    }
    let host = parsed.host_str().unwrap_or_default();
    let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    if literal.is_some_and(|ip| !is_allowed(ip, allowed)) {
        return Err(BadTarget::Private);
    }
    Ok(parsed)
}

/// Resolves names to allowed addresses alone. The connection uses exactly what was checked: nobody is asked twice.
#[derive(Clone)]
pub(crate) struct PublicResolver {
    allowed: Webhooks,
    lookup: Lookup,
}

type Found = std::io::Result<Vec<SocketAddr>>;
pub(crate) type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Found> + Send>> + Send + Sync>;

impl PublicResolver {
    /// Asks the system.
    pub(crate) fn new(allowed: &Webhooks) -> Self {
        let lookup: Lookup =
            Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }));
        Self::asking(allowed, lookup)
    }

    /// Asks somebody else.
    pub(crate) fn asking(allowed: &Webhooks, lookup: Lookup) -> Self {
        Self {
            allowed: allowed.clone(),
            lookup,
        }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, found) = (self.allowed.clone(), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let mut good = found.await?;
            good.retain(|found| is_allowed(found.ip(), &allowed));
            if good.is_empty() {
                return Err(BadTarget::Private.into());
            }
            Ok::<Addrs, _>(Box::new(good.into_iter()))
        })
    }
}

fn is_allowed(ip: IpAddr, allowed: &Webhooks) -> bool {
    let mut networks = allowed.allow_networks.iter();
    allowed.allow_private_addresses || is_public(ip) || networks.any(|network| network.contains(ip))
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
        // 100.64/10 (RFC 6598), 192.0.0/24 (RFC 6890), 192.88.99/24 (RFC 7526), 198.18/15 (RFC 2544), 240/4 and broadcast.
        || (a == 100 && (b & 0xc0) == 64)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
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
            ..Webhooks::default()
        };
        assert!(check("http://127.0.0.1:9000/", &open).is_ok());
        assert_eq!(check("ftp://127.0.0.1/", &open), Err(BadTarget::NotHttp));
        let some = Webhooks {
            allow_networks: vec!["10.20.0.0/16".parse().unwrap()],
            ..Webhooks::default()
        };
        assert!(check("https://10.20.3.4/", &some).is_ok());
        assert_eq!(check("https://10.21.3.4/", &some), Err(BadTarget::Private));
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
            "64:ff9b:1::a00:1",
            "::10.0.0.1",
            "100::1",
            "192.88.99.1",
            "0.1.2.3",
            "100.127.255.255",
            "239.255.255.250",
            "::ffff:169.254.169.254",
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
        let resolver = PublicResolver::new(&Webhooks::default());
        assert!(resolver.resolve(name).await.is_err());
    }

    #[tokio::test]
    async fn a_name_whose_address_changes_is_asked_once_and_leads_only_where_it_was_checked() {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = asked.clone();
        // First an address outside among others inside, then inside alone: DNS rebinding.
        let lookup: Lookup = Arc::new(move |_name| {
            let round = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let found: &[&str] = match round {
                0 => &["10.0.0.1:0", "8.8.8.8:0", "[::ffff:127.0.0.1]:0"],
                _ => &["127.0.0.1:0"],
            };
            let found = found.iter().map(|address| address.parse().unwrap()).collect();
            Box::pin(async move { Ok(found) })
        });
        let resolver = PublicResolver::asking(&Webhooks::default(), lookup);
        let name = || "rebinding.example.com".parse::<Name>().unwrap();
        let found: Vec<SocketAddr> = resolver.resolve(name()).await.unwrap().collect();
        assert_eq!(found, ["8.8.8.8:0".parse().unwrap()]);
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert!(resolver.resolve(name()).await.is_err());
    }
}
