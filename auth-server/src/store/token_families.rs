//! The tables `token_families`, `authorization_codes` and `refresh_tokens`.

use api_spec::token::Scopes;
use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::{authorization_codes, refresh_tokens, token_families};
use super::unreadable;

/// All that follows from one consent of a person.
#[derive(Clone, Debug)]
pub(crate) struct TokenFamily {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) person_id: String,
    pub(crate) session_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) auth_time_us: i64,
    pub(crate) created_at_us: i64,
    /// Nothing of it is good after that.
    pub(crate) expires_at_us: i64,
    pub(crate) revoked_at_us: Option<i64>,
}

/// id, client_id, person_id, session_id, scopes, auth_time_us, created_at_us, expires_at_us, revoked_at_us
type FamilyRow = (String, String, String, String, String, i64, i64, i64, Option<i64>);

/// A code and what it is bound to.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = authorization_codes)]
pub(crate) struct AuthorizationCode {
    pub(crate) family_id: String,
    pub(crate) redirect_uri: String,
    /// S256 of the verifier (RFC 7636 §4.2).
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    /// The thumbprint of the key that whoever redeems it must prove to hold (RFC 9449 §10).
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) expires_at_us: i64,
    pub(crate) used_at_us: Option<i64>,
}

pub(crate) fn insert(conn: &mut Conn, family: &TokenFamily) -> Result<(), DbError> {
    let row = (
        token_families::id.eq(&family.id),
        token_families::client_id.eq(&family.client_id),
        token_families::person_id.eq(&family.person_id),
        token_families::session_id.eq(&family.session_id),
        token_families::scopes.eq(family.scopes.to_string()),
        token_families::auth_time_us.eq(family.auth_time_us),
        token_families::created_at_us.eq(family.created_at_us),
        token_families::expires_at_us.eq(family.expires_at_us),
        token_families::revoked_at_us.eq(family.revoked_at_us),
    );
    on!(conn, |c| diesel::insert_into(token_families::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<TokenFamily>, DbError> {
    let row: Option<FamilyRow> = on!(conn, |c| token_families::table.find(id).first(c).optional())?;
    row.map(family).transpose()
}

/// Those of a person that are not over.
pub(crate) fn list(conn: &mut Conn, person_id: &str, now_us: i64) -> Result<Vec<TokenFamily>, DbError> {
    let rows: Vec<FamilyRow> = on!(conn, |c| token_families::table
        .filter(token_families::person_id.eq(person_id))
        .filter(token_families::expires_at_us.gt(now_us))
        .filter(token_families::revoked_at_us.is_null())
        .order(token_families::created_at_us.desc())
        .load(c))?;
    rows.into_iter().map(family).collect()
}

/// False if it was revoked before.
pub(crate) fn update_revoked(conn: &mut Conn, id: &str, revoked_at_us: i64) -> Result<bool, DbError> {
    let row = token_families::table
        .filter(token_families::id.eq(id))
        .filter(token_families::revoked_at_us.is_null());
    Ok(on!(conn, |c| diesel::update(row)
        .set(token_families::revoked_at_us.eq(revoked_at_us))
        .execute(c))?
        == 1)
}

pub(crate) fn insert_code(
    conn: &mut Conn,
    code: SecretHash,
    bound: &AuthorizationCode,
) -> Result<(), DbError> {
    let row = (
        authorization_codes::hash.eq(code.to_text()),
        authorization_codes::family_id.eq(&bound.family_id),
        authorization_codes::redirect_uri.eq(&bound.redirect_uri),
        authorization_codes::challenge.eq(&bound.challenge),
        authorization_codes::nonce.eq(&bound.nonce),
        authorization_codes::dpop_jkt.eq(&bound.dpop_jkt),
        authorization_codes::expires_at_us.eq(bound.expires_at_us),
        authorization_codes::used_at_us.eq(bound.used_at_us),
    );
    on!(conn, |c| diesel::insert_into(authorization_codes::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find_code(conn: &mut Conn, code: SecretHash) -> Result<Option<AuthorizationCode>, DbError> {
    Ok(on!(conn, |c| authorization_codes::table
        .find(code.to_text())
        .select(AuthorizationCode::as_select())
        .first(c)
        .optional())?)
}

/// Takes a code for used, in one statement; false if it was used before.
pub(crate) fn take_code(conn: &mut Conn, code: SecretHash, used_at_us: i64) -> Result<bool, DbError> {
    let unused = authorization_codes::table
        .filter(authorization_codes::hash.eq(code.to_text()))
        .filter(authorization_codes::used_at_us.is_null());
    Ok(on!(conn, |c| diesel::update(unused)
        .set(authorization_codes::used_at_us.eq(used_at_us))
        .execute(c))?
        == 1)
}

pub(crate) fn insert_refresh(
    conn: &mut Conn,
    token: SecretHash,
    family_id: &str,
    created_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        refresh_tokens::hash.eq(token.to_text()),
        refresh_tokens::family_id.eq(family_id),
        refresh_tokens::created_at_us.eq(created_at_us),
    );
    on!(conn, |c| diesel::insert_into(refresh_tokens::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// The family of a refresh token, used or not.
pub(crate) fn find_by_refresh(conn: &mut Conn, token: SecretHash) -> Result<Option<TokenFamily>, DbError> {
    let id: Option<String> = on!(conn, |c| refresh_tokens::table
        .find(token.to_text())
        .select(refresh_tokens::family_id)
        .first(c)
        .optional())?;
    match id {
        Some(id) => find(conn, &id),
        None => Ok(None),
    }
}

/// Takes a refresh token for used, in one statement; false if it was used before.
pub(crate) fn take_refresh(conn: &mut Conn, token: SecretHash, used_at_us: i64) -> Result<bool, DbError> {
    let unused = refresh_tokens::table
        .filter(refresh_tokens::hash.eq(token.to_text()))
        .filter(refresh_tokens::used_at_us.is_null());
    Ok(on!(conn, |c| diesel::update(unused)
        .set(refresh_tokens::used_at_us.eq(used_at_us))
        .execute(c))?
        == 1)
}

/// Forgets families that are over, with their codes and tokens.
pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over: Vec<String> = on!(conn, |c| token_families::table
        .filter(token_families::expires_at_us.lt(now_us))
        .select(token_families::id)
        .load(c))?;
    if over.is_empty() {
        return Ok(());
    }
    let codes = authorization_codes::table.filter(authorization_codes::family_id.eq_any(&over));
    on!(conn, |c| diesel::delete(codes).execute(c))?;
    let tokens = refresh_tokens::table.filter(refresh_tokens::family_id.eq_any(&over));
    on!(conn, |c| diesel::delete(tokens).execute(c))?;
    let families = token_families::table.filter(token_families::id.eq_any(&over));
    on!(conn, |c| diesel::delete(families).execute(c))?;
    Ok(())
}

fn family(
    (id, client_id, person_id, session_id, scopes, auth_time_us, created_at_us, expires_at_us, revoked_at_us): FamilyRow,
) -> Result<TokenFamily, DbError> {
    Ok(TokenFamily {
        id,
        client_id,
        person_id,
        session_id,
        scopes: scopes.parse().map_err(|_| unreadable("scopes"))?,
        auth_time_us,
        created_at_us,
        expires_at_us,
        revoked_at_us,
    })
}
