//! The tables `clients` and `client_secrets`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::client_keys::{self, ClientKeyRow};
use super::schema::{client_secrets, clients};
use super::unreadable;
use crate::client::{Client, ClientSecret, GrantType};

#[derive(Queryable)]
struct ClientRow {
    id: String,
    name: String,
    tenant_id: String,
    grant_types: String,
    scopes: String,
    audience: String,
    created_at_us: i64,
    disabled_at_us: Option<i64>,
    introspects: Option<String>,
    redirect_uris: String,
    post_logout_uris: String,
    is_ours: bool,
    certificate_uri: Option<String>,
    dpop_bound: bool,
}

/// client_id, hash, created_at_us, expires_at_us
type SecretRow = (String, String, i64, Option<i64>);

const SECRET_COLUMNS: (
    client_secrets::client_id,
    client_secrets::hash,
    client_secrets::created_at_us,
    client_secrets::expires_at_us,
) = (
    client_secrets::client_id,
    client_secrets::hash,
    client_secrets::created_at_us,
    client_secrets::expires_at_us,
);

/// A client with its secrets and keys, the newest first.
pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Client>, DbError> {
    let row: Option<ClientRow> = on!(conn, |c| clients::table.find(id).first(c).optional())?;
    let Some(row) = row else { return Ok(None) };
    let secrets: Vec<SecretRow> = on!(conn, |c| client_secrets::table
        .filter(client_secrets::client_id.eq(id))
        .select(SECRET_COLUMNS)
        .order(client_secrets::created_at_us.desc())
        .load(c))?;
    let keys = client_keys::list(conn, id)?;
    Ok(Some(client(row, &secrets, &keys)?))
}

/// All clients, the oldest first.
pub(crate) fn list(conn: &mut Conn) -> Result<Vec<Client>, DbError> {
    let rows: Vec<ClientRow> = on!(conn, |c| clients::table
        .order((clients::created_at_us, clients::id))
        .load(c))?;
    let secrets: Vec<SecretRow> = on!(conn, |c| client_secrets::table
        .select(SECRET_COLUMNS)
        .order(client_secrets::created_at_us.desc())
        .load(c))?;
    let keys = client_keys::list_all(conn)?;
    rows.into_iter().map(|row| client(row, &secrets, &keys)).collect()
}

/// A new client with its first secrets and keys.
pub(crate) fn insert(conn: &mut Conn, client: &Client) -> Result<(), DbError> {
    let grant_types: Vec<&str> = client.grant_types.iter().map(|grant| grant.name()).collect();
    let row = (
        clients::id.eq(&client.id),
        clients::name.eq(&client.name),
        clients::tenant_id.eq(&client.tenant_id),
        clients::grant_types.eq(grant_types.join(" ")),
        clients::scopes.eq(client.scopes.to_string()),
        clients::audience.eq(&client.audience),
        clients::created_at_us.eq(client.created_at_us),
        clients::disabled_at_us.eq(client.disabled_at_us),
        clients::introspects.eq(&client.introspects),
        clients::redirect_uris.eq(client.redirect_uris.join(" ")),
        clients::post_logout_uris.eq(client.post_logout_uris.join(" ")),
        clients::is_ours.eq(client.is_ours),
        clients::certificate_uri.eq(client.certificate_uri.as_ref().map(ToString::to_string)),
        clients::dpop_bound.eq(client.dpop_bound),
    );
    on!(conn, |c| diesel::insert_into(clients::table)
        .values(row)
        .execute(c))?;
    for secret in &client.secrets {
        insert_secret(conn, &client.id, *secret)?;
    }
    for key in &client.keys {
        client_keys::insert(conn, &client.id, key, client.created_at_us)?;
    }
    Ok(())
}

pub(crate) fn insert_secret(conn: &mut Conn, client_id: &str, secret: ClientSecret) -> Result<(), DbError> {
    let row = (
        client_secrets::hash.eq(secret.hash.to_text()),
        client_secrets::client_id.eq(client_id),
        client_secrets::created_at_us.eq(secret.created_at_us),
        client_secrets::expires_at_us.eq(secret.expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(client_secrets::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_secret_expiry(conn: &mut Conn, secret: ClientSecret) -> Result<(), DbError> {
    let row = client_secrets::table.find(secret.hash.to_text());
    on!(conn, |c| diesel::update(row)
        .set(client_secrets::expires_at_us.eq(secret.expires_at_us))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_secret(conn: &mut Conn, hash: SecretHash) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(
        client_secrets::table.find(hash.to_text())
    )
    .execute(c))?;
    Ok(())
}

/// Disables a client, or leaves it as disabled as it was; false if there is no such client.
pub(crate) fn update_disabled(conn: &mut Conn, id: &str, disabled_at_us: i64) -> Result<bool, DbError> {
    let Some(client) = find(conn, id)? else {
        return Ok(false);
    };
    let disabled_at_us = client.disabled_at_us.unwrap_or(disabled_at_us);
    on!(conn, |c| diesel::update(clients::table.find(id))
        .set(clients::disabled_at_us.eq(disabled_at_us))
        .execute(c))?;
    Ok(true)
}

fn client(row: ClientRow, secrets: &[SecretRow], keys: &[ClientKeyRow]) -> Result<Client, DbError> {
    let own = secrets.iter().filter(|(client_id, ..)| *client_id == row.id);
    let secrets = own.map(secret).collect::<Result<_, _>>()?;
    let keys = keys.iter().filter(|(client_id, ..)| *client_id == row.id);
    let keys = keys.map(client_keys::key).collect::<Result<_, _>>()?;
    let grant_types = row
        .grant_types
        .split_whitespace()
        .map(|name| GrantType::from_name(name).ok_or_else(|| unreadable("grant_types")));
    let certificate_uri = row.certificate_uri.map(|uri| uri.parse()).transpose();
    Ok(Client {
        certificate_uri: certificate_uri.map_err(|_| unreadable("certificate_uri"))?,
        grant_types: grant_types.collect::<Result<_, _>>()?,
        scopes: row.scopes.parse().map_err(|_| unreadable("scopes"))?,
        id: row.id,
        name: row.name,
        tenant_id: row.tenant_id,
        audience: row.audience,
        secrets,
        keys,
        introspects: row.introspects,
        redirect_uris: words(&row.redirect_uris),
        post_logout_uris: words(&row.post_logout_uris),
        is_ours: row.is_ours,
        dpop_bound: row.dpop_bound,
        created_at_us: row.created_at_us,
        disabled_at_us: row.disabled_at_us,
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn secret((_, hash, created_at_us, expires_at_us): &SecretRow) -> Result<ClientSecret, DbError> {
    Ok(ClientSecret {
        hash: SecretHash::from_text(hash).ok_or_else(|| unreadable("hash"))?,
        created_at_us: *created_at_us,
        expires_at_us: *expires_at_us,
    })
}
