//! Texts that only the holder of a cookie can open: the database alone gives nothing away.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A nonce, then the text and its tag, in base64url; `None` if the machine has no random numbers.
pub(super) fn seal(cookie: &str, text: &str) -> Option<String> {
    let mut sealed = text.as_bytes().to_vec();
    let nonce = key(cookie)?
        .seal_in_place_append_tag(Aad::empty(), &mut sealed)
        .ok()?;
    Some(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
}

/// `None` for another cookie, or a text that was changed.
pub(super) fn open(cookie: &str, sealed: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
    let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
    let opened = key(cookie)?.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

/// A cookie is 256 random bits, so that a hash of it is a key.
fn key(cookie: &str) -> Option<RandomizedNonceKey> {
    let bytes = foundation::secrets::sha256(format!("seal\n{cookie}").as_bytes());
    RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_cookie_opens_what_was_not_changed() {
        let sealed = seal("cookie", "dnr_rt_…").unwrap();
        assert_eq!(open("cookie", &sealed).as_deref(), Some("dnr_rt_…"));
        assert_ne!(sealed, seal("cookie", "dnr_rt_…").unwrap());
        assert_eq!(open("another", &sealed), None);
        let mut changed = sealed.into_bytes();
        changed[20] ^= 1;
        assert_eq!(open("cookie", &String::from_utf8(changed).unwrap()), None);
        assert_eq!(open("cookie", "short"), None);
    }
}
