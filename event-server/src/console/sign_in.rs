//! Signing in at the auth-server and out again.

use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::{HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::acting::Acting;
use super::cookies::Kind;
use super::issuer::{Going, Issuer, NoTokens, Tokens};
use super::session;
use super::visit::{NoPage, Shown, Visit};
use crate::operations::notices::write_down_manager;
use crate::operations::write_down_resident::write_down_resident;

pub(super) const SIGN_IN: &str = "/sign-in";

/// Which page to go on to.
#[derive(Deserialize)]
pub(super) struct Then {
    then: Option<String>,
}

/// What the auth-server sends back (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(super) struct Back {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

/// Signing in, and then on to a page of ours.
pub(super) fn path_to(then: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("then", then)
        .finish();
    format!("{SIGN_IN}?{query}")
}

pub(super) async fn begin(mut visit: Visit, query: web::Query<Then>) -> HttpResponse {
    let then = query.0.then.unwrap_or_else(|| "/".to_owned());
    let then = if is_ours(&then) { then } else { "/".to_owned() };
    let Some(issuer) = &visit.pages.issuer else {
        return visit.answered(Err(NoPage::NothingHere));
    };
    // Cookies belong to a host name, and people come back to the public one.
    if !is_at_home(&visit) {
        let home = format!("{}{}", visit.pages.public_url, path_to(&then));
        return visit.redirect(&home);
    }
    let (url, going) = issuer.begin(then, visit.language.code());
    let json = serde_json::to_vec(&going).unwrap_or_default();
    visit.set(Kind::Going, &URL_SAFE_NO_PAD.encode(json));
    visit.redirect(&url)
}

pub(super) async fn finish(mut visit: Visit, query: web::Query<Back>) -> HttpResponse {
    let going = visit.cookie(Kind::Going).and_then(|cookie| {
        let json = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        serde_json::from_slice::<Going>(&json).ok()
    });
    visit.set(Kind::Going, "");
    let shown = come_back(&mut visit, going, query.0).await;
    visit.answered(shown)
}

async fn come_back(visit: &mut Visit, going: Option<Going>, back: Back) -> Shown {
    let pages = visit.pages.clone();
    let issuer = pages.issuer.as_ref().ok_or(NoPage::NothingHere)?;
    let going = going.filter(|going| back.state.as_deref() == Some(&going.state));
    let is_theirs = back.iss.as_deref() == Some(&issuer.url);
    let (Some(going), Some(code), true) = (going, back.code, is_theirs) else {
        return Ok(not_signed_in(visit));
    };
    match issuer.redeem(code, &going).await {
        Ok(tokens) => let_in(visit, issuer, &tokens, &going.then).await,
        Err(NoTokens::Over) => Ok(not_signed_in(visit)),
        Err(NoTokens::Unavailable(why)) => {
            tracing::warn!(why, "a sign-in could not be finished");
            let words = visit.words();
            Err(NoPage::Said(StatusCode::SERVICE_UNAVAILABLE, words.unavailable))
        }
    }
}

async fn let_in(visit: &mut Visit, issuer: &Issuer, tokens: &Tokens, then: &str) -> Shown {
    let unavailable = NoPage::Said(StatusCode::SERVICE_UNAVAILABLE, visit.words().unavailable);
    let claims = visit.pages.tokens.read_own(&tokens.access).await;
    let Ok(claims) = claims else {
        tracing::warn!(
            "the issuer's own token is not good here: auth.issuer or auth.audience is another one"
        );
        return Err(unavailable);
    };
    let about = issuer.about(&tokens.access).await;
    let before = visit.cookie(Kind::Session);
    let begun = session::begin(&visit.context, (&claims, about.name.clone()), tokens, before);
    let cookie = begun.await?.ok_or(unavailable)?;
    visit.set(Kind::Session, &cookie);
    let email = about.email.filter(|_| visit.pages.sends_mail);
    let language = visit.language.code();
    let context = visit.context.clone();
    context
        .transact(move |tx| {
            write_down_resident(tx, &claims, &about.name)?;
            match &email {
                Some(email) => write_down_manager(tx, &claims, (&about.name, email), language),
                None => Ok(()),
            }
        })
        .await?;
    Ok(visit.redirect(then))
}

fn not_signed_in(visit: &Visit) -> HttpResponse {
    let words = visit.words();
    let said = (words.not_possible, words.stale_sign_in);
    visit.message(StatusCode::BAD_REQUEST, said, Some((SIGN_IN, words.again)))
}

/// Here, and at the auth-server as well.
pub(super) async fn end(acting: Acting<()>) -> HttpResponse {
    let mut visit = acting.visit;
    let shown = leave(&mut visit).await;
    visit.answered(shown)
}

/// The browser has no session any more, here or at the auth-server.
pub(super) async fn leave(visit: &mut Visit) -> Shown {
    let home = format!("{}/", visit.pages.public_url);
    let kept = match visit.cookie(Kind::Session) {
        Some(cookie) => session::end(&visit.context, &cookie).await?,
        None => None,
    };
    visit.set(Kind::Session, "");
    let (Some(kept), Some(issuer)) = (kept, &visit.pages.issuer) else {
        return Ok(visit.redirect(&home));
    };
    issuer.revoke(&kept).await;
    Ok(visit.redirect(&issuer.sign_out_url(&kept, &home)))
}

/// A path of this server, and nothing that a browser takes for another address.
fn is_ours(path: &str) -> bool {
    let rest = path.strip_prefix('/');
    rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
        && !path.contains(|c: char| c.is_control() || c == '\\')
}

fn is_at_home(visit: &Visit) -> bool {
    let host = visit.request.headers().get(HOST);
    let host = host.and_then(|value| value.to_str().ok()).unwrap_or_default();
    visit
        .pages
        .public_url
        .split_once("://")
        .is_some_and(|(_, home)| home == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_a_page_of_ours_and_nowhere_else() {
        for (path, ours) in [
            ("/", true),
            ("/o/7k3m9qxw", true),
            ("/sites/a?x=//b", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("evil.example", false),
            ("/\t/evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_ours(path), ours, "{path:?}");
        }
        assert_eq!(path_to("/o/a?b"), "/sign-in?then=%2Fo%2Fa%3Fb");
    }
}
