//! Passkeys (WebAuthn Level 3): what a browser sends of a key that it has made, or signed with, read strictly.
//! No attestation is asked for, so that what the browser says of a new key is as good as what the key says itself.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use foundation::secrets::sha256;
use serde::Deserialize;

use crate::public_key::point_of_spki;

const MAX_FIELD_BYTES: usize = 4096;
const MAX_ID_BYTES: usize = 1023;
/// The person was there (§6.1).
const USER_PRESENT: u8 = 0x01;
/// The device has seen that it is its owner, by a finger, a face or a PIN.
const USER_VERIFIED: u8 = 0x04;

/// Who we are to the browser.
#[derive(Clone, Debug)]
pub(crate) struct RelyingParty {
    pub(crate) origin: String,
    /// The host of the origin.
    pub(crate) id: String,
}

impl RelyingParty {
    /// By the issuer; `None` where browsers make no keys, at an address without a name.
    pub(crate) fn of(issuer: &str) -> Option<Self> {
        let uri: actix_web::http::Uri = issuer.parse().ok()?;
        let id = uri.host()?.to_owned();
        let is_number = id.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        (!is_number).then(|| Self {
            origin: issuer.to_owned(),
            id,
        })
    }
}

/// What the browser says that it has done; in base64url, as it comes.
pub(crate) struct Told {
    pub(crate) credential_id: String,
    pub(crate) client_data: String,
    pub(crate) authenticator_data: String,
}

/// A key that was made for us, or that has signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) challenge: String,
    /// Counts up at some devices, stays 0 at others (§6.1.1).
    pub(crate) sign_count: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Reads a new key (§7.1): what was asked for, and its point.
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn read_new(
    told: &Told,
    spki: &str,
    party: &RelyingParty,
) -> Result<(Seen, Vec<u8>), &'static str> {
    let seen = read(told, "webauthn.create", party)?.0;
    let spki = decode(spki).ok_or("the public key is not base64url")?;
    let point = point_of_spki(&spki).ok_or("the public key is not a P-256 key")?;
    Ok((seen, point.to_vec()))
}

/// Reads a signature of a key that is known (§7.2).
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn read_signed(
    told: &Told,
    signature: &str,
    point: &[u8],
    party: &RelyingParty,
) -> Result<Seen, &'static str> {
    let (seen, mut signed) = read(told, "webauthn.get", party)?;
    let client_data = decode(&told.client_data).ok_or("the client data is not base64url")?;
    signed.extend(sha256(&client_data));
    let signature = decode(signature).ok_or("the signature is not base64url")?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(&signed, &signature)
        .map_err(|_| "the signature is wrong")?;
    Ok(seen)
}

/// What was asked for, and the authenticator's data.
fn read(told: &Told, action: &str, party: &RelyingParty) -> Result<(Seen, Vec<u8>), &'static str> {
    if told.credential_id.is_empty() || told.credential_id.len() > MAX_ID_BYTES {
        return Err("the credential's id is empty or too long");
    }
    let client_data = decode(&told.client_data).ok_or("the client data is not base64url")?;
    let client: ClientData =
        serde_json::from_slice(&client_data).map_err(|_| "the client data cannot be read")?;
    if client.r#type != action {
        return Err("another action was asked for");
    }
    if client.origin != party.origin || client.cross_origin {
        return Err("another site asked for it");
    }
    let data = decode(&told.authenticator_data).ok_or("the authenticator's data is not base64url")?;
    let (party_hash, rest) = data
        .split_at_checked(32)
        .ok_or("the authenticator's data is too short")?;
    if party_hash != sha256(party.id.as_bytes()) {
        return Err("the key is for another site");
    }
    let (flags, rest) = rest
        .split_first()
        .ok_or("the authenticator's data is too short")?;
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err("the device has not seen its owner");
    }
    let count = rest
        .first_chunk::<4>()
        .ok_or("the authenticator's data is too short")?;
    let seen = Seen {
        challenge: client.challenge,
        sign_count: i64::from(u32::from_be_bytes(*count)),
    };
    Ok((seen, data))
}

/// Whether a count may follow another one: a copy of a key would fall behind (§6.1.1).
pub(crate) fn may_follow(count: i64, before: i64) -> bool {
    (count == 0 && before == 0) || count > before
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let is_short = text.len() <= MAX_FIELD_BYTES;
    is_short.then(|| URL_SAFE_NO_PAD.decode(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_name_has_no_keys() {
        for issuer in ["http://127.0.0.1:8401", "http://[::1]:8401"] {
            assert!(RelyingParty::of(issuer).is_none(), "{issuer}");
        }
        assert_eq!(
            RelyingParty::of("https://auth.example.com:8443").unwrap().id,
            "auth.example.com"
        );
    }

    #[test]
    fn a_count_that_falls_behind_is_a_copy() {
        assert!(may_follow(0, 0) && may_follow(1, 0) && may_follow(9, 8));
        assert!(!may_follow(8, 8) && !may_follow(0, 8) && !may_follow(7, 8));
    }
}
