//! One request of a browser: who it is, in which language, and how pages go back to it.

use std::pin::Pin;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use foundation::DbError;

use super::cookies::{self, Kind};
use super::pages::Pages;
use super::session::{self, Purpose};
use super::sign_in::path_to;
use super::viewer::Viewer;
use super::words::FrameWords;
use crate::config::Config;
use crate::context::Context;
use crate::error::Refusal;
use crate::http::{ApiError, Language, drawn, language_of};
use crate::papers::{Font, PaperError};

/// A visit. Answers are made from it, so that each has the headers it needs.
pub(super) struct Visit {
    pub(super) pages: web::Data<Pages>,
    pub(super) context: web::Data<Context>,
    pub(super) language: Language,
    pub(super) viewer: Option<Viewer>,
    pub(super) now_us: i64,
    pub(super) request: HttpRequest,
    new_cookies: Vec<Cookie<'static>>,
}

/// What stands around a page.
pub(super) struct Frame {
    pub(super) lang: &'static str,
    pub(super) w: &'static FrameWords,
    /// The name of whoever has signed in.
    pub(super) name: Option<String>,
    /// Whether there are buildings for them to see.
    pub(super) sees_sites: bool,
    pub(super) can_sign_in: bool,
    /// The way to sign in, and back to this page.
    pub(super) sign_in: String,
    pub(super) account_url: String,
    pub(super) is_demo: bool,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    frame: Frame,
    title: &'a str,
    text: &'a str,
    /// Where to go from here, and what that is called.
    on: Option<(&'a str, &'a str)>,
}

/// Why a page is not shown.
pub(super) enum NoPage {
    /// To sign in first.
    SignIn,
    NothingHere,
    /// A status and what to say, in the visitor's language.
    Said(StatusCode, &'static str),
    Refused(Refusal),
    /// The API's own answer, said as a page.
    Failed(ApiError),
}

impl From<DbError> for NoPage {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<ApiError> for NoPage {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for NoPage {
    fn from(refusal: Refusal) -> Self {
        if matches!(refusal, Refusal::NotFound(_)) {
            return Self::NothingHere;
        }
        Self::Refused(refusal)
    }
}

pub(super) type Shown = Result<HttpResponse, NoPage>;

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::begin(request).await })
    }
}

impl Visit {
    async fn begin(request: HttpRequest) -> Result<Self, ApiError> {
        let missing = || ApiError::unavailable("the pages are not set up");
        let pages = request.app_data::<web::Data<Pages>>().cloned();
        let context = request.app_data::<web::Data<Context>>().cloned();
        let (pages, context) = (pages.ok_or_else(missing)?, context.ok_or_else(missing)?);
        let now_us = context.clock.now_us();
        let (language, chosen) = language(&request);
        let cookie = cookies::read(&request, Kind::Session, pages.is_secure);
        let viewer = match cookie {
            Some(cookie) => session::viewer(&pages, &context, (&cookie, purpose(&request)), now_us).await?,
            None => None,
        };
        let mut visit = Self {
            pages,
            context,
            language,
            viewer,
            now_us,
            request,
            new_cookies: Vec::new(),
        };
        if chosen {
            visit.set(Kind::Language, language.code());
        }
        Ok(visit)
    }

    pub(super) fn words(&self) -> &'static FrameWords {
        FrameWords::of(self.language)
    }

    /// Whoever has signed in.
    pub(super) fn viewer(&self) -> Result<&Viewer, NoPage> {
        self.viewer.as_ref().ok_or(NoPage::SignIn)
    }

    pub(super) fn cookie(&self, kind: Kind) -> Option<String> {
        cookies::read(&self.request, kind, self.pages.is_secure)
    }

    /// Set with the answer; an empty value takes it away.
    pub(super) fn set(&mut self, kind: Kind, value: &str) {
        let cookie = cookies::write(kind, value, self.pages.is_secure);
        self.new_cookies.push(cookie);
    }

    pub(super) fn frame(&self) -> Frame {
        Frame {
            lang: self.language.code(),
            w: self.words(),
            name: self.viewer.as_ref().map(|viewer| viewer.name.clone()),
            sees_sites: self.viewer.as_ref().is_some_and(Viewer::sees_sites),
            can_sign_in: self.pages.issuer.is_some(),
            sign_in: path_to(self.request.path()),
            account_url: self.pages.account_url(),
            is_demo: self.pages.is_demo,
        }
    }

    pub(super) fn page(&self, page: &impl Template) -> HttpResponse {
        self.page_with(StatusCode::OK, page)
    }

    pub(super) fn page_with(&self, status: StatusCode, page: &impl Template) -> HttpResponse {
        let Ok(html) = page.render() else {
            tracing::error!("a page could not be rendered");
            return HttpResponse::InternalServerError().finish();
        };
        let mut response = self.response(status);
        response
            .insert_header((CONTENT_SECURITY_POLICY, self.pages.policy.clone()))
            .insert_header((CONTENT_LANGUAGE, self.language.code()))
            .insert_header((VARY, "Accept-Language, Cookie"));
        response.content_type("text/html; charset=utf-8").body(html)
    }

    /// A paper, drawn with this machine's font.
    pub(super) async fn paper(
        &self,
        name: &str,
        draw: impl FnOnce(&Font) -> Result<Vec<u8>, PaperError> + Send + 'static,
    ) -> Shown {
        let config = self.request.app_data::<web::Data<Config>>();
        let config = config.ok_or(NoPage::NothingHere)?;
        Ok(drawn(config, name, draw).await?)
    }

    /// A page that says one thing, and where to go from there.
    pub(super) fn message(
        &self,
        status: StatusCode,
        (title, text): (&str, &str),
        on: Option<(&str, &str)>,
    ) -> HttpResponse {
        let frame = self.frame();
        self.page_with(
            status,
            &MessagePage {
                frame,
                title,
                text,
                on,
            },
        )
    }

    /// On to another page, by GET.
    pub(super) fn redirect(&self, to: &str) -> HttpResponse {
        let mut response = self.response(StatusCode::SEE_OTHER);
        response.insert_header((LOCATION, to)).finish()
    }

    fn response(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        response
            .insert_header((CACHE_CONTROL, "no-store"))
            // Not no-referrer, with which browsers hide the origin of our own forms as well.
            .insert_header((REFERRER_POLICY, "same-origin"));
        for cookie in &self.new_cookies {
            response.cookie(cookie.clone());
        }
        response
    }

    /// The page, or the one that says why there is none.
    pub(super) fn answered(&self, shown: Shown) -> HttpResponse {
        let words = self.words();
        match shown {
            Ok(response) => response,
            Err(NoPage::SignIn) => self.redirect(&path_to(self.way_back())),
            Err(NoPage::NothingHere) => {
                let said = (words.nothing_here, words.nothing_here_why);
                self.message(StatusCode::NOT_FOUND, said, Some(("/", words.back)))
            }
            Err(NoPage::Said(status, text)) => {
                let on = Some((self.request.path(), words.back));
                self.message(status, (words.not_possible, text), on)
            }
            Err(NoPage::Refused(refusal)) => self.failed(&refusal.into()),
            Err(NoPage::Failed(error)) => self.failed(&error),
        }
    }

    /// Where to go on after signing in: to this page, or what a form of it was sent to is begun anew.
    fn way_back(&self) -> &str {
        let is_page = self.request.method() == Method::GET;
        if is_page { self.request.path() } else { "/" }
    }

    fn failed(&self, error: &ApiError) -> HttpResponse {
        let status = error.status();
        let words = self.words();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            let said = (words.not_possible, words.unavailable);
            return self.message(StatusCode::SERVICE_UNAVAILABLE, said, Some(("/", words.back)));
        }
        let said = (words.not_possible, error.title(self.language));
        self.message(status, said, Some(("/", words.back)))
    }
}

/// What a form is sent for is done; pages are looked at.
fn purpose(request: &HttpRequest) -> Purpose {
    match request.method() {
        &Method::POST => Purpose::Act,
        _ => Purpose::Look,
    }
}

/// What the visitor chose in the address or before, else what the browser asks for; and whether they chose it now.
fn language(request: &HttpRequest) -> (Language, bool) {
    let chosen = form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, code)| Language::from_code(&code));
    if let Some(language) = chosen {
        return (language, true);
    }
    let kept = cookies::read(request, Kind::Language, false);
    let kept = kept.and_then(|code| Language::from_code(&code));
    (kept.unwrap_or_else(|| language_of(request)), false)
}
