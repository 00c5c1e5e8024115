//! What strangers hand to the authority: certificate requests, and certificates.
#![no_main]

use auth_server::fuzzing::{is_certificate, key_of_request};
use libfuzzer_sys::fuzz_target;

/// A sound request, from which inputs are made. Its key is lost, so that nobody signs another one.
const SOUND: &[u8] = include_bytes!("../seeds/certificates/request.der");

fuzz_target!(|input: &[u8]| {
    // TLS has verified a certificate before it is read.
    let _any = is_certificate(input);
    if let Some(key) = key_of_request(input) {
        let is_the_sound_ones = SOUND.windows(key.len()).any(|part| part == key);
        assert!(is_the_sound_ones, "a signature was made up");
    }
});
