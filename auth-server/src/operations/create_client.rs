//! Makes a client, with a first secret, a public key or the name in a certificate.

use std::fmt;

use api_spec::station_uri::StationUri;
use api_spec::token::{DEFAULT_AUDIENCE, Scope, Scopes};
use foundation::Db;
use foundation::secrets::{SecretHash, SecretKind};
use serde::Serialize;

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::client::{Client, ClientSecret, GrantType};
use crate::public_key::PublicKey;
use crate::redirect_uri::is_redirect_uri;
use crate::store::clients;

/// A client to be.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// For people.
    pub name: String,
    /// The tenant whose objects its tokens open, `ten_…`.
    pub tenant_id: String,
    /// May be empty only for a server that asks about tokens.
    pub scopes: Scopes,
    /// The API its tokens are for; without it the event-server's.
    pub audience: Option<String>,
    /// The API that it is the server of, and whose tokens it may ask about.
    pub introspects: Option<String>,
    /// Give it tokens with a proof of a key (DPoP) alone.
    pub dpop_bound: bool,
    /// What lets people sign in through it; without it, it asks for tokens in its own name.
    pub sign_in: Option<SignIn>,
}

/// How people come and go by a client.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Where people may be sent back to; compared to the letter.
    pub redirect_uris: Vec<String>,
    /// Where they may be sent after they have signed out.
    pub post_logout_uris: Vec<String>,
    /// One of our own programs: people are not asked whether it may act for them.
    pub is_ours: bool,
}

/// A client just made, and what it proves itself by.
#[derive(Clone, Debug, Serialize)]
pub struct Created<P> {
    pub client_id: String,
    #[serde(flatten)]
    pub proof: P,
    pub name: String,
    pub tenant_id: String,
    pub scope: Scopes,
    pub audience: String,
    /// RFC 9449 §5.2.
    pub dpop_bound_access_tokens: bool,
}

/// The only place where the secret can be read.
pub type CreatedClient = Created<Secret>;
pub type CreatedKeyClient = Created<Key>;
pub type CreatedCertificateClient = Created<CertificateName>;

#[derive(Clone, Serialize)]
pub struct Secret {
    pub client_secret: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Key {
    /// The key's name (RFC 7638), which assertions may give as `kid`.
    pub kid: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct CertificateName {
    /// The only name that the certificate may have (RFC 8705 §2.1.2).
    pub tls_client_auth_san_uri: String,
}

impl<P> Created<P> {
    fn of(client: Client, proof: P) -> Self {
        Self {
            client_id: client.id,
            proof,
            name: client.name,
            tenant_id: client.tenant_id,
            scope: client.scopes,
            audience: client.audience,
            dpop_bound_access_tokens: client.dpop_bound,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

const MAX_NAME_CHARS: usize = 100;
const MAX_ID_BYTES: usize = 64;
const MAX_URI_BYTES: usize = 200;

/// With a secret.
pub(crate) async fn run(
    db: &Db,
    new: NewClient,
    actor: Actor,
    now_us: i64,
) -> Result<CreatedClient, OperationError> {
    let client_secret = SecretKind::ClientSecret.generate();
    let secret = ClientSecret {
        hash: SecretHash::of(&client_secret),
        created_at_us: now_us,
        expires_at_us: None,
    };
    let client = Client {
        secrets: vec![secret],
        ..client(new, now_us)?
    };
    let client = insert(db, client, actor, now_us).await?;
    Ok(Created::of(client, Secret { client_secret }))
}

/// With a public key instead of a secret.
pub(crate) async fn run_with_key(
    db: &Db,
    new: NewClient,
    key: PublicKey,
    actor: Actor,
    now_us: i64,
) -> Result<CreatedKeyClient, OperationError> {
    let kid = key.0.kid.clone();
    let client = Client {
        keys: vec![key.0],
        ..client(new, now_us)?
    };
    let client = insert(db, client, actor, now_us).await?;
    Ok(Created::of(client, Key { kid }))
}

/// With the name in a certificate instead of a secret.
pub(crate) async fn run_with_certificate(
    db: &Db,
    new: NewClient,
    uri: StationUri,
    actor: Actor,
    now_us: i64,
) -> Result<CreatedCertificateClient, OperationError> {
    let client = Client {
        certificate_uri: Some(uri.clone()),
        ..client(new, now_us)?
    };
    let client = insert(db, client, actor, now_us).await?;
    let proof = CertificateName {
        tls_client_auth_san_uri: uri.to_string(),
    };
    Ok(Created::of(client, proof))
}

async fn insert(db: &Db, client: Client, actor: Actor, now_us: i64) -> Result<Client, OperationError> {
    db.write(move |conn| {
        clients::insert(conn, &client)?;
        let entry = Entry::success(Event::ClientCreated, actor).client(&client.id);
        audit::append(conn, &entry, now_us)?;
        Ok(client)
    })
    .await
}

/// Without anything to prove itself by.
fn client(new: NewClient, now_us: i64) -> Result<Client, OperationError> {
    check(&new)?;
    let grant_types = match &new.sign_in {
        Some(_) => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        None if new.scopes.is_empty() => Vec::new(),
        None => vec![GrantType::ClientCredentials],
    };
    let sign_in = new.sign_in.unwrap_or(SignIn {
        redirect_uris: Vec::new(),
        post_logout_uris: Vec::new(),
        is_ours: false,
    });
    Ok(Client {
        id: foundation::ids::id("cli"),
        name: new.name,
        tenant_id: new.tenant_id,
        grant_types,
        scopes: new.scopes,
        audience: new.audience.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned()),
        secrets: Vec::new(),
        keys: Vec::new(),
        certificate_uri: None,
        introspects: new.introspects,
        redirect_uris: sign_in.redirect_uris,
        post_logout_uris: sign_in.post_logout_uris,
        is_ours: sign_in.is_ours,
        dpop_bound: new.dpop_bound,
        created_at_us: now_us,
        disabled_at_us: None,
    })
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
    if new.scopes.is_empty() && new.introspects.is_none() {
        return not("scope", "expected at least one scope");
    }
    if !new.audience.as_deref().is_none_or(is_uri) {
        return not("audience", "expected a URI");
    }
    if new.scopes.contains(Scope::CertificatesIssue) && new.audience.is_none() {
        return not(
            "audience",
            "certificates:issue is for this server: name its issuer",
        );
    }
    if !new.introspects.as_deref().is_none_or(is_uri) {
        return not("introspects", "expected a URI");
    }
    let Some(sign_in) = &new.sign_in else {
        return Ok(());
    };
    if sign_in.redirect_uris.is_empty() || !sign_in.redirect_uris.iter().all(|uri| is_redirect_uri(uri)) {
        return not("redirect-uri", REDIRECT_EXPECTED);
    }
    if !sign_in.post_logout_uris.iter().all(|uri| is_redirect_uri(uri)) {
        return not("post-logout-uri", REDIRECT_EXPECTED);
    }
    Ok(())
}

const REDIRECT_EXPECTED: &str = "expected https://HOST/PATH, or http on loopback, as a browser writes it: lower case, no default port, no fragment, user name or wildcard, and no parameter that answers have, such as code or state";

fn is_uri(text: &str) -> bool {
    text.contains(':') && is_word(text, MAX_URI_BYTES)
}

fn is_word(text: &str, max_bytes: usize) -> bool {
    text.len() <= max_bytes && text.bytes().all(|byte| byte.is_ascii_graphic())
}
