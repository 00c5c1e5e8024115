//! Identifiers: prefixed, random, in a lower-case alphabet without look-alikes (Crockford base32).

use aws_lc_rs::rand;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new identifier such as `out_01kab3…`: `prefix`, then 26 characters of a UUIDv7, so that newer ids sort later.
pub fn id(prefix: &str) -> String {
    format!("{prefix}_{}", base32(uuid::Uuid::now_v7().as_bytes()))
}

/// The 8 random characters (40 bits) on an outlet's label.
pub fn public_code() -> String {
    base32(&random::<5>())
}

/// 128 random bits as 26 characters.
pub fn random_text() -> String {
    base32(&random::<16>())
}

/// Random bytes from the operating system's generator.
///
/// # Panics
/// If the operating system has no randomness to give; no secret may be made then.
#[expect(clippy::expect_used, reason = "without randomness no secret may be made")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system's random generator answers");
    bytes
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit(buffer >> bits));
        }
    }
    if bits > 0 {
        text.push(digit(buffer << (5 - bits)));
    }
    text
}

fn digit(value: u32) -> char {
    ALPHABET
        .get((value & 31) as usize)
        .copied()
        .map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_prefix_and_sort_by_age() {
        let first = id("out");
        let second = id("out");
        assert!(first.starts_with("out_") && first.len() == 30, "{first}");
        assert!(first < second);
    }

    #[test]
    fn public_codes_are_eight_characters_of_the_alphabet_and_differ() {
        let codes: std::collections::HashSet<String> = (0..1000).map(|_| public_code()).collect();
        assert_eq!(codes.len(), 1000);
        assert!(
            codes
                .iter()
                .all(|c| c.len() == 8 && c.bytes().all(|b| ALPHABET.contains(&b)))
        );
    }

    #[test]
    fn base32_writes_the_known_vectors() {
        assert_eq!(base32(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(base32(&[0x00, 0x44, 0x32, 0x14, 0xc7]), "01234567");
    }
}
