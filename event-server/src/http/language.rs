//! Japanese or English, by what the caller asks for.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;
pub(crate) use foundation::Language;

/// The better one of `Accept-Language`.
pub(crate) fn language_of(request: &HttpRequest) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE);
    Language::best_of(header.and_then(|value| value.to_str().ok()).unwrap_or_default())
}
