//! Browsers that people have signed in with: begun, found, renewed, ended.
//!
//! Tokens stay here, sealed with the browser's cookie. The issuer is asked every few minutes what the person still is, and before
//! anything is done for them.

use std::time::Duration;

use actix_web::web;
use api_spec::token::AccessTokenClaims;
use foundation::DbError;
use foundation::secrets::{SecretHash, SecretKind};

use super::issuer::{Kept, NoTokens, Tokens};
use super::pages::Pages;
use super::sealed;
use super::viewer::Viewer;
use crate::context::Context;
use crate::store::browser_sessions::{self, BrowserSession};

/// How long the issuer's word is taken before it is asked again.
const ASK_EVERY_US: i64 = 300 * 1_000_000;
/// The same where somebody wants something done: whoever is gone does nothing any more.
const ASK_TO_ACT_US: i64 = 10 * 1_000_000;
/// How often a request looks what another one was told, which asks just now; and how long it waits between.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How long one request may ask.
const ASKING_US: i64 = 30 * 1_000_000;
/// How long its last word holds while it cannot be asked.
const GOOD_FOR_US: i64 = 3600 * 1_000_000;
const LIFE_US: i64 = 90 * 86_400 * 1_000_000;

/// Somebody has come back with tokens; answers the cookie. The session that the browser had before ends.
pub(super) async fn begin(
    context: &Context,
    (claims, name): (&AccessTokenClaims, String),
    tokens: &Tokens,
    before: Option<String>,
) -> Result<Option<String>, DbError> {
    let (cookie, now_us) = (SecretKind::Session.generate(), context.clock.now_us());
    let Some(sealed) = seal(&cookie, &tokens.kept) else {
        return Ok(None);
    };
    let session = BrowserSession {
        hash: SecretHash::of(&cookie).to_text(),
        person_id: claims.sub.clone(),
        tenant_id: claims.tenant.clone(),
        name,
        roles: roles(claims),
        sealed,
        ask_at_us: now_us.saturating_add(ASK_EVERY_US),
        good_until_us: now_us.saturating_add(GOOD_FOR_US),
        expires_at_us: now_us.saturating_add(LIFE_US),
        asking_until_us: 0,
    };
    let begun = context.db.write(move |conn| {
        if let Some(before) = before {
            browser_sessions::delete(conn, &SecretHash::of(&before).to_text())?;
        }
        browser_sessions::delete_expired(conn, now_us)?;
        browser_sessions::insert(conn, &session)
    });
    begun.await?;
    Ok(Some(cookie))
}

/// What somebody has come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Look,
    Act,
}

impl Purpose {
    /// The issuer is asked again if that was to be done by then.
    fn due_us(self, now_us: i64) -> i64 {
        match self {
            Self::Look => now_us,
            Self::Act => now_us.saturating_add(ASK_EVERY_US - ASK_TO_ACT_US),
        }
    }
}

/// Whose browser it is; `None` if nobody has signed in with it, or they may not any more.
pub(super) async fn viewer(
    pages: &web::Data<Pages>,
    context: &web::Data<Context>,
    (cookie, purpose): (&str, Purpose),
    now_us: i64,
) -> Result<Option<Viewer>, DbError> {
    let Some(session) = find(context, cookie, now_us).await? else {
        return Ok(None);
    };
    let session = match &pages.issuer {
        Some(_) if session.ask_at_us <= purpose.due_us(now_us) => {
            let (pages, context, cookie) = (pages.clone(), context.clone(), cookie.to_owned());
            // To its end, even if the browser goes away: the refresh token is used up by then.
            let renewing =
                actix_web::rt::spawn(
                    async move { renewed(&pages, &context, (&cookie, session), purpose).await },
                );
            renewing.await.unwrap_or(Ok(None))?
        }
        Some(_) => Some(session),
        None => None,
    };
    Ok(session
        .filter(|session| now_us < session.good_until_us)
        .map(|session| Viewer {
            roles: serde_json::from_str(&session.roles).unwrap_or_default(),
            person_id: session.person_id,
            tenant_id: session.tenant_id,
            name: session.name,
        }))
}

/// Forgets a browser; answers what the issuer is to forget.
pub(super) async fn end(context: &Context, cookie: &str) -> Result<Option<Kept>, DbError> {
    let now_us = context.clock.now_us();
    let session = find(context, cookie, now_us).await?;
    let hash = SecretHash::of(cookie).to_text();
    context
        .db
        .write(move |conn| browser_sessions::delete(conn, &hash))
        .await?;
    Ok(session.and_then(|session| open(cookie, &session.sealed)))
}

async fn find(context: &Context, cookie: &str, now_us: i64) -> Result<Option<BrowserSession>, DbError> {
    let hash = SecretHash::of(cookie).to_text();
    let read = context
        .db
        .read(move |conn| browser_sessions::find(conn, &hash, now_us));
    read.await
}

/// One of many requests at once asks; of the others, those that look go by what was said last, those that act wait for it.
async fn renewed(
    pages: &Pages,
    context: &Context,
    (cookie, session): (&str, BrowserSession),
    purpose: Purpose,
) -> Result<Option<BrowserSession>, DbError> {
    let Some(issuer) = &pages.issuer else {
        return Ok(None);
    };
    let (hash, now_us) = (session.hash.clone(), context.clock.now_us());
    let until_us = now_us.saturating_add(ASKING_US);
    let due_us = purpose.due_us(now_us);
    let claimed = context
        .db
        .write(move |conn| browser_sessions::claim(conn, &hash, due_us, (now_us, until_us)));
    if !claimed.await? {
        return match purpose {
            Purpose::Look => Ok(Some(session)),
            Purpose::Act => told_to_another(context, cookie, session).await,
        };
    }
    // Read anew, for another request may have been given another refresh token meanwhile.
    let Some(session) = find(context, cookie, now_us).await? else {
        return Ok(None);
    };
    let Some(kept) = open(cookie, &session.sealed) else {
        return Ok(None);
    };
    match issuer.refresh(kept).await {
        Ok(tokens) => keep((pages, context), (cookie, session), &tokens, now_us).await,
        Err(NoTokens::Over) => {
            let hash = session.hash;
            let forgotten = context
                .db
                .write(move |conn| browser_sessions::delete(conn, &hash));
            forgotten.await?;
            Ok(None)
        }
        Err(error) => {
            tracing::warn!(%error, "a session could not be renewed");
            let unasked = BrowserSession {
                ask_at_us: until_us,
                asking_until_us: 0,
                ..session
            };
            let kept = unasked.clone();
            context
                .db
                .write(move |conn| browser_sessions::update(conn, &kept))
                .await?;
            Ok(Some(unasked))
        }
    }
}

/// What the request is told that asks just now; what was said last, where that takes too long.
async fn told_to_another(
    context: &Context,
    cookie: &str,
    session: BrowserSession,
) -> Result<Option<BrowserSession>, DbError> {
    for _ in 0..LOOKS {
        let now_us = context.clock.now_us();
        match find(context, cookie, now_us).await? {
            Some(found) if found.asking_until_us > now_us => tokio::time::sleep(BETWEEN_LOOKS).await,
            found => return Ok(found),
        }
    }
    Ok(Some(session))
}

async fn keep(
    (pages, context): (&Pages, &Context),
    (cookie, session): (&str, BrowserSession),
    tokens: &Tokens,
    now_us: i64,
) -> Result<Option<BrowserSession>, DbError> {
    let Some(sealed) = seal(cookie, &tokens.kept) else {
        return Ok(Some(session));
    };
    let claims = pages.tokens.read_own(&tokens.access).await.ok();
    let renewed = BrowserSession {
        sealed,
        roles: claims.map_or(session.roles, |claims| roles(&claims)),
        ask_at_us: now_us.saturating_add(ASK_EVERY_US),
        good_until_us: now_us.saturating_add(GOOD_FOR_US),
        asking_until_us: 0,
        ..session
    };
    let kept = renewed.clone();
    context
        .db
        .write(move |conn| browser_sessions::update(conn, &kept))
        .await?;
    Ok(Some(renewed))
}

/// What a token says that somebody is, as JSON.
fn roles(claims: &AccessTokenClaims) -> String {
    serde_json::to_string(&claims.roles).unwrap_or_default()
}

fn seal(cookie: &str, kept: &Kept) -> Option<String> {
    sealed::seal(cookie, &serde_json::to_string(kept).ok()?)
}

fn open(cookie: &str, text: &str) -> Option<Kept> {
    serde_json::from_str(&sealed::open(cookie, text)?).ok()
}
