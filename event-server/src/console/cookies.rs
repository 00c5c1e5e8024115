//! The cookies of the pages.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

const SESSION_DAYS: i64 = 90;
const SIGN_IN_MINUTES: i64 = 15;
const LANGUAGE_DAYS: i64 = 365;
const PRESENCE_MINUTES: i64 = 15;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    /// A sign-in that is under way.
    Going,
    Language,
    /// That whoever holds the browser was at an outlet a moment ago.
    Presence,
}

impl Kind {
    /// The prefix lets browsers take them from this host alone, over TLS alone.
    fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Session, true) => "__Host-denro-pages",
            (Self::Session, false) => "denro-pages",
            (Self::Going, true) => "__Host-denro-going",
            (Self::Going, false) => "denro-going",
            (Self::Language, _) => "denro-language",
            (Self::Presence, true) => "__Host-denro-presence",
            (Self::Presence, false) => "denro-presence",
        }
    }

    fn life(self) -> Duration {
        match self {
            Self::Session => Duration::days(SESSION_DAYS),
            Self::Going => Duration::minutes(SIGN_IN_MINUTES),
            Self::Language => Duration::days(LANGUAGE_DAYS),
            Self::Presence => Duration::minutes(PRESENCE_MINUTES),
        }
    }
}

pub(super) fn read(request: &HttpRequest, kind: Kind, is_secure: bool) -> Option<String> {
    let cookie = request.cookie(kind.name(is_secure))?;
    Some(cookie.value().to_owned()).filter(|value| !value.is_empty())
}

pub(super) fn write(kind: Kind, value: &str, is_secure: bool) -> Cookie<'static> {
    let life = if value.is_empty() {
        Duration::ZERO
    } else {
        kind.life()
    };
    Cookie::build(kind.name(is_secure), value.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure)
        .max_age(life)
        .finish()
}
