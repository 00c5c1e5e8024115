//! `/oauth2/authorize` (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2): a client sends a person, and gets them back.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use foundation::DbError;
use foundation::secrets::SecretHash;

use super::login::retry_after;
use super::visit::Visit;
use crate::form::Form;
use crate::grants::{Asked, AuthorizationError, AuthorizationRequest, Back, Decision, REQUEST_URN, Refused};
use crate::http::{Server, read_body};
use crate::login::Attempts;
use crate::operations::keep_request;
use crate::store::authorization_requests;

pub(crate) const AUTHORIZE: &str = "/oauth2/authorize";

const MAX_REQUEST_BYTES: usize = 8 * 1024;

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    visit.answered(begin(&visit, request.query_string()).await)
}

/// Comes from another site, and so without cookies: kept, and asked again by GET.
pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let body = match read_body(payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let visit = Visit::new(server, &request);
    let parameters = String::from_utf8_lossy(&body).into_owned();
    let answer = match Form::parse(parameters.as_bytes()).map(|mut form| form.take("client_id")) {
        Ok(Some(client_id)) if parameters.len() <= MAX_REQUEST_BYTES => {
            keep(&visit, &client_id, parameters).await
        }
        Ok(_) => Ok(here(
            &visit,
            "client_id is missing, or the request is longer than 8 KiB",
        )),
        Err(problem) => Ok(here(&visit, problem)),
    };
    visit.answered(answer)
}

async fn begin(visit: &Visit, query: &str) -> Result<HttpResponse, DbError> {
    if query.len() > MAX_REQUEST_BYTES {
        return Ok(here(visit, "the request is longer than 8 KiB"));
    }
    let mut form = match Form::parse(query.as_bytes()) {
        Ok(form) => form,
        Err(problem) => return Ok(here(visit, problem)),
    };
    let client_id = form.take("client_id").unwrap_or_default();
    if let Some(uri) = form.take("request_uri") {
        let id = uri.strip_prefix(REQUEST_URN).unwrap_or_default();
        return go_on(visit, id, Some(&client_id)).await;
    }
    let client = visit.server.grants.clients.find(&client_id).await?;
    let request = match AuthorizationRequest::read(client, form) {
        Ok(request) => request,
        Err(refused) => return Ok(refuse(visit, refused)),
    };
    let asked = Asked {
        kept: None,
        at_us: visit.now_us,
    };
    match decide(visit, &request, asked).await? {
        Ok(Decision::Code(back, code)) => Ok(send_back(visit, &back, &[("code", &code)])),
        Ok(Decision::SignIn | Decision::Ask) => keep(visit, &client_id, query.to_owned()).await,
        Err(refused) => Ok(refuse(visit, refused)),
    }
}

/// Takes up a kept request; `client_id` is who says to have pushed it.
pub(super) async fn go_on(visit: &Visit, id: &str, client_id: Option<&str>) -> Result<HttpResponse, DbError> {
    let Some((request, asked)) = find(visit, id).await? else {
        let words = visit.words;
        return Ok(visit.message(StatusCode::BAD_REQUEST, words.not_possible, words.stale_request));
    };
    let request = match request {
        Ok(request) if client_id.is_none_or(|client_id| client_id == request.client.id) => request,
        Ok(_) => {
            return Ok(here(
                visit,
                "client_id is not the one that the request was pushed by",
            ));
        }
        Err(refused) => return Ok(refuse(visit, refused)),
    };
    match decide(visit, &request, asked).await? {
        Ok(Decision::Code(back, code)) => Ok(send_back(visit, &back, &[("code", &code)])),
        Ok(Decision::SignIn) => Ok(visit.redirect(&format!("/login?request={id}"))),
        Ok(Decision::Ask) => Ok(visit.redirect(&format!("/consent?request={id}"))),
        Err(refused) => Ok(refuse(visit, refused)),
    }
}

/// A kept request, read again.
pub(super) async fn find(
    visit: &Visit,
    id: &str,
) -> Result<Option<(Result<AuthorizationRequest, Refused>, Asked)>, DbError> {
    let (hash, now_us) = (SecretHash::of(id), visit.now_us);
    let db = &visit.server.db;
    let kept = db
        .read(move |conn| authorization_requests::find(conn, hash, now_us))
        .await?;
    let Some(kept) = kept else { return Ok(None) };
    let client = visit.server.grants.clients.find(&kept.client_id).await?;
    let request = match Form::parse(kept.parameters.as_bytes()) {
        Ok(mut form) => {
            form.take("client_id");
            AuthorizationRequest::read(client, form)
        }
        Err(problem) => Err(Refused::Here(problem)),
    };
    let asked = Asked {
        kept: Some(hash),
        at_us: kept.created_at_us,
    };
    Ok(Some((request, asked)))
}

async fn decide(
    visit: &Visit,
    request: &AuthorizationRequest,
    asked: Asked,
) -> Result<Result<Decision, Refused>, DbError> {
    let session = visit.signed_in().await?.map(|signed_in| signed_in.session);
    Ok(visit.server.grants.authorize(request, asked, session).await)
}

/// Keeps a request, and leads to where it goes on. Nobody may fill the database with them.
async fn keep(visit: &Visit, client_id: &str, parameters: String) -> Result<HttpResponse, DbError> {
    let db = &visit.server.db;
    let attempts = Attempts { db: db.clone() };
    if let Err(wait) = attempts.take_row(visit.place().source, visit.now_us).await? {
        let words = visit.words;
        let page = visit.message(StatusCode::TOO_MANY_REQUESTS, words.not_possible, words.too_many);
        return Ok(retry_after(page, wait.retry_after_s));
    }
    let id = keep_request::run(db, client_id, parameters, visit.now_us).await?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .append_pair("request_uri", &format!("{REQUEST_URN}{id}"))
        .finish();
    Ok(visit.redirect(&format!("{AUTHORIZE}?{query}")))
}

fn refuse(visit: &Visit, refused: Refused) -> HttpResponse {
    match refused {
        Refused::Here(problem) => here(visit, problem),
        Refused::Back(back, error) => send_error(visit, &back, error),
    }
}

pub(super) fn send_error(visit: &Visit, back: &Back, error: AuthorizationError) -> HttpResponse {
    let description = error.to_string();
    send_back(
        visit,
        back,
        &[("error", error.code()), ("error_description", &description)],
    )
}

fn here(visit: &Visit, problem: &str) -> HttpResponse {
    let text = format!("{} {problem}", visit.words.bad_link);
    visit.message(StatusCode::BAD_REQUEST, visit.words.not_possible, &text)
}

/// Back to the client, with who answers (RFC 9207) and what it wants to see again. All of it is encoded, so that no value
/// becomes another parameter.
fn send_back(visit: &Visit, back: &Back, answer: &[(&str, &str)]) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(state) = &back.state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", &visit.server.grants.issuer);
    let separator = if back.redirect_uri.contains('?') { '&' } else { '?' };
    visit.redirect(&format!("{}{separator}{}", back.redirect_uri, query.finish()))
}
