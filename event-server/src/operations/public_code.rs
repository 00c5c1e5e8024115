//! Codes of labels: random, without look-alikes, and with a check character, so that what is mistyped is no other code.

use foundation::typed::narrow;

/// Without 0, 1, i, l and o. Their number is a prime, on which the check rests.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// Before the check character: 39 bits.
const RANDOM: usize = 8;
/// Labels from before the check character have as many, of another alphabet.
const WITHOUT_CHECK: usize = 8;

pub(crate) fn new() -> String {
    let mut drawn = Vec::with_capacity(RANDOM);
    while drawn.len() < RANDOM {
        let bytes = foundation::ids::random::<16>();
        // Drawn again where there is no such character, so that all are equally likely.
        let values = bytes.iter().map(|byte| usize::from(byte & 31));
        drawn.extend(values.filter(|value| *value < ALPHABET.len()));
    }
    drawn.truncate(RANDOM);
    let check = check(&drawn);
    drawn.push(check);
    drawn.iter().filter_map(|value| character(*value)).collect()
}

/// The code that was scanned or typed, as it is kept; `None` for what cannot be one.
pub(crate) fn read(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| *c != '-' && *c != ' ')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if code.len() == WITHOUT_CHECK {
        return code.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(code);
    }
    let values: Option<Vec<usize>> = code.bytes().map(value).collect();
    let values = values.filter(|values| values.len() == RANDOM + 1)?;
    let (last, drawn) = values.split_last()?;
    (check(drawn) == *last).then_some(code)
}

/// What somebody has typed or pasted: the code, as Japanese keyboards write it too, or the address on the label.
pub(crate) fn read_typed(text: &str) -> Option<String> {
    let narrow: String = text.chars().map(narrow).collect();
    let text = narrow.trim().to_ascii_lowercase();
    let code = match text.split_once("/o/") {
        Some((_, behind)) => behind.split(['/', '?', '#']).next().unwrap_or_default(),
        None => &text,
    };
    let code: String = code.chars().filter(|c| !is_between(*c)).collect();
    read(&code)
}

/// Spaces, and all that people take for a hyphen.
fn is_between(character: char) -> bool {
    let is_hyphen = matches!(
        character,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | 'ｰ' | '・' | '_'
    );
    is_hyphen || character.is_whitespace()
}

/// As people read it: `7K3-M9Q-XWC`.
pub(crate) fn shown(code: &str) -> String {
    let group = if code.len() == WITHOUT_CHECK { 4 } else { 3 };
    let upper = code.to_ascii_uppercase();
    let groups: Vec<&str> = upper
        .as_bytes()
        .chunks(group)
        .filter_map(|chunk| std::str::from_utf8(chunk).ok())
        .collect();
    groups.join("-")
}

/// Each place weighs differently: one wrong character, or two that changed places, give another sum.
fn check(drawn: &[usize]) -> usize {
    let weighed = drawn.iter().zip(1_usize..).map(|(value, weight)| value * weight);
    weighed.sum::<usize>() % ALPHABET.len()
}

fn value(character: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == character)
}

fn character(value: usize) -> Option<char> {
    ALPHABET.get(value).copied().map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_they_are_shown() {
        let codes: std::collections::HashSet<String> = (0..1000).map(|_| new()).collect();
        assert_eq!(codes.len(), 1000);
        for code in codes {
            assert_eq!(code.len(), 9);
            assert!(!code.contains(['0', '1', 'i', 'l', 'o']), "{code}");
            assert_eq!(read(&shown(&code)), Some(code.clone()));
            assert_eq!(read(&code), Some(code));
        }
    }

    #[test]
    fn every_wrong_character_and_every_swap_of_neighbours_is_found() {
        for _ in 0..50 {
            let code = new();
            for place in 0..code.len() {
                for wrong in ALPHABET {
                    let mut bytes = code.clone().into_bytes();
                    bytes[place] = *wrong;
                    let typed = String::from_utf8(bytes).unwrap();
                    assert_eq!(read(&typed).is_some(), typed == code, "{code} {typed}");
                }
            }
            for place in 0..RANDOM - 1 {
                let mut bytes = code.clone().into_bytes();
                bytes.swap(place, place + 1);
                let typed = String::from_utf8(bytes).unwrap();
                assert_eq!(read(&typed).is_some(), typed == code, "{code} {typed}");
            }
        }
    }

    #[test]
    fn a_code_is_read_however_it_was_typed_or_pasted() {
        let code = new();
        let shown = shown(&code);
        let wide: String = shown
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap())
            .collect();
        for typed in [
            format!("  {shown}\u{3000}"),
            shown.replace('-', "ー"),
            shown.replace('-', " – "),
            wide.replace('－', "−"),
            wide,
            format!("https://host.example/o/{code}"),
            format!("HTTPS://HOST.EXAMPLE/O/{shown}?presence=123456#x"),
            format!("host.example:8080/o/{code}/"),
        ] {
            assert_eq!(read_typed(&typed), Some(code.clone()), "{typed}");
        }
        for typed in ["", "https://host.example/", "ー", "盤"] {
            assert_eq!(read_typed(typed), None, "{typed}");
        }
    }

    #[test]
    fn older_labels_have_eight_characters_and_no_check() {
        assert_eq!(read("7KQ8-W4ND"), Some("7kq8w4nd".to_owned()));
        assert_eq!(shown("7kq8w4nd"), "7KQ8-W4ND");
        for wrong in ["", "7kq8", "7kq8w4n?", "7kq8w4nd7kq8w4nd", "盤"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
