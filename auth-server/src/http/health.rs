//! `/livez` and `/readyz`: is the process alive, and can it do its work.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::Server;
use crate::store;

pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

pub(super) async fn readyz(server: web::Data<Server>) -> HttpResponse {
    match store::ping(&server.db).await {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ok"})),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable().json(json!({"status": "database"}))
        }
    }
}
