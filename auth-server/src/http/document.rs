//! A JSON document with its entity tag.

use actix_web::http::header::{self, EntityTag, Header as _, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// Readers may keep most documents for this long.
const MAX_AGE_S: u32 = 300;

#[derive(Clone)]
pub(crate) struct Document {
    body: Bytes,
    tag: EntityTag,
}

impl Document {
    pub(crate) fn new(content: &impl Serialize) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_vec(content)?;
        let tag = URL_SAFE_NO_PAD.encode(foundation::secrets::sha256(&body));
        Ok(Self {
            body: body.into(),
            tag: EntityTag::new_strong(tag),
        })
    }

    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        self.answer_for(request, MAX_AGE_S)
    }

    /// To be kept for so long.
    pub(super) fn answer_for(&self, request: &HttpRequest, max_age_s: u32) -> HttpResponse {
        let mut response = if self.is_known_to(request) {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        response
            .insert_header((header::CACHE_CONTROL, format!("public, max-age={max_age_s}")))
            .insert_header(header::ETag(self.tag.clone()));
        if self.is_known_to(request) {
            return response.finish();
        }
        response.content_type("application/json").body(self.body.clone())
    }

    fn is_known_to(&self, request: &HttpRequest) -> bool {
        if !request.headers().contains_key(header::IF_NONE_MATCH) {
            return false;
        }
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Err(_) => false,
        }
    }
}
