//! `/account/password`: another password, for who knows the present one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use foundation::DbError;

use super::account::act;
use super::login::retry_after;
use super::visit::{Posted, SignedIn, Visit};
use super::words::Words;
use crate::http::Server;
use crate::operations::{change_password, sign_in_link};
use crate::people::check_password;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    w: &'static Words,
    form_token: String,
    email: &'a str,
    /// The present password must be known.
    asks_current: bool,
    problem: Option<&'a str>,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    match visit.signed_in().await {
        Ok(Some(signed_in)) => show(&visit, &signed_in, StatusCode::OK, None),
        Ok(None) => visit.redirect("/login"),
        Err(error) => visit.unavailable(&error),
    }
}

pub(super) async fn post(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let mut take = |name| form.take(name).unwrap_or_default();
        change(visit, &signed_in, take("current"), take("password")).await
    })
    .await
}

async fn change(
    visit: &Visit,
    signed_in: &SignedIn,
    current: String,
    new: String,
) -> Result<HttpResponse, DbError> {
    let (words, person) = (visit.words, &signed_in.person);
    let refused = |problem| {
        Ok(show(
            visit,
            signed_in,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(problem),
        ))
    };
    if !sign_in_link::is_fresh(&signed_in.session, visit.now_us)
        && let Some(refusal) = check_current(visit, signed_in, current).await?
    {
        return Ok(refusal);
    }
    let passwords = &visit.server.passwords;
    let known = [person.name.as_str(), person.email.as_deref().unwrap_or_default()];
    if let Err(weak) = check_password(&new, &known) {
        return refused(words.weak(weak));
    }
    let Ok(hash) = passwords.hash(new).await else {
        return refused(words.busy);
    };
    let (db, session_id) = (&visit.server.db, &signed_in.session.id);
    change_password::run(db, &person.id, hash, session_id, visit.now_us).await?;
    Ok(visit.redirect("/account"))
}

/// Whoever finds a browser open guesses here as well. `None`: it is the present password.
async fn check_current(
    visit: &Visit,
    signed_in: &SignedIn,
    current: String,
) -> Result<Option<HttpResponse>, DbError> {
    let (words, person, source) = (visit.words, &signed_in.person, visit.place().source);
    let refused = |status, problem| Some(show(visit, signed_in, status, Some(problem)));
    if let Err(wait) = visit.sign_in().take_attempt(person, source).await? {
        let page = refused(StatusCode::TOO_MANY_REQUESTS, words.too_many);
        return Ok(page.map(|page| retry_after(page, wait.retry_after_s)));
    }
    let kept = visit.sign_in().kept_password(person).await?;
    match visit.server.passwords.verify(current, kept).await {
        Ok(true) => {
            visit.sign_in().forgive_attempts(person, source).await?;
            Ok(None)
        }
        Ok(false) => Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, words.wrong_current)),
        Err(_) => Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, words.busy)),
    }
}

fn show(visit: &Visit, signed_in: &SignedIn, status: StatusCode, problem: Option<&str>) -> HttpResponse {
    let page = PasswordPage {
        w: visit.words,
        form_token: visit.form_token(),
        email: signed_in.person.email.as_deref().unwrap_or_default(),
        asks_current: !sign_in_link::is_fresh(&signed_in.session, visit.now_us),
        problem,
    };
    visit.page(status, &page, None)
}
