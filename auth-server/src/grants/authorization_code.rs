//! The authorization code grant (RFC 6749 §4.1.3): a code is good once, for whoever asked for it.

use api_spec::token::Confirmation;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError};

use super::families::{self, NoGrant, PersonGrant};
use super::{Grants, IssuedToken};
use crate::audit::Event;
use crate::client::Client;
use crate::error::OAuthError;
use crate::store::token_families::{self, AuthorizationCode};

/// What a client shows to have its code redeemed. No `Debug`: it holds a code.
#[derive(Clone)]
pub(crate) struct ShownCode {
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    /// RFC 7636 §4.1.
    pub(crate) verifier: String,
}

impl Grants {
    pub(super) async fn redeem_code(
        &self,
        client: &Client,
        shown: &ShownCode,
        cnf: Option<Confirmation>,
    ) -> Result<IssuedToken, OAuthError> {
        if !is_verifier(&shown.verifier) {
            return Err(OAuthError::InvalidRequest(
                "code_verifier must be 43 to 128 characters",
            ));
        }
        let now_us = self.clock.now_us();
        let redemption = Redemption {
            client: client.clone(),
            shown: shown.clone(),
            cnf: cnf.clone(),
        };
        let redeemed = self.db.write(move |conn| redemption.redeem(conn, now_us));
        let redeemed: Result<_, DbError> = redeemed.await;
        self.person_tokens(client, redeemed?, None, cnf)
    }
}

/// A code in front of its row.
struct Redemption {
    client: Client,
    shown: ShownCode,
    cnf: Option<Confirmation>,
}

impl Redemption {
    fn redeem(&self, conn: &mut Conn, now_us: i64) -> Result<Result<PersonGrant, NoGrant>, DbError> {
        let hash = SecretHash::of(&self.shown.code);
        let Some(bound) = token_families::find_code(conn, hash)? else {
            return Ok(Err("unknown code".into()));
        };
        let Some(family) = token_families::find(conn, &bound.family_id)? else {
            return Ok(Err("unknown code".into()));
        };
        if family.client_id != self.client.id {
            return Ok(Err("the code of another client".into()));
        }
        if bound.used_at_us.is_some() {
            return families::used_twice(conn, &family, Event::CodeReused, now_us).map(Err);
        }
        if bound.expires_at_us <= now_us {
            return Ok(Err("the code has expired".into()));
        }
        if let Err(reason) = self.fits(&bound) {
            return Ok(Err(reason.into()));
        }
        if !token_families::take_code(conn, hash, now_us)? {
            return families::used_twice(conn, &family, Event::CodeReused, now_us).map(Err);
        }
        let granted = families::grant(conn, family, &self.client.tenant_id, now_us)?;
        Ok(granted.map(|grant| PersonGrant {
            nonce: bound.nonce,
            ..grant
        }))
    }

    /// Whether it is redeemed by whoever asked for it.
    fn fits(&self, bound: &AuthorizationCode) -> Result<(), &'static str> {
        if bound.redirect_uri != self.shown.redirect_uri {
            return Err("another redirect_uri than the one asked with");
        }
        if bound.challenge != SecretHash::of(&self.shown.verifier).to_text() {
            return Err("the code_verifier does not fit");
        }
        let key = bound.dpop_jkt.clone().map(Confirmation::Key);
        if key.is_some() && key != self.cnf {
            return Err("no proof of the key that it was asked with");
        }
        Ok(())
    }
}

/// 43 to 128 characters of a small alphabet (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}
