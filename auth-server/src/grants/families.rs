//! What a person has allowed a client: a code, tokens and their successors are one family, and end together.

use api_spec::token::Scope;
use foundation::secrets::{SecretHash, SecretKind};
use foundation::{Conn, DbError};

use crate::audit::{self, Actor, Entry, Event};
use crate::people::{Rights, rights};
use crate::store::people;
use crate::store::revoked_tokens::{self, RevokedToken};
use crate::store::token_families::{self, TokenFamily};

/// Longer than any access token of a family can still be good.
const REMEMBERED_US: i64 = 1200 * 1_000_000;

/// Tokens that may be given now. No `Debug`: it holds a token.
pub(super) struct PersonGrant {
    pub(super) family: TokenFamily,
    pub(super) rights: Rights,
    /// What the authorization request brought along for the id token.
    pub(super) nonce: Option<String>,
    pub(super) refresh_token: Option<String>,
}

/// Why not; told to nobody but the log.
pub(super) struct NoGrant {
    pub(super) reason: &'static str,
    /// The family was ended by this.
    pub(super) ended: Option<RevokedToken>,
}

impl From<&'static str> for NoGrant {
    fn from(reason: &'static str) -> Self {
        Self { reason, ended: None }
    }
}

/// Grants by what the person may do at this moment; with a refresh token if the client may come back.
pub(super) fn grant(
    conn: &mut Conn,
    family: TokenFamily,
    tenant_id: &str,
    now_us: i64,
) -> Result<Result<PersonGrant, NoGrant>, DbError> {
    if family.revoked_at_us.is_some() || family.expires_at_us <= now_us {
        return Ok(Err("what the person allowed is over".into()));
    }
    let person = people::find(conn, &family.person_id)?;
    if person.is_none_or(|person| person.disabled_at_us.is_some()) {
        return Ok(Err("the person is disabled or gone".into()));
    }
    let roles = people::roles(conn, &family.person_id)?;
    let Some(rights) = rights(&roles, tenant_id) else {
        return Ok(Err("the person has no role here any more".into()));
    };
    let comes_back = family.scopes.contains(Scope::OfflineAccess);
    let refresh_token = comes_back.then(|| SecretKind::RefreshToken.generate());
    if let Some(token) = &refresh_token {
        token_families::insert_refresh(conn, SecretHash::of(token), &family.id, now_us)?;
    }
    Ok(Ok(PersonGrant {
        family,
        rights,
        nonce: None,
        refresh_token,
    }))
}

/// A code or a refresh token was used twice, so one of the two is a thief: nobody keeps anything (RFC 9700 §4.14.2).
pub(super) fn used_twice(
    conn: &mut Conn,
    family: &TokenFamily,
    event: Event,
    now_us: i64,
) -> Result<NoGrant, DbError> {
    let actor = Actor::Client(family.client_id.clone());
    let entry = Entry::failure(event, actor, "used twice").client(&family.client_id);
    Ok(NoGrant {
        reason: "used twice",
        ended: end(conn, family, &entry, now_us)?,
    })
}

/// Ends a family with its access tokens, and says so in the audit log; nothing if it was ended before.
pub(crate) fn end(
    conn: &mut Conn,
    family: &TokenFamily,
    entry: &Entry,
    now_us: i64,
) -> Result<Option<RevokedToken>, DbError> {
    if !token_families::update_revoked(conn, &family.id, now_us)? {
        return Ok(None);
    }
    // Its access tokens name it as `sid`.
    let revoked = RevokedToken {
        jti: family.id.clone(),
        revoked_at_us: now_us,
        expires_at_us: now_us.saturating_add(REMEMBERED_US),
    };
    revoked_tokens::insert(conn, &revoked)?;
    audit::append(conn, entry, now_us)?;
    Ok(Some(revoked))
}
