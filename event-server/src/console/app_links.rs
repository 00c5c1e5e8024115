//! What phones ask to see whether an app may open the pages behind labels: one file for each maker.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use crate::config::Config;
use crate::http::{ApiError, nothing_here};

pub(super) const APPLE: &str = "/.well-known/apple-app-site-association";
pub(super) const ANDROID: &str = "/.well-known/assetlinks.json";

const OPENED: &str = "/o/*";

pub(super) async fn apple(config: web::Data<Config>) -> Result<HttpResponse, ApiError> {
    let ids = &config.console.app.apple_app_ids;
    let details = json!([{ "appIDs": ids, "components": [{ "/": OPENED }] }]);
    told(ids.is_empty(), &json!({ "applinks": { "details": details } }))
}

/// Android knows no paths here; the app's own manifest names them.
pub(super) async fn android(config: web::Data<Config>) -> Result<HttpResponse, ApiError> {
    let apps = config.console.app.android.iter();
    let links: Vec<Value> = apps
        .map(|app| {
            json!({
                "relation": ["delegate_permission/common.handle_all_urls"],
                "target": {
                    "namespace": "android_app",
                    "package_name": app.package,
                    "sha256_cert_fingerprints": app.sha256_fingerprints,
                },
            })
        })
        .collect();
    told(links.is_empty(), &json!(links))
}

fn told(is_nothing: bool, file: &Value) -> Result<HttpResponse, ApiError> {
    if is_nothing {
        return Err(nothing_here());
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .json(file))
}
