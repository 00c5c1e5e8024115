//! From an authorization request to a code: is the person there, may they, do they want to.

use api_spec::token::{Scope, Scopes};
use foundation::secrets::{SecretHash, SecretKind};
use foundation::{Conn, DbError};

use super::Grants;
use super::authorization_request::{AuthorizationError, AuthorizationRequest, Back, Prompt, Refused};
use crate::audit::{self, Actor, Entry, Event};
use crate::people::rights;
use crate::store::login_sessions::LoginSession;
use crate::store::token_families::{self, AuthorizationCode, TokenFamily};
use crate::store::{authorization_requests, consents, people};

const SECOND_US: i64 = 1_000_000;
/// RFC 9700 §4.5: short.
const CODE_LIFE_US: i64 = 60 * SECOND_US;
/// How long a person need not sign in again where a client may come back with a refresh token.
const FAMILY_LIFE_US: i64 = 30 * 86_400 * SECOND_US;
/// Where it may not: longer than an access token is good.
const SHORT_FAMILY_LIFE_US: i64 = 3600 * SECOND_US;

/// What happens next.
#[derive(Debug)]
pub(crate) enum Decision {
    SignIn,
    /// The person is asked whether the client may act for them.
    Ask,
    /// The person goes back with a code.
    Code(Back, String),
}

/// A request that waits for its answer, if it does: its row is taken with the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) kept: Option<SecretHash>,
    pub(crate) at_us: i64,
}

impl Grants {
    /// What is to be done about a request of somebody who has signed in, or not.
    pub(crate) async fn authorize(
        &self,
        request: &AuthorizationRequest,
        asked: Asked,
        session: Option<LoginSession>,
    ) -> Result<Decision, Refused> {
        let refused = |error| Err(Refused::Back(request.back.clone(), error));
        let Some(visit) = self.fresh(request, asked, session) else {
            return match request.prompt {
                Prompt::None => refused(AuthorizationError::LoginRequired),
                Prompt::Needed | Prompt::Login | Prompt::Consent => Ok(Decision::SignIn),
            };
        };
        let code = SecretKind::AuthorizationCode.generate();
        let shown = code.clone();
        match self.db.write(move |conn| visit.decide(conn, &shown)).await {
            Ok(Ok(Next::Ask)) => Ok(Decision::Ask),
            Ok(Ok(Next::Issued)) => Ok(Decision::Code(request.back.clone(), code)),
            Ok(Err(error)) => refused(error),
            Err(error) => {
                tracing::error!(%error, "an authorization request could not be answered");
                refused(AuthorizationError::TemporarilyUnavailable)
            }
        }
    }

    /// What the person is to be asked, if anything; nothing is given by that.
    pub(crate) async fn question(
        &self,
        request: &AuthorizationRequest,
        asked: Asked,
        session: LoginSession,
    ) -> Result<Option<Scopes>, DbError> {
        let Some(visit) = self.fresh(request, asked, Some(session)) else {
            return Ok(None);
        };
        Ok(match self.db.read(move |conn| visit.check(conn)).await? {
            Ok(Checked::Ask(scopes)) => Some(scopes),
            Ok(Checked::May(_)) | Err(_) => None,
        })
    }

    /// A request of a person who has signed in lately enough for it.
    fn fresh(
        &self,
        request: &AuthorizationRequest,
        asked: Asked,
        session: Option<LoginSession>,
    ) -> Option<Presence> {
        let presence = Presence {
            request: request.clone(),
            asked,
            session: session.filter(|session| self.is_expected(request, session))?,
            now_us: self.clock.now_us(),
        };
        Some(presence).filter(Presence::is_fresh)
    }
}

impl Grants {
    /// Without a word to the person, nobody but whom the client expects is taken for them (OpenID Connect Core §3.1.2.1).
    fn is_expected(&self, request: &AuthorizationRequest, session: &LoginSession) -> bool {
        let hint = request.id_token_hint.as_deref();
        match hint.filter(|_| request.prompt == Prompt::None) {
            None => true,
            Some(hint) => self
                .read_id_token(hint)
                .is_some_and(|shown| shown.person_id == session.person_id),
        }
    }
}

enum Next {
    Ask,
    Issued,
}

enum Checked {
    May(Scopes),
    Ask(Scopes),
}

/// A person in front of a request.
struct Presence {
    request: AuthorizationRequest,
    asked: Asked,
    session: LoginSession,
    now_us: i64,
}

impl Presence {
    fn is_fresh(&self) -> bool {
        let (request, signed_in_us) = (&self.request, self.session.authenticated_at_us);
        let age_us = self.now_us.saturating_sub(signed_in_us);
        let is_too_old = |max_age_s: i64| age_us > max_age_s.saturating_mul(SECOND_US);
        // max_age=0 is prompt=login by another name: good if it was after the question.
        let was_after = signed_in_us >= self.asked.at_us;
        was_after || (request.prompt != Prompt::Login && !request.max_age_s.is_some_and(is_too_old))
    }

    /// Issues `code` if nothing speaks against it.
    fn decide(&self, conn: &mut Conn, code: &str) -> Result<Result<Next, AuthorizationError>, DbError> {
        let scopes = match self.check(conn)? {
            Ok(Checked::May(scopes)) => scopes,
            Ok(Checked::Ask(_)) => return Ok(Ok(Next::Ask)),
            Err(error) => return Ok(Err(error)),
        };
        if let Some(kept) = self.asked.kept
            && !authorization_requests::take(conn, kept)?
        {
            return Ok(Err(AuthorizationError::InvalidRequest(
                "the request was answered before",
            )));
        }
        self.issue(conn, scopes, code)?;
        Ok(Ok(Next::Issued))
    }

    /// Whether the person may, and wants to.
    fn check(&self, conn: &mut Conn) -> Result<Result<Checked, AuthorizationError>, DbError> {
        let (client, person_id) = (&self.request.client, &self.session.person_id);
        let roles = people::roles(conn, person_id)?;
        let Some(rights) = rights(&roles, &client.tenant_id) else {
            return Ok(Err(AuthorizationError::AccessDenied));
        };
        let scopes = rights.within(&self.request.scopes);
        if client.is_ours {
            return Ok(Ok(Checked::May(scopes)));
        }
        let consent = consents::find(conn, person_id, &client.id)?;
        let is_anew = self.request.prompt != Prompt::Consent || consent.at_us >= self.asked.at_us;
        if scopes.is_within(&consent.scopes) && is_anew {
            return Ok(Ok(Checked::May(scopes)));
        }
        Ok(match self.request.prompt {
            Prompt::None => Err(AuthorizationError::ConsentRequired),
            Prompt::Needed | Prompt::Login | Prompt::Consent => Ok(Checked::Ask(scopes)),
        })
    }

    fn issue(&self, conn: &mut Conn, scopes: Scopes, code: &str) -> Result<(), DbError> {
        let (request, session, now_us) = (&self.request, &self.session, self.now_us);
        let life_us = if scopes.contains(Scope::OfflineAccess) {
            FAMILY_LIFE_US
        } else {
            SHORT_FAMILY_LIFE_US
        };
        let family = TokenFamily {
            id: foundation::ids::id("fam"),
            client_id: request.client.id.clone(),
            person_id: session.person_id.clone(),
            session_id: session.id.clone(),
            scopes,
            auth_time_us: session.authenticated_at_us,
            created_at_us: now_us,
            expires_at_us: now_us.saturating_add(life_us),
            revoked_at_us: None,
        };
        token_families::insert(conn, &family)?;
        let bound = AuthorizationCode {
            family_id: family.id,
            redirect_uri: request.back.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            dpop_jkt: request.dpop_jkt.clone(),
            expires_at_us: now_us.saturating_add(CODE_LIFE_US),
            used_at_us: None,
        };
        token_families::insert_code(conn, SecretHash::of(code), &bound)?;
        let actor = Actor::Person(session.person_id.clone());
        let entry = Entry::success(Event::ClientAuthorized, actor).client(&request.client.id);
        audit::append(conn, &entry, now_us)
    }
}
