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
    #[cfg(feature = "simulation")]
    if simulated::fill(&mut bytes) {
        return bytes;
    }
    rand::fill(&mut bytes).expect("the operating system's random generator answers");
    bytes
}

/// For simulations, never built into a program: random bytes that follow from a seed.
#[cfg(feature = "simulation")]
pub mod simulated {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// From now on, on this thread, all random bytes follow from `seed`.
    pub fn seed(seed: u64) {
        STATE.set(Some(seed));
    }

    /// False where no seed was set. The numbers are those of splitmix64.
    pub(super) fn fill(bytes: &mut [u8]) -> bool {
        let Some(mut state) = STATE.get() else {
            return false;
        };
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let drawn = (z ^ (z >> 31)).to_le_bytes();
            chunk
                .iter_mut()
                .zip(drawn)
                .for_each(|(byte, drawn)| *byte = drawn);
        }
        STATE.set(Some(state));
        true
    }
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

    #[cfg(feature = "simulation")]
    #[test]
    fn a_seed_makes_the_same_random_bytes_again() {
        let drawn = |seed| {
            simulated::seed(seed);
            (random_text(), random::<3>())
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn base32_writes_the_known_vectors() {
        assert_eq!(base32(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(base32(&[0x00, 0x44, 0x32, 0x14, 0xc7]), "01234567");
    }
}
