//! `/login/link`: signing in by a link, asked for by mail or handed over by the host.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::login::{is_id, next, retry_after, show};
use super::visit::{Posted, Visit, parameter};
use crate::audit::{Actor, Entry, Event};
use crate::http::Server;
use crate::operations::sign_in_link;
use crate::people::normal_email;

/// Asks before anybody is signed in: programs that look at mail open the links in it, and must not use them up.
pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let code = parameter(&request, "code");
    let words = visit.words;
    visit.question_with(
        (words.sign_in, words.link_is_here),
        ("/login/by-link", words.sign_in),
        Some(("code", &code)),
    )
}

/// Has a link sent. Whoever asks learns nothing about who has an account.
pub(super) async fn ask(Posted(visit, mut form): Posted) -> HttpResponse {
    let mut take = |name| form.take(name).unwrap_or_default();
    let (kept, typed) = (take("request"), take("email"));
    let words = visit.words;
    if !visit.server.sends_mail {
        return visit.message(StatusCode::NOT_FOUND, words.not_possible, words.no_mail);
    }
    let Some(email) = normal_email(&typed) else {
        let problem = Some(words.email_needed);
        return show(&visit, StatusCode::UNPROCESSABLE_ENTITY, &kept, &typed, problem).await;
    };
    match visit.sign_in().take_attempt_at(&email, &visit.place()).await {
        Ok(Ok(())) => {}
        Ok(Err(wait)) => {
            let problem = Some(words.too_many);
            let page = show(&visit, StatusCode::TOO_MANY_REQUESTS, &kept, &typed, problem);
            return retry_after(page.await, wait.retry_after_s);
        }
        Err(error) => return visit.unavailable(&error),
    }
    let kept = if is_id(&kept) { kept } else { String::new() };
    match sign_in_link::ask(&visit.server.db, email, kept, visit.now_us).await {
        Ok(()) => visit.message(StatusCode::OK, words.look_into_mail, words.link_is_sent),
        Err(error) => visit.unavailable(&error),
    }
}

/// Uses a link.
pub(super) async fn use_up(Posted(mut visit, mut form): Posted) -> HttpResponse {
    let code = form.take("code").unwrap_or_default();
    let taken = sign_in_link::take(&visit.server.db, &code, visit.now_us).await;
    let (person, kept) = match taken {
        Ok(Some(taken)) => taken,
        Ok(None) => return over(&visit),
        Err(error) => return visit.unavailable(&error),
    };
    let (place, email) = (visit.place(), person.email);
    let sign_in = visit.sign_in();
    let begun = sign_in.begin_session(person.id, email, sign_in_link::METHOD, place);
    match begun.await {
        Ok(cookie) => {
            visit.begin_session(cookie);
            visit.redirect(&next(&visit, &kept))
        }
        Err(error) => visit.unavailable(&error),
    }
}

/// Used, over and unknown are the same.
fn over(visit: &Visit) -> HttpResponse {
    let entry = Entry::failure(
        Event::SignedIn,
        Actor::Stranger,
        "a link that is unknown, used or over",
    );
    visit.server.grants.tally.count(entry.at(visit.place().source));
    let words = visit.words;
    visit.over(words.link_over)
}
