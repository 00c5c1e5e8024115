//! `/livez` and `/readyz`: is the process alive, and can it do its work; what is missing is false.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::Server;
use crate::store;

pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

pub(super) async fn readyz(server: web::Data<Server>) -> HttpResponse {
    let database = store::ping(&server.db).await;
    if let Err(error) = &database {
        tracing::warn!(%error, "not ready");
    }
    let (database, keys) = (database.is_ok(), !server.grants.keys.now().kids().is_empty());
    let mut answer = match database && keys {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    answer.json(json!({"database": database, "keys": keys}))
}
