//! Passkeys on the pages: the challenge, signing in, adding and removing a key. The only pages with a script.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use super::account::act;
use super::login::{next, retry_after, show_refused};
use super::visit::{Posted, Visit};
use crate::audit::{Actor, Entry, Event};
use crate::form::Form;
use crate::operations::use_passkey::{self, NewPasskey, NoPasskey};
use crate::passkey::{RelyingParty, Told};

/// What a device is asked to sign, once.
pub(super) async fn challenge(Posted(visit, _): Posted) -> HttpResponse {
    let Some(party) = visit.party() else {
        return visit.response(StatusCode::NOT_FOUND).finish();
    };
    match use_passkey::challenge(&visit.server.db, &visit.place(), visit.now_us).await {
        Ok(Ok(challenge)) => {
            let answer = json!({"challenge": challenge, "rp": party.id});
            visit.response(StatusCode::OK).json(answer)
        }
        Ok(Err(wait)) => retry_after(
            visit.response(StatusCode::TOO_MANY_REQUESTS).finish(),
            wait.retry_after_s,
        ),
        Err(error) => visit.unavailable(&error),
    }
}

pub(super) async fn sign_in(Posted(mut visit, mut form): Posted) -> HttpResponse {
    let kept = form.take("request").unwrap_or_default();
    let signature = form.take("signature").unwrap_or_default();
    let verified = match visit.party() {
        Some(party) => {
            let told = told(&mut form);
            use_passkey::verify(&visit.server.db, told, signature, party, visit.now_us).await
        }
        None => Err(NoPasskey::Wrong("no keys at this address")),
    };
    let person_id = match verified {
        Ok(person_id) => person_id,
        Err(NoPasskey::Db(error)) => return visit.unavailable(&error),
        Err(NoPasskey::Wrong(reason)) => {
            count_refused(&visit, Event::SignedIn, reason);
            return show_refused(&visit, &kept).await;
        }
    };
    let place = visit.place();
    match visit
        .sign_in()
        .begin_session(person_id, None, "passkey", place)
        .await
    {
        Ok(cookie) => {
            visit.begin_session(cookie);
            visit.redirect(&next(&visit, &kept))
        }
        Err(error) => visit.unavailable(&error),
    }
}

pub(super) async fn add(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let Some(party) = visit.party() else {
            return Ok(visit.redirect("/account"));
        };
        let key = NewPasskey {
            told: told(&mut form),
            public_key: form.take("public_key").unwrap_or_default(),
            device: visit.place().device,
        };
        let added = use_passkey::add(&visit.server.db, &signed_in.person.id, key, &party, visit.now_us).await;
        match added {
            Ok(()) => Ok(visit.redirect("/account")),
            Err(NoPasskey::Db(error)) => Err(error),
            Err(NoPasskey::Wrong(reason)) => {
                count_refused(visit, Event::PasskeyAdded, reason);
                let words = visit.words;
                Ok(visit.message(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    words.not_possible,
                    words.no_passkey,
                ))
            }
        }
    })
    .await
}

pub(super) async fn remove(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let id = form.take("id").unwrap_or_default();
        use_passkey::remove(&visit.server.db, &signed_in.person.id, &id, visit.now_us).await?;
        Ok(visit.redirect("/account"))
    })
    .await
}

impl Visit {
    /// Who we are to browsers, where they make keys.
    pub(super) fn party(&self) -> Option<RelyingParty> {
        RelyingParty::of(&self.server.grants.issuer)
    }
}

fn told(form: &mut Form) -> Told {
    let mut take = |name| form.take(name).unwrap_or_default();
    Told {
        credential_id: take("id"),
        client_data: take("client_data"),
        authenticator_data: take("authenticator_data"),
    }
}

fn count_refused(visit: &Visit, event: Event, reason: &'static str) {
    tracing::info!(reason, "a passkey was refused");
    let entry = Entry::failure(event, Actor::Stranger, reason);
    visit.server.grants.tally.count(entry.at(visit.place().source));
}
