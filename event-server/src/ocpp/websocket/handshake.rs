//! What is agreed in the opening handshake besides the upgrade itself: subprotocol and compression.

use actix_web::http::header::{HeaderMap, HeaderName, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL};

const NAME: &str = "permessage-deflate";
const ANSWER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const ANSWER_WITH_WINDOW: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
     server_max_window_bits=15";

/// The names in `Sec-WebSocket-Protocol`, as the client prefers them.
pub(crate) fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    items(headers, SEC_WEBSOCKET_PROTOCOL)
}

/// The answer to the first offer of permessage-deflate that can be met; `None` means no compression.
pub(crate) fn deflate_answer(headers: &HeaderMap) -> Option<&'static str> {
    items(headers, SEC_WEBSOCKET_EXTENSIONS).find_map(answer)
}

fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The answer to one offer, if all its parameters are known and can be met (RFC 7692 §7.1).
fn answer(offer: &str) -> Option<&'static str> {
    let mut parts = offer.split(';').map(str::trim);
    parts.next().filter(|name| *name == NAME)?;
    let mut seen = Vec::new();
    let mut answer = ANSWER;
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            (
                "server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits",
                None,
            ) => {}
            ("client_max_window_bits", Some(bits)) if is_window(bits) => {}
            // The compressor's window cannot be made smaller.
            ("server_max_window_bits", Some("15")) => answer = ANSWER_WITH_WINDOW,
            (_, _) => return None,
        }
    }
    Some(answer)
}

fn is_window(bits: &str) -> bool {
    matches!(bits, "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn subprotocols_come_in_the_clients_order_over_all_lines() {
        let headers = headers(SEC_WEBSOCKET_PROTOCOL, &["ocpp1.6 , ocpp2.0.1", ",ocpp2.1"]);
        let names: Vec<&str> = subprotocols(&headers).collect();
        assert_eq!(names, ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]);
    }

    #[test]
    fn the_first_offer_that_can_be_met_is_answered() {
        let table: [(&[&str], Option<&str>); 12] = [
            (&[], None),
            (&["permessage-deflate"], Some(ANSWER)),
            (&["permessage-deflate; client_max_window_bits"], Some(ANSWER)),
            (
                &["permessage-deflate; client_max_window_bits=9; server_no_context_takeover"],
                Some(ANSWER),
            ),
            (
                &["permessage-deflate; server_max_window_bits=15"],
                Some(ANSWER_WITH_WINDOW),
            ),
            (
                &["permessage-deflate; server_max_window_bits=\"15\""],
                Some(ANSWER_WITH_WINDOW),
            ),
            (&["permessage-deflate; server_max_window_bits=10"], None),
            (
                &["permessage-deflate; server_max_window_bits=10, permessage-deflate"],
                Some(ANSWER),
            ),
            (&["permessage-deflate; client_max_window_bits=7"], None),
            (&["permessage-deflate; mood=good"], None),
            (
                &["permessage-deflate; client_max_window_bits; client_max_window_bits"],
                None,
            ),
            (&["x-webkit-deflate-frame", "permessage-deflate"], Some(ANSWER)),
        ];
        for (offers, expected) in table {
            assert_eq!(
                deflate_answer(&headers(SEC_WEBSOCKET_EXTENSIONS, offers)),
                expected,
                "{offers:?}"
            );
        }
    }
}
