//! `/login`: an address and a password.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use foundation::DbError;

use super::authorize::{find, go_on};
use super::visit::{Posted, Visit, parameter};
use super::words::Words;
use crate::http::Server;
use crate::operations::sign_in::NotIn;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    w: &'static Words,
    form_token: String,
    /// The kept request that is gone on with.
    request: &'a str,
    client: Option<&'a str>,
    email: &'a str,
    problem: Option<&'a str>,
    /// Browsers make keys for this address.
    has_passkeys: bool,
    sends_mail: bool,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let kept = parameter(&request, "request");
    match visit.signed_in().await {
        Ok(Some(_)) if kept.is_empty() => visit.redirect("/account"),
        Ok(_) => show(&visit, StatusCode::OK, &kept, "", None).await,
        Err(error) => visit.unavailable(&error),
    }
}

pub(super) async fn post(Posted(mut visit, mut form): Posted) -> HttpResponse {
    let mut take = |name| form.take(name).unwrap_or_default();
    let (kept, email, password) = (take("request"), take("email"), take("password"));
    let entered = visit.sign_in().by_password(&email, password, visit.place()).await;
    let words = visit.words;
    match entered {
        Ok(cookie) => {
            visit.begin_session(cookie);
            visit.redirect(&next(&visit, &kept))
        }
        Err(NotIn::Wrong) => show(&visit, StatusCode::FORBIDDEN, &kept, &email, Some(words.wrong)).await,
        Err(NotIn::TooMany(wait)) => {
            let page = show(
                &visit,
                StatusCode::TOO_MANY_REQUESTS,
                &kept,
                &email,
                Some(words.too_many),
            );
            retry_after(page.await, wait.retry_after_s)
        }
        Err(NotIn::Busy) => {
            let page = show(
                &visit,
                StatusCode::SERVICE_UNAVAILABLE,
                &kept,
                &email,
                Some(words.busy),
            );
            retry_after(page.await, 2)
        }
        Err(NotIn::Db(error)) => visit.unavailable(&error),
    }
}

/// After signing in. The id is one of ours or nothing, so that nobody is led anywhere else.
pub(super) fn next(visit: &Visit, kept: &str) -> String {
    if is_id(kept) {
        return format!("/login/go-on?request={kept}");
    }
    let pages = visit.server.pages_url.clone();
    pages.unwrap_or_else(|| "/account".into())
}

/// Whether it may be the id of a kept request.
pub(super) fn is_id(kept: &str) -> bool {
    !kept.is_empty() && kept.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Goes on with what the person came for.
pub(super) async fn go_on_page(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let kept = parameter(&request, "request");
    visit.answered(go_on(&visit, &kept, None).await)
}

/// A key that was not taken.
pub(super) async fn show_refused(visit: &Visit, kept: &str) -> HttpResponse {
    show(
        visit,
        StatusCode::FORBIDDEN,
        kept,
        "",
        Some(visit.words.wrong_passkey),
    )
    .await
}

pub(super) async fn show(
    visit: &Visit,
    status: StatusCode,
    kept: &str,
    email: &str,
    problem: Option<&str>,
) -> HttpResponse {
    let asked = match asked(visit, kept).await {
        Ok(asked) => asked,
        Err(error) => return visit.unavailable(&error),
    };
    let (client, goes_to) = asked.unzip();
    let page = LoginPage {
        w: visit.words,
        form_token: visit.form_token(),
        request: kept,
        client: client.as_deref(),
        email,
        problem,
        has_passkeys: visit.party().is_some(),
        sends_mail: visit.server.sends_mail,
    };
    visit.page(status, &page, goes_to.as_deref())
}

/// Whom the person goes on to: a name and an address.
async fn asked(visit: &Visit, kept: &str) -> Result<Option<(String, String)>, DbError> {
    if kept.is_empty() {
        return Ok(None);
    }
    let found = find(visit, kept).await?.and_then(|(request, _)| request.ok());
    Ok(found.map(|request| (request.client.name.clone(), request.back.redirect_uri)))
}

pub(super) fn retry_after(mut answer: HttpResponse, seconds: i64) -> HttpResponse {
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
