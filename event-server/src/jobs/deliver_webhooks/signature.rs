//! Signatures of Standard Webhooks 1.0.0: `v1`, HMAC-SHA256.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::operations::webhook_endpoints::SECRET_PREFIX;

/// The value of `webhook-signature`: one signature per secret. `None` for a secret that we would not have made.
pub(super) fn sign_all<'a>(secrets: impl Iterator<Item = &'a str>, signed: &str) -> Option<String> {
    let signatures: Option<Vec<String>> = secrets.map(|secret| sign(secret, signed)).collect();
    Some(signatures?.join(" "))
}

fn sign(secret: &str, signed: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, signed.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specifications_example() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign_all([secret].into_iter(), signed).unwrap(), signature);
        let both = sign_all([secret, secret].into_iter(), signed).unwrap();
        assert_eq!(both, format!("{signature} {signature}"));
        assert_eq!(sign_all(["nonsense"].into_iter(), signed), None);
    }
}
