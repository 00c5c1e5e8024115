//! `/account`: what a person sees and does about their own account.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use foundation::DbError;

use super::times::Times;
use super::visit::{Posted, SignedIn, Visit};
use super::words::Words;
use crate::form::Form;
use crate::http::Server;
use crate::operations::own_account::{self, Account};
use crate::store::revoked_tokens::RevokedToken;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    w: &'static Words,
    form_token: String,
    account: &'a Account,
    times: Times,
    /// The session that this page is seen with.
    current: &'a str,
    may_invite: bool,
    /// Where the pages of their building are.
    pages: Option<&'a str>,
    /// Where their charges are kept.
    my_data: Option<String>,
    /// Browsers make keys for this address.
    has_passkeys: bool,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    visit.answered(show(&visit).await)
}

async fn show(visit: &Visit) -> Result<HttpResponse, DbError> {
    let Some(SignedIn { person, session }) = visit.signed_in().await? else {
        return Ok(visit.redirect("/login"));
    };
    let account = own_account::read(&visit.server.db, person, visit.now_us).await?;
    let page = AccountPage {
        w: visit.words,
        form_token: visit.form_token(),
        current: &session.id,
        may_invite: account
            .roles
            .iter()
            .any(|at| ["manager", "operator"].contains(&at.role)),
        pages: visit.server.pages_url.as_deref(),
        my_data: visit.pages_origin().map(|pages| format!("{pages}/my/data")),
        account: &account,
        times: Times::of(visit),
        has_passkeys: visit.party().is_some(),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

pub(super) async fn end_session(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let id = form.take("id").unwrap_or_default();
        let ended = own_account::end_session(&visit.server.db, &signed_in.person.id, &id, visit.now_us);
        forget(visit, ended.await?);
        Ok(visit.redirect("/account"))
    })
    .await
}

pub(super) async fn end_access(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let id = form.take("id").unwrap_or_default();
        let ended = own_account::end_access(&visit.server.db, &signed_in.person.id, &id, visit.now_us);
        forget(visit, ended.await?);
        Ok(visit.redirect("/account"))
    })
    .await
}

pub(super) async fn export(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, _| {
        let account = own_account::export(&visit.server.db, signed_in.person, visit.now_us).await?;
        let mut response = visit.response(StatusCode::OK);
        response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"denro-account.json\""));
        Ok(response.json(account))
    })
    .await
}

pub(super) async fn delete(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        if form.take("sure").as_deref() != Some("yes") {
            return Ok(visit.redirect("/account"));
        }
        let ended = own_account::delete(&visit.server.db, &signed_in.person.id, visit.now_us).await?;
        forget(visit, ended);
        visit.end_session();
        Ok(visit.message(StatusCode::OK, visit.words.account, visit.words.deleted))
    })
    .await
}

/// For people who have signed in alone, from a form of ours alone.
pub(super) async fn act(
    Posted(mut visit, form): Posted,
    what: impl AsyncFnOnce(&mut Visit, SignedIn, Form) -> Result<HttpResponse, DbError>,
) -> HttpResponse {
    let answer = match visit.signed_in().await {
        Ok(Some(signed_in)) => what(&mut visit, signed_in, form).await,
        Ok(None) => Ok(visit.redirect("/login")),
        Err(error) => Err(error),
    };
    visit.answered(answer)
}

/// Tokens that end with what was done end on this node at once.
pub(super) fn forget(visit: &Visit, ended: Vec<RevokedToken>) {
    visit.server.grants.revocations.take(ended, visit.now_us);
}
