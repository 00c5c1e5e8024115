//! `/consent`: may this client act for you?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Scopes;
use askama::Template;
use foundation::DbError;

use super::authorize::{find, go_on, send_error};
use super::visit::{Posted, SignedIn, Visit, parameter};
use super::words::Words;
use crate::grants::{Asked, AuthorizationError, AuthorizationRequest};
use crate::http::Server;
use crate::store::{authorization_requests, consents};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    w: &'static Words,
    form_token: String,
    request: &'a str,
    client: &'a str,
    scopes: Vec<&'static str>,
    host: &'a str,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let kept = parameter(&request, "request");
    visit.answered(ask(&visit, &kept).await)
}

async fn ask(visit: &Visit, kept: &str) -> Result<HttpResponse, DbError> {
    match asked(visit, kept).await? {
        Some(question) => Ok(show(visit, kept, &question)),
        // Nothing to ask about any more: whatever is next.
        None => go_on(visit, kept, None).await,
    }
}

pub(super) async fn post(Posted(visit, mut form): Posted) -> HttpResponse {
    let kept = form.take("request").unwrap_or_default();
    let allowed = form.take("answer").as_deref() == Some("allow");
    visit.answered(answer(&visit, &kept, allowed).await)
}

async fn answer(visit: &Visit, kept: &str, allowed: bool) -> Result<HttpResponse, DbError> {
    let Some(question) = asked(visit, kept).await? else {
        return go_on(visit, kept, None).await;
    };
    let Question {
        request,
        asked,
        scopes,
        person_id,
    } = question;
    let (db, now_us) = (&visit.server.db, visit.now_us);
    if allowed {
        let client_id = request.client.id.clone();
        db.write(move |conn| {
            let before = consents::find(conn, &person_id, &client_id)?;
            let scopes: Scopes = before.scopes.iter().chain(scopes.iter()).collect();
            consents::replace(conn, &person_id, &client_id, &scopes, now_us)
        })
        .await?;
        return go_on(visit, kept, None).await;
    }
    if let Some(hash) = asked.kept {
        db.write(move |conn| authorization_requests::take(conn, hash))
            .await?;
    }
    Ok(send_error(visit, &request.back, AuthorizationError::AccessDenied))
}

/// What a person is asked.
struct Question {
    request: AuthorizationRequest,
    asked: Asked,
    scopes: Scopes,
    person_id: String,
}

/// What the person is asked, if anything.
async fn asked(visit: &Visit, kept: &str) -> Result<Option<Question>, DbError> {
    let Some((Ok(request), asked)) = find(visit, kept).await? else {
        return Ok(None);
    };
    let Some(SignedIn { person, session }) = visit.signed_in().await? else {
        return Ok(None);
    };
    let scopes = visit.server.grants.question(&request, asked, session).await?;
    Ok(scopes.map(|scopes| Question {
        request,
        asked,
        scopes,
        person_id: person.id,
    }))
}

fn show(visit: &Visit, kept: &str, question: &Question) -> HttpResponse {
    let (request, scopes) = (&question.request, question.scopes.iter());
    let uri: Option<actix_web::http::Uri> = request.back.redirect_uri.parse().ok();
    let page = ConsentPage {
        w: visit.words,
        form_token: visit.form_token(),
        request: kept,
        client: &request.client.name,
        scopes: scopes.map(|scope| visit.words.scope(scope)).collect(),
        host: uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default(),
    };
    visit.page(StatusCode::OK, &page, Some(&request.back.redirect_uri))
}
