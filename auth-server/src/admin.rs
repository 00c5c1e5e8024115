//! Clients by hand or by program: on the database of a configuration, also while the server runs.

pub use crate::operations::create_client::{CreatedClient, NewClient};
pub use crate::operations::list_clients::{ListedClient, ListedSecret};
pub use crate::operations::rotate_secret::RotatedSecret;

use foundation::{Clock, Db, DbError};

use crate::config::Config;
use crate::operations::{create_client, disable_client, list_clients, rotate_secret};

/// Makes a client; its secret is in the answer and nowhere else.
///
/// # Errors
/// If a value is not allowed, or the database cannot be used.
pub async fn create_client(config: &Config, new: NewClient) -> anyhow::Result<CreatedClient> {
    Ok(create_client::run(&open(config)?, new, now_us()).await?)
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
    Ok(rotate_secret::run(&open(config)?, client_id, overlap_s, now_us()).await?)
}

/// Ends a client's right to new tokens, within a second; tokens it has stay good until they expire.
///
/// # Errors
/// If there is no such client, or the database cannot be used.
pub async fn disable_client(config: &Config, client_id: &str) -> anyhow::Result<()> {
    Ok(disable_client::run(&open(config)?, client_id, now_us()).await?)
}

fn open(config: &Config) -> Result<Db, DbError> {
    crate::store::open(&config.database.url)
}

fn now_us() -> i64 {
    Clock::system().now_us()
}
