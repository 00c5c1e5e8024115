//! Clients, keys and the audit log by hand or by program: on the database of a configuration, also while the server runs.

pub mod certificates;

pub use crate::keys::KeyState;
pub use crate::operations::add_person::NewPerson;
pub use crate::operations::create_client::{
    Created, CreatedCertificateClient, CreatedClient, CreatedKeyClient, NewClient, SignIn,
};
pub use crate::operations::inspect_token::InspectedToken;
pub use crate::operations::list_clients::{ListedClient, ListedSecret};
pub use crate::operations::list_keys::ListedKey;
pub use crate::operations::operator_link::OperatorLink;
pub use crate::operations::rotate_key::RotatedKey;
pub use crate::operations::rotate_secret::RotatedSecret;
pub use crate::operations::sign_in_link::MadeLink;
pub use crate::public_key::{NoPublicKey, PublicKey};
pub use foundation::audit::Record;

use api_spec::station_uri::StationUri;
use foundation::audit;
use foundation::{Clock, Db, DbError};

use crate::audit::Actor;
use crate::config::Config;
use crate::operations::operator_link::Need;
use crate::operations::{
    add_person, create_client, disable_client, inspect_token, list_clients, list_keys, operator_link,
    revoke_key, rotate_key, rotate_secret, sign_in_link,
};

/// Makes a client; its secret is in the answer and nowhere else.
///
/// # Errors
/// If a value is not allowed, or the database cannot be used.
pub async fn create_client(config: &Config, new: NewClient) -> anyhow::Result<CreatedClient> {
    Ok(create_client::run(&open(config)?, new, Actor::of_process(), now_us()).await?)
}

/// Makes a client that proves itself by assertions signed with the other half of `key` (private_key_jwt).
///
/// # Errors
/// If a value is not allowed, or the database cannot be used.
pub async fn create_key_client(
    config: &Config,
    new: NewClient,
    key: PublicKey,
) -> anyhow::Result<CreatedKeyClient> {
    Ok(create_client::run_with_key(&open(config)?, new, key, Actor::of_process(), now_us()).await?)
}

/// Makes a client that proves itself by the client certificate with the name `uri` (tls_client_auth).
///
/// # Errors
/// If a value is not allowed, or the database cannot be used.
pub async fn create_certificate_client(
    config: &Config,
    new: NewClient,
    uri: StationUri,
) -> anyhow::Result<CreatedCertificateClient> {
    Ok(create_client::run_with_certificate(&open(config)?, new, uri, Actor::of_process(), now_us()).await?)
}

/// All clients, the oldest first.
///
/// # Errors
/// If the database cannot be used.
pub async fn list_clients(config: &Config) -> anyhow::Result<Vec<ListedClient>> {
    Ok(list_clients::run(&open(config)?).await?)
}

/// Gives a client a new secret; the one before it stays good for `overlap_s` seconds, all older ones end now.
///
/// # Errors
/// If there is no such client, or the database cannot be used.
pub async fn rotate_secret(
    config: &Config,
    client_id: &str,
    overlap_s: u32,
) -> anyhow::Result<RotatedSecret> {
    Ok(rotate_secret::run(
        &open(config)?,
        client_id,
        overlap_s,
        Actor::of_process(),
        now_us(),
    )
    .await?)
}

/// Ends a client's right to new tokens, within a second; event-servers take the tokens it has until they expire.
///
/// # Errors
/// If there is no such client, or the database cannot be used.
pub async fn disable_client(config: &Config, client_id: &str) -> anyhow::Result<()> {
    Ok(disable_client::run(&open(config)?, client_id, Actor::of_process(), now_us()).await?)
}

/// A link by which somebody becomes an operator; links made before end.
///
/// # Errors
/// If the database cannot be used.
pub async fn recover_operator(config: &Config) -> anyhow::Result<OperatorLink> {
    let issuer = config.issuer_at(config.listen.address);
    let (tenant, need) = (&config.people_tenant, Need::Recovery(Actor::of_process()));
    let link = operator_link::run(&open(config)?, tenant, &issuer, need, now_us()).await?;
    link.ok_or_else(|| anyhow::anyhow!("no link was made"))
}

/// The same for a server at `issuer` that has no operator yet.
///
/// # Errors
/// If the database cannot be used.
pub async fn first_operator(config: &Config, issuer: &str) -> anyhow::Result<Option<OperatorLink>> {
    let tenant = &config.people_tenant;
    Ok(operator_link::run(&open(config)?, tenant, issuer, Need::First, now_us()).await?)
}

/// Writes down a person with a role, who needs no invitation; answers their id.
///
/// # Errors
/// If a value is not allowed, somebody has the address, or the database cannot be used.
pub async fn add_person(config: &Config, new: NewPerson) -> anyhow::Result<String> {
    Ok(add_person::run(&open(config)?, new, Actor::of_process(), now_us()).await?)
}

/// A link by which the person with this address signs in, once, within 15 minutes.
///
/// # Errors
/// If nobody has the address, or the database cannot be used.
pub async fn sign_in_link(config: &Config, email: &str) -> anyhow::Result<MadeLink> {
    let issuer = config.issuer_at(config.listen.address);
    Ok(sign_in_link::by_host(&open(config)?, email, &issuer, Actor::of_process(), now_us()).await?)
}

/// All signing keys, the newest first.
///
/// # Errors
/// If the database cannot be used.
pub async fn list_keys(config: &Config) -> anyhow::Result<Vec<ListedKey>> {
    Ok(list_keys::run(&open(config)?, now_us()).await?)
}

/// Publishes the next signing key, which signs in ten minutes or `at_once`.
///
/// # Errors
/// If the database cannot be used.
pub async fn rotate_key(config: &Config, at_once: bool) -> anyhow::Result<RotatedKey> {
    Ok(rotate_key::run(&open(config)?, at_once, Actor::of_process(), now_us()).await?)
}

/// Takes a signing key back; answers the key that signs instead, if this one signed.
///
/// # Errors
/// If there is no such key, or the database cannot be used.
pub async fn revoke_key(config: &Config, kid: &str) -> anyhow::Result<Option<RotatedKey>> {
    Ok(revoke_key::run(&open(config)?, kid, Actor::of_process(), now_us()).await?)
}

/// What an access token says, and whether it is good at this moment.
///
/// # Errors
/// If it is no JWT, or the database cannot be used.
pub async fn inspect_token(config: &Config, token: &str) -> anyhow::Result<InspectedToken> {
    Ok(inspect_token::run(&open(config)?, token, now_us()).await?)
}

/// The last `count` entries of the audit log, the oldest first.
///
/// # Errors
/// If the database cannot be used.
pub async fn audit_tail(config: &Config, count: u32) -> anyhow::Result<Vec<Record>> {
    Ok(audit::tail(&open(config)?, count).await?)
}

fn open(config: &Config) -> Result<Db, DbError> {
    crate::store::open(&config.database.url)
}

fn now_us() -> i64 {
    Clock::system().now_us()
}
