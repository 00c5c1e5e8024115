//! `/invitation`: somebody who was invited makes an account, or takes a further role on the one they have.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use foundation::DbError;
use foundation::secrets::SecretHash;

use super::login::next;
use super::visit::{Posted, Visit, parameter};
use super::words::Words;
use crate::audit::{Actor, Entry, Event};
use crate::http::Server;
use crate::operations::accept_invitation::{self, Acceptor, NotAccepted};
use crate::people::{Person, RoleAt, check_password, normal_email, normal_name};
use crate::store::invitations;

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'a> {
    w: &'static Words,
    form_token: String,
    code: &'a str,
    role: &'static str,
    place: String,
    signed_in: Option<String>,
    name: &'a str,
    email: &'a str,
    problem: Option<&'a str>,
}

/// What somebody new has typed. No `Debug`: it holds a password.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    password: String,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let code = parameter(&request, "code");
    visit.answered(show(&visit, StatusCode::OK, &code, &Typed::default(), None).await)
}

pub(super) async fn post(Posted(mut visit, mut form): Posted) -> HttpResponse {
    let mut take = |name| form.take(name).unwrap_or_default();
    let (code, is_known) = (take("code"), take("as") == "known");
    let typed = Typed {
        name: take("name"),
        email: take("email"),
        password: take("password"),
    };
    let answer = if is_known {
        accept_known(&visit, &code).await
    } else {
        accept_new(&mut visit, &code, &typed).await
    };
    visit.answered(answer)
}

async fn accept_known(visit: &Visit, code: &str) -> Result<HttpResponse, DbError> {
    let Some(signed_in) = visit.signed_in().await? else {
        return show(visit, StatusCode::OK, code, &Typed::default(), None).await;
    };
    let acceptor = Acceptor::Known {
        person_id: signed_in.person.id,
    };
    match accept(visit, code, acceptor).await {
        Ok(_) => Ok(visit.redirect(&next(visit, ""))),
        Err(NotAccepted::Db(error)) => Err(error),
        Err(NotAccepted::Over | NotAccepted::EmailTaken) => Ok(over(visit)),
    }
}

async fn accept_new(visit: &mut Visit, code: &str, typed: &Typed) -> Result<HttpResponse, DbError> {
    let words = visit.words;
    let person = match person(visit, typed) {
        Ok(person) => person,
        Err(problem) => {
            return show(
                visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                code,
                typed,
                Some(problem),
            )
            .await;
        }
    };
    if open(visit, code).await?.is_none() {
        return Ok(over(visit));
    }
    let Ok(password) = visit.server.passwords.hash(typed.password.clone()).await else {
        return show(
            visit,
            StatusCode::SERVICE_UNAVAILABLE,
            code,
            typed,
            Some(words.busy),
        )
        .await;
    };
    match accept(visit, code, Acceptor::New { person, password }).await {
        Ok(person_id) => {
            let place = visit.place();
            let cookie = visit
                .sign_in()
                .begin_session(person_id, None, "pwd", place)
                .await?;
            visit.begin_session(cookie);
            Ok(visit.redirect(&next(visit, "")))
        }
        Err(NotAccepted::EmailTaken) => {
            show(visit, StatusCode::CONFLICT, code, typed, Some(words.email_taken)).await
        }
        Err(NotAccepted::Over) => Ok(over(visit)),
        Err(NotAccepted::Db(error)) => Err(error),
    }
}

async fn accept(visit: &Visit, code: &str, acceptor: Acceptor) -> Result<String, NotAccepted> {
    accept_invitation::run(&visit.server.db, SecretHash::of(code), acceptor, visit.now_us).await
}

fn person(visit: &Visit, typed: &Typed) -> Result<Person, &'static str> {
    let words = visit.words;
    let name = normal_name(&typed.name).ok_or(words.name_needed)?;
    let email = normal_email(&typed.email).ok_or(words.email_needed)?;
    check_password(&typed.password, &[&name, &email]).map_err(|weak| words.weak(weak))?;
    Ok(Person {
        id: foundation::ids::id("per"),
        email: Some(email),
        name,
        language: visit.language,
        created_at_us: visit.now_us,
        disabled_at_us: None,
        is_email_verified: false,
    })
}

/// The invitation, for as long as it can be accepted.
async fn open(visit: &Visit, code: &str) -> Result<Option<RoleAt>, DbError> {
    let (hash, now_us) = (SecretHash::of(code), visit.now_us);
    let found = visit
        .server
        .db
        .read(move |conn| invitations::find_open(conn, hash, now_us));
    Ok(found.await?.map(|invitation| invitation.to))
}

async fn show(
    visit: &Visit,
    status: StatusCode,
    code: &str,
    typed: &Typed,
    problem: Option<&str>,
) -> Result<HttpResponse, DbError> {
    let Some(to) = open(visit, code).await? else {
        return Ok(over(visit));
    };
    let signed_in = visit.signed_in().await?;
    let place = [to.site(), &to.unit].into_iter().filter(|part| !part.is_empty());
    let page = InvitationPage {
        w: visit.words,
        form_token: visit.form_token(),
        code,
        role: visit.words.role(to.role.name()),
        place: place.collect::<Vec<_>>().join(" "),
        signed_in: signed_in.map(|signed_in| signed_in.person.name),
        name: &typed.name,
        email: &typed.email,
        problem,
    };
    Ok(visit.page(status, &page, None))
}

/// Used, over and unknown are the same.
fn over(visit: &Visit) -> HttpResponse {
    let entry = Entry::failure(Event::InvitationRefused, Actor::Stranger, "unknown, used or over");
    let entry = entry.at(visit.place().source);
    visit.server.grants.tally.count(entry);
    visit.over(visit.words.invitation_over)
}
