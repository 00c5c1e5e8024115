//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read strictly.

use std::sync::Arc;

use api_spec::token::{Scope, Scopes};

use crate::client::{Client, GrantType};
use crate::form::{Form, RESOURCE};

/// What a client asks of a person.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Arc<Client>,
    pub(crate) back: Back,
    pub(crate) scopes: Scopes,
    /// S256 of the verifier (RFC 7636 §4.2).
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    /// The thumbprint of the key that the code is to be good for alone (RFC 9449 §10).
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) prompt: Prompt,
    /// How long ago the person may have signed in.
    pub(crate) max_age_s: Option<i64>,
    /// An id token of whom the client expects to be there.
    pub(crate) id_token_hint: Option<String>,
}

/// Where the answer goes: an address that the client has registered, and what it wants to see again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Back {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
}

/// What a person is to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Whatever is needed.
    #[default]
    Needed,
    None,
    Login,
    Consent,
}

/// Why there will be no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// For the person alone: who asks, or where to answer, is in doubt (RFC 6749 §4.1.2.1).
    Here(&'static str),
    /// For the client.
    Back(Back, AuthorizationError),
}

/// Told to the client (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorizationError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("this client may not let people sign in")]
    UnauthorizedClient,
    #[error("response_type must be code")]
    UnsupportedResponseType,
    #[error("the scope is unknown or beyond what this client may ask for")]
    InvalidScope,
    #[error("the resource is not the audience of this client")]
    InvalidTarget,
    #[error("the person has refused, or has no role here")]
    AccessDenied,
    #[error("the person must sign in")]
    LoginRequired,
    #[error("the person must be asked")]
    ConsentRequired,
    #[error("request objects are not supported")]
    RequestNotSupported,
    #[error("try again later")]
    TemporarilyUnavailable,
}

impl AuthorizationError {
    /// The value of `error` on the wire.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// What stands before the id of a kept request (RFC 9126 §2.2).
pub(crate) const REQUEST_URN: &str = "urn:ietf:params:oauth:request_uri:";

/// RFC 9449 §10.
pub(super) const DPOP_JKT: &str = "dpop_jkt";

const MAX_STATE_BYTES: usize = 1024;
const MAX_NONCE_BYTES: usize = 256;
/// Of SHA-256 in base64url.
const HASH_BYTES: usize = 43;

impl AuthorizationRequest {
    /// From the parameters; `client` is whoever `client_id` names.
    pub(crate) fn read(client: Option<Arc<Client>>, mut form: Form) -> Result<Self, Refused> {
        let client = client.filter(|client| client.disabled_at_us.is_none());
        let client = client.ok_or(Refused::Here("unknown client"))?;
        let redirect_uri = form.take("redirect_uri");
        // To the letter (RFC 9700 §2.1).
        let redirect_uri = redirect_uri.filter(|uri| client.redirect_uris.contains(uri));
        let back = Back {
            redirect_uri: redirect_uri.ok_or(Refused::Here("unknown redirect_uri"))?,
            state: form.take("state"),
        };
        match Parameters::read(&client, &back, form) {
            Ok(read) => Ok(Self {
                client,
                back,
                scopes: read.scopes,
                challenge: read.challenge,
                nonce: read.nonce,
                dpop_jkt: read.dpop_jkt,
                prompt: read.prompt,
                max_age_s: read.max_age_s,
                id_token_hint: read.id_token_hint,
            }),
            Err(error) => Err(Refused::Back(back, error)),
        }
    }
}

/// Whatever is told to the client if it is wrong.
struct Parameters {
    scopes: Scopes,
    challenge: String,
    nonce: Option<String>,
    dpop_jkt: Option<String>,
    prompt: Prompt,
    max_age_s: Option<i64>,
    id_token_hint: Option<String>,
}

impl Parameters {
    fn read(client: &Client, back: &Back, mut form: Form) -> Result<Self, AuthorizationError> {
        use AuthorizationError as Error;
        if form.take("request").is_some() {
            return Err(Error::RequestNotSupported);
        }
        if form.take("response_type").as_deref() != Some("code") {
            return Err(Error::UnsupportedResponseType);
        }
        if !client.grant_types.contains(&GrantType::AuthorizationCode) {
            return Err(Error::UnauthorizedClient);
        }
        if form.take("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Error::InvalidRequest("response_mode must be query"));
        }
        if back
            .state
            .as_ref()
            .is_some_and(|state| state.len() > MAX_STATE_BYTES)
        {
            return Err(Error::InvalidRequest("state is longer than 1024 bytes"));
        }
        if form
            .take_all(RESOURCE)
            .iter()
            .any(|resource| *resource != client.audience)
        {
            return Err(Error::InvalidTarget);
        }
        let nonce = form.take("nonce");
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_NONCE_BYTES) {
            return Err(Error::InvalidRequest("nonce is longer than 256 bytes"));
        }
        Ok(Self {
            scopes: scopes(client, form.take("scope").as_deref())?,
            challenge: challenge(
                form.take("code_challenge"),
                form.take("code_challenge_method").as_deref(),
            )?,
            nonce,
            dpop_jkt: dpop_jkt(form.take(DPOP_JKT))?,
            prompt: prompt(form.take("prompt").as_deref())?,
            max_age_s: max_age_s(form.take("max_age").as_deref())?,
            id_token_hint: form.take("id_token_hint"),
        })
    }
}

/// Scopes that nobody knows are left out (OpenID Connect Core §3.1.2.1), those beyond the client's refused.
fn scopes(client: &Client, asked: Option<&str>) -> Result<Scopes, AuthorizationError> {
    let asked = Scopes::known_in(asked.unwrap_or_default());
    // A refresh token is for whoever may come back with it.
    let may_come_back = client.grant_types.contains(&GrantType::RefreshToken);
    let is_allowed = |scope: Scope| match scope {
        Scope::OpenId | Scope::Profile | Scope::Email => true,
        Scope::OfflineAccess => may_come_back,
        // Programs alone, in their own name.
        Scope::TenantsRead | Scope::TenantsWrite | Scope::CertificatesIssue => false,
        Scope::SitesRead
        | Scope::SitesWrite
        | Scope::OutletsRead
        | Scope::OutletsWrite
        | Scope::SessionsRead
        | Scope::SessionsWrite
        | Scope::EventsRead
        | Scope::WebhooksRead
        | Scope::WebhooksWrite
        | Scope::AuditRead => client.scopes.contains(scope),
    };
    if asked.is_empty() || !asked.iter().all(is_allowed) {
        return Err(AuthorizationError::InvalidScope);
    }
    Ok(asked)
}

/// RFC 7636, S256 alone, of every client (RFC 9700 §2.1.1).
fn challenge(challenge: Option<String>, method: Option<&str>) -> Result<String, AuthorizationError> {
    if method != Some("S256") {
        return Err(AuthorizationError::InvalidRequest(
            "code_challenge_method must be S256",
        ));
    }
    challenge
        .filter(|text| is_hash(text))
        .ok_or(AuthorizationError::InvalidRequest(
            "code_challenge must be 43 characters of base64url",
        ))
}

fn dpop_jkt(thumbprint: Option<String>) -> Result<Option<String>, AuthorizationError> {
    if thumbprint.as_ref().is_some_and(|text| !is_hash(text)) {
        return Err(AuthorizationError::InvalidRequest(
            "dpop_jkt must be 43 characters of base64url",
        ));
    }
    Ok(thumbprint)
}

fn is_hash(text: &str) -> bool {
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    text.len() == HASH_BYTES && text.bytes().all(is_base64url)
}

fn prompt(prompt: Option<&str>) -> Result<Prompt, AuthorizationError> {
    let Some(text) = prompt else {
        return Ok(Prompt::Needed);
    };
    let has = |name: &str| text.split(' ').any(|part| part == name);
    if text == "none" {
        return Ok(Prompt::None);
    }
    if has("none") {
        return Err(AuthorizationError::InvalidRequest(
            "prompt none goes with nothing else",
        ));
    }
    // Who signs in anew is asked anew as well, where anything is to be asked.
    Ok(match (has("login") || has("select_account"), has("consent")) {
        (true, _) => Prompt::Login,
        (false, true) => Prompt::Consent,
        (false, false) => Prompt::Needed,
    })
}

fn max_age_s(text: Option<&str>) -> Result<Option<i64>, AuthorizationError> {
    let parse = |text: &str| text.parse().ok().filter(|seconds: &i64| *seconds >= 0);
    match text.map(parse) {
        None => Ok(None),
        Some(Some(seconds)) => Ok(Some(seconds)),
        Some(None) => Err(AuthorizationError::InvalidRequest(
            "max_age must be a number of seconds",
        )),
    }
}
