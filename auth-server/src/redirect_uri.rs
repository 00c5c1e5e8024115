//! Addresses that a client may have people sent back to.

use url::Url;

use foundation::listen::is_loopback;

const MAX_BYTES: usize = 200;
/// What answers add (RFC 6749 §4.1.2, RFC 9207, JARM, OpenID Connect): an address must not bring its own.
const OF_ANSWERS: [&str; 10] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "iss",
    "response",
    "session_state",
    "state",
];

/// Absolute, in the very form in which browsers write it, and nothing in it that another program could read in another
/// way (RFC 9700 §2.1).
pub(crate) fn is_redirect_uri(text: &str) -> bool {
    let Some(url) = Url::parse(text).ok().filter(|url| url.as_str() == text) else {
        return false;
    };
    let is_plain = text.len() <= MAX_BYTES
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && !text.contains('*')
        && !url.query_pairs().any(|(name, _)| OF_ANSWERS.contains(&&*name));
    let is_local = url.host_str().is_some_and(is_loopback);
    is_plain && (url.scheme() == "https" || url.scheme() == "http" && is_local)
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
            "https://console.example:844444/callback",
            "https://console.example:443/callback",
            "https://CONSOLE.example/callback",
            "https://console.example",
            "https://コンソール.example/callback",
            "https:///callback",
            "https://console.example/callback?code=stolen",
            "https://console.example/callback?app=1&iss=https://evil.example",
            "https://console.example/callback?%73tate=x",
        ] {
            assert!(!is_redirect_uri(wrong), "{wrong}");
        }
    }
}
