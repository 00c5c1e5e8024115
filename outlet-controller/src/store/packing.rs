//! Payloads made small for the disk. What comes out is what went in, byte for byte, whatever program reads it.

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_into_with_dict};

use super::StoreError;

/// What messages look like. A file is never changed, for rows on disks rest on it; a better one is added behind it.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("packing/1.txt")];
/// In the first byte of a row: the text follows as it is.
const PLAIN: u8 = 0;
const SIZE_BYTES: usize = 4;
/// A row that claims to be larger is broken.
const MAX_PAYLOAD: usize = 1 << 20;

pub(super) fn pack(payload: &str) -> Vec<u8> {
    let (number, body) = match (DICTIONARIES.last(), u8::try_from(DICTIONARIES.len())) {
        (Some(dictionary), Ok(number)) => (
            number,
            compress_prepend_size_with_dict(payload.as_bytes(), dictionary),
        ),
        _ => (PLAIN, payload.as_bytes().to_vec()),
    };
    std::iter::once(number).chain(body).collect()
}

pub(super) fn unpack(id: i64, row: &[u8]) -> Result<String, StoreError> {
    let broken = |problem: &str| StoreError::Message {
        id,
        problem: problem.to_owned(),
    };
    let (number, body) = row.split_first().ok_or_else(|| broken("it is empty"))?;
    if *number == PLAIN {
        return text(body.to_vec()).map_err(|problem| broken(&problem));
    }
    let dictionary = DICTIONARIES.get(usize::from(*number) - 1);
    let dictionary = dictionary.ok_or_else(|| broken("it was packed by a newer program"))?;
    let (size, body) = body
        .split_first_chunk::<SIZE_BYTES>()
        .ok_or_else(|| broken("it is cut off"))?;
    let size = usize::try_from(u32::from_le_bytes(*size)).unwrap_or(usize::MAX);
    if size > MAX_PAYLOAD {
        return Err(broken("it is too large"));
    }
    let mut payload = vec![0; size];
    let length = decompress_into_with_dict(body, &mut payload, dictionary);
    let length = length.map_err(|error| broken(&error.to_string()))?;
    if length != size {
        return Err(broken("it is cut off"));
    }
    text(payload).map_err(|problem| broken(&problem))
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = include_str!("packing/sample.json");

    #[test]
    fn what_was_packed_by_the_first_program_is_still_read() {
        let row = [
            1, 79, 0, 0, 0, 15, 220, 2, 16, 6, 110, 3, 3, 3, 6, 15, 85, 3, 0, 128, 115, 101, 73, 100, 34, 58,
            49, 125,
        ];
        assert_eq!(unpack(1, &row).unwrap(), SAMPLE);
    }

    #[test]
    fn a_broken_row_is_an_error_and_no_panic() {
        let packed = pack(SAMPLE);
        for length in 0..packed.len() {
            assert!(unpack(7, packed.get(..length).unwrap()).is_err(), "{length}");
        }
        let huge = [1, 255, 255, 255, 255, 0];
        assert_eq!(
            unpack(7, &huge).unwrap_err().to_string(),
            "database: message 7 cannot be read: it is too large"
        );
        assert!(
            unpack(7, &[9, 0])
                .unwrap_err()
                .to_string()
                .ends_with("a newer program")
        );
    }

    proptest! {
        #[test]
        fn any_payload_comes_back_byte_for_byte(payload in ".*") {
            prop_assert_eq!(unpack(1, &pack(&payload)).unwrap(), payload);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(row in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _either = unpack(1, &row);
        }
    }
}
