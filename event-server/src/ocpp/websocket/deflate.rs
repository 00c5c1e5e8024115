//! permessage-deflate without context takeover: one compressor and one decompressor per thread serve all connections.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::codec::Violation;

/// What a sender leaves off the end of each message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// How much output room is added at a time.
const STEP_BYTES: usize = 4096;

thread_local! {
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// Inflates one message, to at most `limit_bytes`.
pub(super) fn inflate(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Violation> {
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let mut plain = Vec::with_capacity((compressed.len() * 3).clamp(64, limit_bytes));
        for input in [compressed, &TAIL] {
            if inflate_part(inflate, input, &mut plain, limit_bytes)? == Status::StreamEnd {
                break;
            }
        }
        Ok(plain)
    })
}

fn inflate_part(
    inflate: &mut Decompress,
    mut input: &[u8],
    plain: &mut Vec<u8>,
    limit_bytes: usize,
) -> Result<Status, Violation> {
    loop {
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress_vec(input, plain, FlushDecompress::Sync)
            .map_err(|_| Violation::BAD_DEFLATE)?;
        if plain.len() > limit_bytes {
            return Err(Violation::TOO_BIG);
        }
        let taken = usize::try_from(inflate.total_in() - before.0).unwrap_or(usize::MAX);
        input = input.get(taken..).unwrap_or_default();
        if status == Status::StreamEnd {
            return Ok(status);
        }
        if plain.len() == plain.capacity() {
            plain.reserve(STEP_BYTES);
        } else if input.is_empty() {
            return Ok(status);
        } else if before == (inflate.total_in(), inflate.total_out()) {
            return Err(Violation::BAD_DEFLATE);
        }
    }
}

/// Deflates one message; `None` where that makes it no shorter.
pub(super) fn deflate(plain: &[u8]) -> Option<Vec<u8>> {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        let mut compressed = Vec::with_capacity(plain.len() + 64);
        let done = deflate.compress_vec(plain, &mut compressed, FlushCompress::Sync);
        let complete = matches!(done, Ok(Status::Ok)) && deflate.total_in() == plain.len() as u64;
        if !complete || compressed.len() == compressed.capacity() || !compressed.ends_with(&TAIL) {
            return None;
        }
        compressed.truncate(compressed.len() - TAIL.len());
        (compressed.len() < plain.len()).then_some(compressed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deflated_inflates_to_the_same() {
        for length in [0, 1, 100, 5000, 65_536] {
            let plain: Vec<u8> = (0..length).map(|i| b"TransactionEvent"[i % 16]).collect();
            if let Some(compressed) = deflate(&plain) {
                assert_eq!(inflate(&compressed, 65_536).unwrap(), plain);
            }
        }
        assert!(deflate(&[b'a'; 1000]).is_some_and(|short| short.len() < 50));
        assert_eq!(deflate(b"x"), None);
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate(&hello, 100).unwrap(), b"Hello");
        let final_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&final_block, 100).unwrap(), b"Hello");
        assert_eq!(inflate(&[0x00], 100).unwrap(), b"");
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = deflate(&vec![0; 60 << 10]).unwrap();
        assert_eq!(inflate(&bomb, 1000), Err(Violation::TOO_BIG));
        assert_eq!(inflate(&bomb, 60 << 10).unwrap().len(), 60 << 10);
    }

    #[test]
    fn what_is_not_deflate_is_refused() {
        assert_eq!(
            inflate(&[0xff, 0xff, 0xff, 0xff], 1000),
            Err(Violation::BAD_DEFLATE)
        );
    }
}
