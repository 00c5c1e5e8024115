//! Texts of stations without what no text should have.

use std::borrow::Cow;

/// A frame without the `\u` escapes of control characters, which PostgreSQL cannot keep and no page should show.
pub(super) fn without_controls(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u00") {
        return json.into();
    }
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, escape)) = rest.split_once('\\') {
        kept.push_str(before);
        if let Some(after) = after_control(escape) {
            rest = after;
            continue;
        }
        // The character after a backslash belongs to it, be it another one.
        let length = escape.chars().next().map_or(0, char::len_utf8);
        let (escaped, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        kept.push('\\');
        kept.push_str(escaped);
        rest = after;
    }
    kept.push_str(rest);
    kept.into()
}

/// OCPP's `DownloadFailed` is our `download_failed`.
pub(super) fn in_our_words(word: &str) -> String {
    let mut words = String::with_capacity(word.len() + 4);
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// What follows the escape of a control character.
fn after_control(escape: &str) -> Option<&str> {
    let code = u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()?;
    let control = char::from_u32(code).is_some_and(char::is_control);
    escape.get(5..).filter(|_| control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_control_characters_are_left_out_and_others_kept() {
        for (given, expected) in [
            (r#"["a\u0000b\u001Fc\u007f"]"#, r#"["abc"]"#),
            (r#"["\u0041\n\\u0000"]"#, r#"["\u0041\n\\u0000"]"#),
            (r#"["\\\u0000\u00e9"]"#, r#"["\\\u00e9"]"#),
            (r#"["\u00"]"#, r#"["\u00"]"#),
            ("plain", "plain"),
        ] {
            assert_eq!(without_controls(given), expected, "{given}");
        }
    }
}
