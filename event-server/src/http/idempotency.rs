//! Requests that act: named by their `Idempotency-Key`, answered with 202, and where wished with the outcome.

use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::access::Caller;
use super::problems::{ApiError, Kind};
use super::wait;
use crate::context::{Context, Tx};
use crate::error::Refusal;
use crate::operations::idempotency::{Once, once};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
pub(super) const MAX_KEY: usize = 255;

/// The request's `Idempotency-Key`.
pub(super) struct IdempotencyKey(String);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let text = request.headers().get(KEY).and_then(|value| value.to_str().ok());
        let good = text.filter(|text| (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(visible));
        let key = good.map(|text| Self(text.to_owned()));
        std::future::ready(key.ok_or_else(|| {
            let detail =
                "send Idempotency-Key with 1 to 255 visible ASCII characters, a new one for each thing to do";
            ApiError::new(Kind::KeyMissing, detail)
        }))
    }
}

fn visible(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

impl IdempotencyKey {
    /// `body` in a form that is equal for equal bodies.
    pub(super) fn once(self, caller: &Caller, request: &HttpRequest, body: &str) -> Once {
        let whole = format!("{} {}\n{body}", request.method(), request.path());
        Once {
            // People who use one client do not meet each other's keys; a client's subject is the client.
            client_id: caller.subject().to_owned(),
            key: self.0,
            request_hash: URL_SAFE_NO_PAD.encode(foundation::secrets::sha256(whole.as_bytes())),
        }
    }
}

/// The request's `Idempotency-Key`, where it may be left out.
pub(super) struct MaybeNamed(Option<IdempotencyKey>);

impl FromRequest for MaybeNamed {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let named = request.headers().contains_key(KEY);
        let key = named.then(|| IdempotencyKey::from_request(request, payload).into_inner());
        std::future::ready(key.transpose().map(Self))
    }
}

impl MaybeNamed {
    /// As [`IdempotencyKey::once`].
    pub(super) fn once(self, caller: &Caller, request: &HttpRequest, body: &str) -> Option<Once> {
        self.0.map(|key| key.once(caller, request, body))
    }
}

/// Whether an answer is given once more.
#[derive(Clone, Copy)]
pub(super) struct Replayed(bool);

impl Replayed {
    /// What was made may be another by now: it is told without its `ETag`.
    pub(super) fn mark(self, mut response: HttpResponse) -> HttpResponse {
        if self.0 {
            let headers = response.headers_mut();
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
            headers.remove(ETAG);
        }
        response
    }
}

/// Runs `act`, once if the request is named; answers with what it has made, now or then.
pub(super) async fn once_if_named<T: Clone + Serialize + DeserializeOwned + Send + 'static>(
    context: &Context,
    named: Option<Once>,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<(T, Replayed), ApiError> {
    let Some(named) = named else {
        return Ok((context.transact(act).await?, Replayed(false)));
    };
    let work = context.transact(move |tx| {
        let mut made = None;
        let answer = once(tx, named, |tx| {
            let new = act(tx)?;
            made = Some(new.clone());
            Ok(new)
        })?;
        Ok::<_, Refusal>((answer, made))
    });
    let (answer, made) = work.await?;
    let made = match made {
        Some(made) => made,
        None => serde_json::from_str(&answer.body).map_err(|error| ApiError::internal(&error))?,
    };
    Ok((made, Replayed(answer.replayed)))
}

/// The part of an answer that is needed to follow it up.
#[derive(Deserialize)]
struct Accepted {
    command: Named,
    session: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Runs `act` once, and answers 201 with what it has made.
pub(super) async fn made<T: Serialize>(
    context: &Context,
    named: Once,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    made_at(context, named, None, act).await
}

/// Runs `act` once, and answers 200 with what has come of it.
pub(super) async fn done<T: Serialize>(
    context: &Context,
    named: Once,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let answer = context.transact(move |tx| once(tx, named, act)).await?;
    let mut response = HttpResponse::Ok();
    let response = response.content_type("application/json").body(answer.body);
    Ok(Replayed(answer.replayed).mark(response))
}

/// The same for what is then found below `path`.
pub(super) async fn create<T: Serialize>(
    context: &Context,
    named: Once,
    path: &str,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    made_at(context, named, Some(path), act).await
}

async fn made_at<T: Serialize>(
    context: &Context,
    named: Once,
    path: Option<&str>,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let answer = context.transact(move |tx| once(tx, named, act)).await?;
    let made: Option<Named> = serde_json::from_str(&answer.body).ok();
    let mut response = HttpResponse::Created();
    if let (Some(path), Some(made)) = (path, made) {
        response.insert_header((LOCATION, format!("{path}/{}", made.id)));
    }
    let response = response.content_type("application/json").body(answer.body);
    Ok(Replayed(answer.replayed).mark(response))
}

/// Runs `act` once, and holds the answer for the outcome where `Prefer: wait` asks so.
pub(super) async fn accept<T: Serialize>(
    request: &HttpRequest,
    context: &Context,
    named: Once,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let outcomes = context.signals.outcomes();
    let answer = context.transact(move |tx| once(tx, named, act)).await?;
    let accepted: Option<Accepted> = serde_json::from_str(&answer.body).ok();
    let session_id = accepted.as_ref().and_then(|accepted| accepted.session.as_ref());
    let session_id = session_id.map(|session| session.id.clone());
    let command_id = accepted.map(|accepted| accepted.command.id).unwrap_or_default();
    tracing::info!(
        command = command_id,
        session = session_id,
        replayed = answer.replayed,
        "a command is accepted"
    );
    let mut response = HttpResponse::Accepted();
    response.insert_header((LOCATION, format!("/v1/commands/{command_id}")));
    if answer.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    let mut body = answer.body;
    if let Some(seconds) = wait::asked(request) {
        response.insert_header((PREFERENCE_APPLIED, format!("wait={seconds}")));
        // What was accepted stays so, and is told, even if its outcome cannot be read.
        let outcome = wait::for_outcome(context, outcomes, &command_id, seconds);
        match wait::unless_stopped(request, outcome).await {
            None => {}
            Some(Ok(outcome)) => body = outcome.unwrap_or(body),
            Some(Err(error)) => tracing::warn!(%error, command_id, "the outcome cannot be read"),
        }
    }
    Ok(response.content_type("application/json").body(body))
}
