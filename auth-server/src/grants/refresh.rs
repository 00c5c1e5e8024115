//! The refresh token grant (RFC 6749 §6): each refresh token is good once, and brings the next one (RFC 9700 §4.14.2).

use api_spec::token::{Confirmation, Scopes};
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError};

use super::families::{self, NoGrant, PersonGrant};
use super::{Grants, IssuedToken};
use crate::audit::Event;
use crate::client::Client;
use crate::error::OAuthError;
use crate::store::token_families;

impl Grants {
    /// `scope` may ask for less than was allowed, for this access token alone.
    pub(super) async fn refresh(
        &self,
        client: &Client,
        token: &str,
        scope: Option<&str>,
        cnf: Option<Confirmation>,
    ) -> Result<IssuedToken, OAuthError> {
        let narrower: Option<Scopes> = scope
            .map(str::parse)
            .transpose()
            .map_err(|_| OAuthError::InvalidScope)?;
        let (by, hash, now_us) = (client.clone(), SecretHash::of(token), self.clock.now_us());
        let asked = narrower.clone();
        let refreshed = self
            .db
            .write(move |conn| refresh(conn, &by, hash, asked.as_ref(), now_us));
        self.person_tokens(client, refreshed.await?, narrower, cnf)
    }
}

fn refresh(
    conn: &mut Conn,
    client: &Client,
    token: SecretHash,
    narrower: Option<&Scopes>,
    now_us: i64,
) -> Result<Result<PersonGrant, NoGrant>, OAuthError> {
    let Some(family) = token_families::find_by_refresh(conn, token)? else {
        return Ok(Err("unknown refresh token".into()));
    };
    if family.client_id != client.id {
        return Ok(Err("the refresh token of another client".into()));
    }
    // Before it is used up: a client that asks for too much may ask again.
    if narrower.is_some_and(|scopes| scopes.is_empty() || !scopes.is_within(&family.scopes)) {
        return Err(OAuthError::InvalidScope);
    }
    if !token_families::take_refresh(conn, token, now_us)? {
        return reused(conn, &family, now_us);
    }
    Ok(families::grant(conn, family, &client.tenant_id, now_us)?)
}

fn reused(
    conn: &mut Conn,
    family: &token_families::TokenFamily,
    now_us: i64,
) -> Result<Result<PersonGrant, NoGrant>, OAuthError> {
    let used_twice: Result<NoGrant, DbError> =
        families::used_twice(conn, family, Event::RefreshReused, now_us);
    Ok(Err(used_twice?))
}
