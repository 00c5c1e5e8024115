//! The page's style and script, built into the program.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use foundation::FAVICON;
use rust_embed::RustEmbed;

use crate::http::{ApiError, nothing_here};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

pub(super) async fn show(file: web::Path<String>) -> Result<HttpResponse, ApiError> {
    if *file == "favicon.svg" {
        return Ok(answer("image/svg+xml", FAVICON.into()));
    }
    let asset = Assets::get(&file).ok_or_else(nothing_here)?;
    let media_type = match file.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        _ => "application/octet-stream",
    };
    Ok(answer(media_type, asset.data.into_owned()))
}

fn answer(media_type: &str, content: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(content)
}
