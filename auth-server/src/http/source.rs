//! Where a request came from.

use std::net::IpAddr;

use actix_web::HttpRequest;
use foundation::client_certificate::ClientCertificate;

/// The address of the other end; behind a proxy, the one that the proxy, and nobody before it, has named.
pub(crate) fn source(request: &HttpRequest, behind_proxy: bool) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    // What shows a certificate has come past no proxy.
    if !behind_proxy || ClientCertificate::of(request).is_some() {
        return peer;
    }
    let headers = request.headers().get_all("x-forwarded-for");
    let last = headers.last().and_then(|value| value.to_str().ok());
    let named = last.and_then(|value| value.rsplit(',').next()?.trim().parse().ok());
    named.or(peer)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(behind_proxy: bool, forwarded: &[&str], expected: &str) {
        let mut request = TestRequest::default().peer_addr(([10, 0, 0, 1], 1).into());
        for value in forwarded {
            request = request.append_header(("x-forwarded-for", *value));
        }
        let found = source(&request.to_http_request(), behind_proxy);
        assert_eq!(found, Some(expected.parse().unwrap()), "{forwarded:?}");
    }

    #[test]
    fn only_what_the_proxy_itself_has_added_counts() {
        check(true, &["198.51.100.7"], "198.51.100.7");
        check(true, &["6.6.6.6, 198.51.100.7"], "198.51.100.7");
        check(true, &["6.6.6.6", "198.51.100.7"], "198.51.100.7");
        check(true, &["nonsense"], "10.0.0.1");
        check(true, &[], "10.0.0.1");
        check(false, &["6.6.6.6"], "10.0.0.1");
    }
}
