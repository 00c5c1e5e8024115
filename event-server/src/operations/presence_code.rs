//! Codes that a display at an outlet shows for half a minute each: OCPP 2.1 Part 2 C25, HMAC-SHA256 over the number of the slot.

use aws_lc_rs::{constant_time, hmac};
use foundation::typed::narrow;

pub(crate) const SLOT_S: i64 = 30;
/// Of the code in a link, which a camera reads.
pub(crate) const LINK_LENGTH: usize = 12;
/// Of the code that a person types.
pub(crate) const TYPED_LENGTH: usize = 6;

const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// The one before, the present one and the next: clocks differ, and people need a moment.
const SLOTS: [i64; 3] = [-1, 0, 1];

/// How a code is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Link,
    Typed,
}

/// The number of the slot that a moment lies in.
pub(crate) fn slot(now_us: i64) -> i64 {
    now_us.div_euclid(SLOT_S * 1_000_000)
}

pub(crate) fn code(secret: &str, form: Form, slot: i64) -> String {
    let (alphabet, length) = match form {
        Form::Link => (LETTERS, LINK_LENGTH),
        Form::Typed => (DIGITS, TYPED_LENGTH),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &slot.to_be_bytes());
    let hash = tag.as_ref();
    let start = usize::from(hash.last().copied().unwrap_or(0) & 0x0f);
    let bytes = hash.iter().cycle().skip(start).take(length);
    let letters = bytes.filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len()));
    letters.map(|letter| char::from(*letter)).collect()
}

/// Whether a display with this secret shows the code now, has just shown it, or is about to. In constant time.
pub(crate) fn is_right(secret: &str, shown: &str, now_us: i64) -> bool {
    let shown = plain(shown);
    let form = match shown.len() {
        LINK_LENGTH => Form::Link,
        _ => Form::Typed,
    };
    let now = slot(now_us);
    let mut right = false;
    for step in SLOTS {
        let code = code(secret, form, now.saturating_add(step));
        right |= constant_time::verify_slices_are_equal(code.as_bytes(), shown.as_bytes()).is_ok();
    }
    right
}

/// As people type: with spaces, or in the wide digits of a Japanese keyboard.
fn plain(shown: &str) -> String {
    let letters = shown
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-');
    letters.map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "secure!Charging!";

    #[test]
    fn codes_are_those_of_the_public_reference() {
        let at_us = "2024-05-23T00:23:05Z".parse::<jiff::Timestamp>().unwrap();
        let now = slot(at_us.as_microsecond());
        let links = [-1, 0, 1].map(|step| code(SECRET, Form::Link, now + step));
        assert_eq!(links, ["MdPU0jCm5tXz", "CN63y502maVh", "dI54vnA25m2h"]);
        assert_eq!(code(SECRET, Form::Typed, now), "894361");
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        let now_us = 1_795_143_840_000_000;
        let typed = code(SECRET, Form::Typed, slot(now_us));
        let wide: String = typed
            .chars()
            .map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).unwrap())
            .collect();
        for shown in [typed.clone(), wide, format!(" {} {}", &typed[..3], &typed[3..])] {
            assert!(is_right(SECRET, &shown, now_us), "{shown}");
        }
        for shown in ["", "0", "00000000000000000000", &typed[..5]] {
            assert!(!is_right(SECRET, shown, now_us), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_right_in_its_slot_and_in_the_two_beside_it_alone(
            secret in "[a-zA-Z0-9_-]{16,43}",
            made_us in 0..4_000_000_000_000_000_i64,
            slots_later in -4..=4_i64,
            rest_us in 0..SLOT_S * 1_000_000,
        ) {
            let made = slot(made_us);
            let now_us = (made + slots_later) * SLOT_S * 1_000_000 + rest_us;
            let beside = (-1..=1).contains(&slots_later);
            prop_assert_eq!(is_right(&secret, &code(&secret, Form::Link, made), now_us), beside);
            if beside {
                prop_assert!(is_right(&secret, &code(&secret, Form::Typed, made), now_us));
            }
            let other = format!("{secret}x");
            prop_assert!(!is_right(&other, &code(&secret, Form::Link, made), now_us));
        }
    }
}
