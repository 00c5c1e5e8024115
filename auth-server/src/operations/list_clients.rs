//! All clients, as people and programs may see them: without secrets.

use api_spec::token::Scopes;
use foundation::Db;
use jiff::Timestamp;
use serde::Serialize;

use super::{OperationError, timestamp};
use crate::client::{Client, ClientSecret};
use crate::store::clients;

#[derive(Clone, Debug, Serialize)]
pub struct ListedClient {
    pub client_id: String,
    pub name: String,
    pub tenant_id: String,
    pub scope: Scopes,
    pub audience: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    pub dpop_bound_access_tokens: bool,
    pub secrets: Vec<ListedSecret>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct ListedSecret {
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

pub(crate) async fn run(db: &Db) -> Result<Vec<ListedClient>, OperationError> {
    let clients = db
        .read(|conn| Ok::<_, OperationError>(clients::list(conn)?))
        .await?;
    Ok(clients.into_iter().map(ListedClient::from).collect())
}

impl From<Client> for ListedClient {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.id,
            name: client.name,
            tenant_id: client.tenant_id,
            scope: client.scopes,
            audience: client.audience,
            created_at: timestamp(client.created_at_us),
            disabled_at: client.disabled_at_us.map(timestamp),
            dpop_bound_access_tokens: client.dpop_bound,
            secrets: client.secrets.into_iter().map(ListedSecret::from).collect(),
        }
    }
}

impl From<ClientSecret> for ListedSecret {
    fn from(secret: ClientSecret) -> Self {
        Self {
            created_at: timestamp(secret.created_at_us),
            expires_at: secret.expires_at_us.map(timestamp),
        }
    }
}
