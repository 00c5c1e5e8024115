//! `Authorization: Basic` as OAuth has it: both halves form-encoded first (RFC 6749 §2.3.1).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::form;

/// Id and secret; `None` for another scheme and for anything malformed.
pub(crate) fn parse(header: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim_matches(' ')).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (id, secret) = decoded.split_at_checked(colon)?;
    Some((form::decode(id).ok()?, form::decode(secret.get(1..)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<(&str, &str)>) {
        let found = parse(header.as_bytes());
        let pair = found.as_ref().map(|(id, secret)| (&**id, &**secret));
        assert_eq!(pair, expected, "{header}");
    }

    fn basic(pair: &[u8]) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn both_halves_are_decoded_after_the_first_colon_parts_them() {
        check(&basic(b"cli_1:secret"), Some(("cli_1", "secret")));
        check(&basic(b"cli%5F1:a%3Ab:c+d"), Some(("cli_1", "a:b:c d")));
        check(&basic(b"cli_1:x").replace("Basic", "bAsIc"), Some(("cli_1", "x")));
    }

    #[test]
    fn anything_else_is_nobody() {
        for wrong in ["", "Basic", "Basic !!", "Bearer abc", "Basic YQ"] {
            check(wrong, None);
        }
        for wrong in [&b"no-colon"[..], b"a\0:b", b"a:\xff", b"a%zz:b", b"a:%00"] {
            check(&basic(wrong), None);
        }
    }
}
