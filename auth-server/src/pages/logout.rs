//! Signing out: from the account page, or sent by a client (OpenID Connect RP-Initiated Logout 1.0).

use actix_web::{HttpRequest, HttpResponse, web};
use foundation::DbError;

use super::account::{act, forget};
use super::visit::{Posted, SignedIn, Visit};
use crate::form::Form;
use crate::http::{Server, read_body};
use crate::operations::own_account;

pub(crate) const LOGOUT: &str = "/oauth2/logout";

pub(super) async fn post(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, _| {
        end(visit, &signed_in).await?;
        Ok(visit.farewell())
    })
    .await
}

pub(super) async fn asked(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let form = Form::parse(request.query_string().as_bytes()).unwrap_or_default();
    answer(Visit::new(server, &request), form).await
}

pub(super) async fn asked_by_form(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    match read_body(payload).await {
        Ok(body) => {
            answer(
                Visit::new(server, &request),
                Form::parse(&body).unwrap_or_default(),
            )
            .await
        }
        Err(answer) => answer,
    }
}

async fn answer(mut visit: Visit, form: Form) -> HttpResponse {
    let answer = leave(&mut visit, form).await;
    visit.answered(answer)
}

/// Only a client that shows an id token of this person gets them signed out without a question, and only to an address
/// that it has registered (§2, §3).
async fn leave(visit: &mut Visit, mut form: Form) -> Result<HttpResponse, DbError> {
    let back = back(visit, &mut form).await?;
    let signed_in = visit.signed_in().await?;
    match (back, signed_in) {
        (Some((person_id, uri)), Some(signed_in)) if signed_in.person.id == person_id => {
            end(visit, &signed_in).await?;
            Ok(visit.redirect(&uri))
        }
        (Some((_, uri)), None) => Ok(visit.redirect(&uri)),
        (_, Some(_)) => {
            let words = visit.words;
            Ok(visit.question(words.sign_out, words.sign_out_sure, "/logout", words.sign_out))
        }
        (None, None) => Ok(visit.farewell()),
    }
}

/// Whom an id token is of, and where they may go.
async fn back(visit: &Visit, form: &mut Form) -> Result<Option<(String, String)>, DbError> {
    let (hint, client_id) = (form.take("id_token_hint"), form.take("client_id"));
    let (uri, state) = (form.take("post_logout_redirect_uri"), form.take("state"));
    let shown = hint.and_then(|hint| visit.server.grants.read_id_token(&hint));
    let (Some(shown), Some(uri)) = (shown, uri) else {
        return Ok(None);
    };
    if client_id.is_some_and(|client_id| client_id != shown.client_id) {
        return Ok(None);
    }
    let client = visit.server.grants.clients.find(&shown.client_id).await?;
    let is_registered = client.is_some_and(|client| client.post_logout_uris.contains(&uri));
    let state = state.map(|state| {
        let separator = if uri.contains('?') { '&' } else { '?' };
        let encoded: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        format!("{separator}state={encoded}")
    });
    Ok(is_registered.then(|| (shown.person_id, format!("{uri}{}", state.unwrap_or_default()))))
}

async fn end(visit: &mut Visit, signed_in: &SignedIn) -> Result<(), DbError> {
    let (person_id, session_id) = (&signed_in.person.id, &signed_in.session.id);
    let ended = own_account::end_session(&visit.server.db, person_id, session_id, visit.now_us);
    forget(visit, ended.await?);
    visit.end_session();
    Ok(())
}
