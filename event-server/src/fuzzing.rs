//! For fuzz targets alone: where webhooks may go.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use reqwest::dns::Resolve;

use crate::config::Webhooks;
use crate::webhook_target::{Lookup, PublicResolver, check};

/// The URL that a webhook is sent to, where it may be sent there at all.
pub fn webhook_target(url: &str) -> Option<String> {
    check(url, &Webhooks::default()).ok().map(String::from)
}

/// Where a webhook is sent whose host's name has these addresses.
pub fn webhook_addresses(found: &[IpAddr]) -> Vec<IpAddr> {
    let found: Vec<SocketAddr> = found.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
    let lookup: Lookup = Arc::new(move |_name| {
        let found = found.clone();
        Box::pin(async move { Ok(found) })
    });
    let Ok(name) = "receiver.example.com".parse() else {
        return Vec::new();
    };
    let resolved = PublicResolver::asking(&Webhooks::default(), lookup).resolve(name);
    match resolved.now_or_never() {
        Some(Ok(addresses)) => addresses.map(|address| address.ip()).collect(),
        Some(Err(_)) | None => Vec::new(),
    }
}
