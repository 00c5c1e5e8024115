//! One request of a browser: who it is, in which language, and how pages go back to it.

use std::net::IpAddr;
use std::pin::Pin;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, LOCATION, ORIGIN, REFERRER_POLICY,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, USER_AGENT, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use askama::Template;
use foundation::secrets::SecretHash;
use foundation::{DbError, Language};

use super::cookies::Kind;
use super::language;
use super::words::Words;
use crate::form::Form;
use crate::http::{Server, read_body, source};
use crate::operations::sign_in::{Place, SignIn};
use crate::people::Person;
use crate::store::login_sessions::LoginSession;
use crate::store::{login_sessions, people};

const FORM_TOKEN: &str = "form_token";
const HOUR_US: i64 = 3600 * 1_000_000;

/// A visit. Answers are made from it, so that each has the headers it needs.
pub(super) struct Visit {
    pub(super) server: web::Data<Server>,
    pub(super) words: &'static Words,
    pub(super) language: Language,
    pub(super) now_us: i64,
    source: Option<IpAddr>,
    device: String,
    is_secure: bool,
    session: Option<String>,
    form: String,
    browser: String,
    /// Set with the answer.
    new_cookies: Vec<(Kind, String)>,
}

/// A person who has signed in, and with what.
pub(super) struct SignedIn {
    pub(super) person: Person,
    pub(super) session: LoginSession,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    w: &'static Words,
    title: &'a str,
    text: &'a str,
    form: Option<MessageForm<'a>>,
    /// Where to go from here, and what that is called.
    way: Option<(&'a str, &'a str)>,
}

struct MessageForm<'a> {
    action: &'a str,
    token: String,
    button: &'a str,
    field: Option<(&'a str, &'a str)>,
}

/// A form of ours that a browser has sent.
pub(super) struct Posted(pub(super) Visit, pub(super) Form);

impl FromRequest for Posted {
    type Error = InternalError<&'static str>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let refused = |answer| InternalError::from_response("no form of ours", answer);
        let server = request.app_data::<web::Data<Server>>().cloned();
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            let unserved = || refused(HttpResponse::InternalServerError().finish());
            let server = server.ok_or_else(unserved)?;
            let payload = payload.await.map_err(|_| unserved())?;
            let posted = Visit::posted(server, &request, payload).await;
            posted.map(|(visit, form)| Self(visit, form)).map_err(refused)
        })
    }
}

impl Visit {
    pub(super) fn new(server: web::Data<Server>, request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_secure = server.grants.issuer.starts_with("https:");
        let cookie = |kind: Kind| {
            request
                .cookie(kind.name(is_secure))
                .map(|cookie| cookie.value().to_owned())
        };
        let (language, asked_for) = language::of(request, is_secure);
        let mut new_cookies = Vec::new();
        if asked_for {
            new_cookies.push((Kind::Language, language.code().to_owned()));
        }
        let mut kept = |kind| {
            cookie(kind).unwrap_or_else(|| {
                let value = foundation::ids::random_text();
                new_cookies.push((kind, value.clone()));
                value
            })
        };
        let (form, browser) = (kept(Kind::Form), kept(Kind::Browser));
        Self {
            words: Words::of(language),
            language,
            now_us: server.grants.clock.now_us(),
            source: source(request, server.behind_proxy),
            device: header(USER_AGENT).unwrap_or("?").to_owned(),
            is_secure,
            session: cookie(Kind::Session),
            form,
            browser,
            new_cookies,
            server,
        }
    }

    /// Reads a form that this browser was sent by this server, and nobody else (RFC 9700 §4.7 on login as well).
    async fn posted(
        server: web::Data<Server>,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<(Self, Form), HttpResponse> {
        let body = read_body(payload).await?;
        let visit = Self::new(server, request);
        let stale = || {
            visit.message(
                StatusCode::FORBIDDEN,
                visit.words.not_possible,
                visit.words.stale_form,
            )
        };
        let mut form = Form::parse(&body).map_err(|_| stale())?;
        let origin = request.headers().get(ORIGIN);
        let is_ours = origin.is_none_or(|origin| origin.as_bytes() == visit.server.grants.issuer.as_bytes());
        let token = form.take(FORM_TOKEN).unwrap_or_default();
        if is_ours && token == visit.form_token() {
            Ok((visit, form))
        } else {
            Err(stale())
        }
    }

    /// What a form must bring back.
    pub(super) fn form_token(&self) -> String {
        SecretHash::of(&format!("form\n{}", self.form)).to_text()
    }

    pub(super) fn place(&self) -> Place {
        Place {
            source: self.source,
            device: self.device.clone(),
            browser: self.browser.clone(),
        }
    }

    pub(super) fn sign_in(&self) -> SignIn<'_> {
        SignIn {
            db: &self.server.db,
            passwords: &self.server.passwords,
            tally: &self.server.grants.tally,
            now_us: self.now_us,
        }
    }

    /// Who has signed in with this browser, if anybody.
    pub(super) async fn signed_in(&self) -> Result<Option<SignedIn>, DbError> {
        let Some(cookie) = self.session.as_deref().map(SecretHash::of) else {
            return Ok(None);
        };
        let now_us = self.now_us;
        let found = self.server.db.read(move |conn| {
            let Some(session) = login_sessions::find(conn, cookie, now_us)? else {
                return Ok::<_, DbError>(None);
            };
            let person = people::find(conn, &session.person_id)?;
            let person = person.filter(|person| person.disabled_at_us.is_none());
            Ok(person.map(|person| SignedIn { person, session }))
        });
        let found = found.await?;
        if let Some(signed_in) = &found
            && now_us.saturating_sub(signed_in.session.seen_at_us) > HOUR_US
        {
            let id = signed_in.session.id.clone();
            self.server
                .db
                .write(move |conn| login_sessions::update_seen(conn, &id, now_us))
                .await?;
        }
        Ok(found)
    }

    /// The browser gets this session; one that it had before is none of its business any more.
    pub(super) fn begin_session(&mut self, cookie: String) {
        self.new_cookies.push((Kind::Session, cookie));
        self.new_cookies
            .push((Kind::Form, foundation::ids::random_text()));
        self.new_cookies.push((Kind::Browser, self.browser.clone()));
    }

    /// In which its pages are from now on.
    pub(super) fn choose(&mut self, language: Language) {
        self.new_cookies
            .push((Kind::Language, language.code().to_owned()));
    }

    pub(super) fn end_session(&mut self) {
        self.new_cookies.push((Kind::Session, String::new()));
    }

    /// A page. Its forms may be answered with a way to `goes_to`, another program's address.
    pub(super) fn page(
        &self,
        status: StatusCode,
        page: &impl Template,
        goes_to: Option<&str>,
    ) -> HttpResponse {
        let Ok(html) = page.render() else {
            tracing::error!("a page could not be rendered");
            return HttpResponse::InternalServerError().finish();
        };
        let pages = self.server.pages_url.as_deref();
        let elsewhere = [goes_to, pages].into_iter().flatten().filter_map(origin_of);
        let actions = elsewhere.fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"));
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action {actions}; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        let mut response = self.response(status);
        response
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .insert_header((CONTENT_LANGUAGE, self.words.code))
            .insert_header((VARY, "Accept-Language, Cookie"));
        response.content_type("text/html; charset=utf-8").body(html)
    }

    /// A page that says one thing.
    pub(super) fn message(&self, status: StatusCode, title: &str, text: &str) -> HttpResponse {
        self.message_with(status, (title, text), None, None)
    }

    /// The same of something that is over, for whoever may have an account already.
    pub(super) fn over(&self, text: &str) -> HttpResponse {
        let w = self.words;
        let way = Some(("/login", w.sign_in));
        self.message_with(StatusCode::NOT_FOUND, (w.not_possible, text), None, way)
    }

    /// The same, with something to do.
    pub(super) fn question(&self, title: &str, text: &str, action: &str, button: &str) -> HttpResponse {
        self.question_with((title, text), (action, button), None)
    }

    /// The same: title and text, action and button, and a field that the form brings along.
    pub(super) fn question_with(
        &self,
        (title, text): (&str, &str),
        (action, button): (&str, &str),
        field: Option<(&str, &str)>,
    ) -> HttpResponse {
        let form = MessageForm {
            action,
            token: self.form_token(),
            button,
            field,
        };
        self.message_with(StatusCode::OK, (title, text), Some(form), None)
    }

    fn message_with(
        &self,
        status: StatusCode,
        (title, text): (&str, &str),
        form: Option<MessageForm<'_>>,
        way: Option<(&str, &str)>,
    ) -> HttpResponse {
        let page = MessagePage {
            w: self.words,
            title,
            text,
            form,
            way,
        };
        self.page(status, &page, None)
    }

    /// Where the building's pages are, without a path.
    pub(super) fn pages_origin(&self) -> Option<String> {
        self.server.pages_url.as_deref().and_then(origin_of)
    }

    /// After signing out: where people go from here.
    pub(super) fn farewell(&self) -> HttpResponse {
        let w = self.words;
        let pages = self.server.pages_url.as_deref();
        let way = pages.map_or(("/login", w.sign_in), |pages| (pages, w.to_pages));
        self.message_with(StatusCode::OK, (w.sign_out, w.signed_out), None, Some(way))
    }

    /// The answer, or that the database gave none.
    pub(super) fn answered(&self, answer: Result<HttpResponse, DbError>) -> HttpResponse {
        answer.unwrap_or_else(|error| self.unavailable(&error))
    }

    pub(super) fn unavailable(&self, error: &DbError) -> HttpResponse {
        tracing::error!(%error, "a page could not be made");
        let mut answer = self.message(
            StatusCode::SERVICE_UNAVAILABLE,
            self.words.not_possible,
            self.words.unavailable,
        );
        answer
            .headers_mut()
            .insert(RETRY_AFTER, header::HeaderValue::from_static("1"));
        answer
    }

    /// On to another page, by GET.
    pub(super) fn redirect(&self, to: &str) -> HttpResponse {
        let mut response = self.response(StatusCode::SEE_OTHER);
        response.insert_header((LOCATION, to)).finish()
    }

    /// Headers and cookies that every answer has.
    pub(super) fn response(&self, status: StatusCode) -> actix_web::HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        response
            .insert_header((CACHE_CONTROL, "no-store"))
            // Not no-referrer, with which browsers hide the origin of our own forms as well.
            .insert_header((REFERRER_POLICY, "same-origin"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if self.is_secure {
            response.insert_header((STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
        }
        for (kind, value) in &self.new_cookies {
            response.cookie(kind.cookie(value, self.is_secure));
        }
        response
    }
}

/// A parameter of the address, or nothing.
pub(super) fn parameter(request: &HttpRequest, name: &str) -> String {
    let query = Form::parse(request.query_string().as_bytes());
    query.unwrap_or_default().take(name).unwrap_or_default()
}

/// Scheme, host and port of an address.
pub(super) fn origin_of(uri: &str) -> Option<String> {
    let uri: actix_web::http::Uri = uri.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}
