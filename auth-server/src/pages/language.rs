//! In which language a browser's pages are: what an app asks for now, else what was chosen, else what the browser prefers.

use actix_web::http::header::{ACCEPT_LANGUAGE, REFERER};
use actix_web::{HttpRequest, HttpResponse, web};
use foundation::Language;
use serde::Deserialize;

use super::cookies::Kind;
use super::visit::{Visit, parameter};
use crate::http::Server;

const UI_LOCALES: &str = "ui_locales";

/// The language, and whether it was asked for just now (OpenID Connect Core 1.0 §3.1.2.1, `ui_locales`).
pub(super) fn of(request: &HttpRequest, is_secure: bool) -> (Language, bool) {
    let asked_for = parameter(request, UI_LOCALES);
    if let Some(language) = asked_for.split(' ').find_map(known) {
        return (language, true);
    }
    let cookie = request.cookie(Kind::Language.name(is_secure));
    let chosen = cookie.and_then(|cookie| Language::from_code(cookie.value()));
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let preferred = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    (chosen.unwrap_or_else(|| Language::best_of(preferred)), false)
}

/// A language tag without its region: `ja-JP` is Japanese.
fn known(tag: &str) -> Option<Language> {
    let language = tag.split('-').next().unwrap_or_default();
    Language::from_code(&language.to_ascii_lowercase())
}

#[derive(Deserialize)]
pub(super) struct Choice {
    lang: String,
}

/// `POST /language`: chooses, and leads back to where it was chosen. It is nobody's secret, and needs no form of ours.
pub(super) async fn choose(
    server: web::Data<Server>,
    request: HttpRequest,
    choice: web::Form<Choice>,
) -> HttpResponse {
    let mut visit = Visit::new(server, &request);
    if let Some(language) = Language::from_code(&choice.lang) {
        visit.choose(language);
    }
    let header = request.headers().get(REFERER);
    let from = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    visit.redirect(&back_to(from, &visit.server.grants.issuer))
}

/// A page of ours, without what an app asked for before.
fn back_to(page: &str, issuer: &str) -> String {
    let own = page.strip_prefix(issuer).filter(|path| path.starts_with('/'));
    let Some(own) = own else {
        return "/account".to_owned();
    };
    let Some((path, query)) = own.split_once('?') else {
        return own.to_owned();
    };
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != UI_LOCALES);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_to_a_page_of_ours_alone() {
        let back = |page| back_to(page, "https://id.example");
        assert_eq!(
            back("https://id.example/login?request=a%20b&ui_locales=en"),
            "/login?request=a+b"
        );
        assert_eq!(back("https://id.example/account"), "/account");
        for elsewhere in [
            "",
            "https://id.example.evil/x",
            "https://evil.example/",
            "//evil.example",
        ] {
            assert_eq!(back(elsewhere), "/account", "{elsewhere}");
        }
    }

    #[test]
    fn a_tag_s_region_does_not_matter() {
        assert_eq!(known("ja-JP"), Some(Language::Japanese));
        assert_eq!(known("EN"), Some(Language::English));
        assert_eq!(known("fr"), None);
    }
}
