//! Addresses that a client may have people sent back to.

use actix_web::http::Uri;

use crate::config::is_loopback;

const MAX_BYTES: usize = 200;

/// Absolute, and nothing in it that another program could read in another way (RFC 9700 §2.1).
pub(crate) fn is_redirect_uri(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let is_plain = text.len() <= MAX_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains(['#', '*', '\\', '<', '>', '"'])
        && !authority.as_str().contains('@')
        && !uri.path().split('/').any(|part| part == "." || part == "..");
    is_plain && (scheme == "https" || scheme == "http" && is_loopback(authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_read_by_everybody_in_the_same_way() {
        for good in [
            "https://console.example/callback",
            "https://console.example:8443/a/b?x=1",
            "http://127.0.0.1:8400/callback",
            "http://[::1]:8400/callback",
            "http://localhost/callback",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for wrong in [
            "",
            "/callback",
            "console.example/callback",
            "http://console.example/callback",
            "http://localhost.example/callback",
            "https://user@console.example/callback",
            "https://console.example/callback#x",
            "https://console.example/*",
            "https://*.example/callback",
            "https://console.example/a/../callback",
            "https://console.example\\@evil.example/",
            "javascript:alert(1)",
            "custom:/callback",
            "https://console.example/call back",
        ] {
            assert!(!is_redirect_uri(wrong), "{wrong}");
        }
    }
}
