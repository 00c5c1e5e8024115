//! What a browser keeps for us.

use actix_web::cookie::{Cookie, SameSite, time::Duration};

const SESSION_DAYS: i64 = 90;
const BROWSER_DAYS: i64 = 365;

/// The cookies, by what they are for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Session,
    /// Ties forms to the browser that they were sent to.
    Form,
    /// Knows a browser again after its session is over.
    Browser,
    /// In which language pages are.
    Language,
}

impl Kind {
    /// The prefix lets browsers take them from this host alone, over TLS alone.
    pub(super) fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Session, true) => "__Host-denro-session",
            (Self::Session, false) => "denro-session",
            (Self::Form, true) => "__Host-denro-form",
            (Self::Form, false) => "denro-form",
            (Self::Browser, true) => "__Host-denro-browser",
            (Self::Browser, false) => "denro-browser",
            (Self::Language, true) => "__Host-denro-sign-in-language",
            (Self::Language, false) => "denro-sign-in-language",
        }
    }

    pub(super) fn cookie(self, value: &str, is_secure: bool) -> Cookie<'static> {
        let days = match self {
            _ if value.is_empty() => Some(0),
            Self::Session => Some(SESSION_DAYS),
            Self::Browser | Self::Language => Some(BROWSER_DAYS),
            Self::Form => None,
        };
        let mut cookie = Cookie::build(self.name(is_secure), value.to_owned())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(is_secure)
            .finish();
        if let Some(days) = days {
            cookie.set_max_age(Duration::days(days));
        }
        cookie
    }
}
