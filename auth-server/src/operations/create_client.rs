//! Makes a client with its first secret.

use std::fmt;

use api_spec::token::{DEFAULT_AUDIENCE, Scopes};
use foundation::Db;
use foundation::secrets::{self, SecretHash};
use serde::Serialize;

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::client::{Client, ClientSecret, GrantType};
use crate::store::clients;

/// A client to be.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// For people.
    pub name: String,
    /// The tenant whose objects its tokens open, `ten_…`.
    pub tenant_id: String,
    pub scopes: Scopes,
    /// The API its tokens are for; without it the event-server's.
    pub audience: Option<String>,
}

/// A client just made; the only place where its secret can be read.
#[derive(Clone, Serialize)]
pub struct CreatedClient {
    pub client_id: String,
    pub client_secret: String,
    pub name: String,
    pub tenant_id: String,
    pub scope: Scopes,
    pub audience: String,
}

impl fmt::Debug for CreatedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreatedClient({})", self.client_id)
    }
}

const MAX_NAME_CHARS: usize = 100;
const MAX_ID_BYTES: usize = 64;
const MAX_AUDIENCE_BYTES: usize = 200;

pub(crate) async fn run(
    db: &Db,
    new: NewClient,
    actor: Actor,
    now_us: i64,
) -> Result<CreatedClient, OperationError> {
    check(&new)?;
    let client_secret = secrets::client_secret();
    let client = Client {
        id: foundation::ids::id("cli"),
        name: new.name,
        tenant_id: new.tenant_id,
        grant_types: vec![GrantType::ClientCredentials],
        scopes: new.scopes,
        audience: new.audience.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned()),
        secrets: vec![ClientSecret {
            hash: SecretHash::of(&client_secret),
            created_at_us: now_us,
            expires_at_us: None,
        }],
        created_at_us: now_us,
        disabled_at_us: None,
    };
    db.write(move |conn| {
        clients::insert(conn, &client)?;
        let entry = Entry::success(Event::ClientCreated, actor).client(&client.id);
        audit::append(conn, &entry, now_us)?;
        Ok(CreatedClient {
            client_id: client.id,
            client_secret,
            name: client.name,
            tenant_id: client.tenant_id,
            scope: client.scopes,
            audience: client.audience,
        })
    })
    .await
}

fn check(new: &NewClient) -> Result<(), OperationError> {
    let not = |what, problem| Err(OperationError::NotAllowed { what, problem });
    if new.name.trim().is_empty()
        || new.name.chars().count() > MAX_NAME_CHARS
        || new.name.chars().any(char::is_control)
    {
        return not("name", "expected 1 to 100 characters on one line");
    }
    let tenant = new.tenant_id.strip_prefix("ten_").unwrap_or_default();
    if tenant.is_empty() || !is_word(&new.tenant_id, MAX_ID_BYTES) {
        return not("tenant", "expected the id of a tenant, ten_…");
    }
    if new.scopes.is_empty() {
        return not("scope", "expected at least one scope");
    }
    if let Some(audience) = &new.audience
        && !(audience.contains(':') && is_word(audience, MAX_AUDIENCE_BYTES))
    {
        return not("audience", "expected a URI");
    }
    Ok(())
}

fn is_word(text: &str, max_bytes: usize) -> bool {
    text.len() <= max_bytes && text.bytes().all(|byte| byte.is_ascii_graphic())
}
