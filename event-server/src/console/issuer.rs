//! The auth-server, as its client sees it: a person comes back with a code (RFC 6749 §4.1, RFC 7636), and stays by refreshing.

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::url::ParseError;
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    RevocationUrl, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};

use crate::config::SecretClient;
use crate::oauth2_http::{NotSent, send};

/// Where people come back to.
pub(super) const CALLBACK: &str = "/signed-in";
/// Who somebody is, and that they stay signed in.
const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// What else is in an answer with tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct IdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdToken {}

type Answer = StandardTokenResponse<IdToken, BasicTokenType>;
type IssuersClient = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointSet,
>;

pub(super) struct Issuer {
    client: IssuersClient,
    http: reqwest::Client,
    pub(super) url: String,
}

/// A sign-in that is under way; the browser keeps it in a cookie.
#[derive(Serialize, Deserialize)]
pub(super) struct Going {
    pub(super) state: String,
    pub(super) verifier: String,
    /// The path to go on to.
    pub(super) then: String,
}

/// What came of a code or a refresh token. No `Debug`: it holds tokens.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) kept: Kept,
}

/// What a session keeps, sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) refresh: String,
    pub(super) id: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NoTokens {
    /// What the person has allowed is over.
    #[error("the issuer gives no tokens for this any more")]
    Over,
    #[error("the issuer could not be asked: {0}")]
    Unavailable(String),
}

#[derive(Deserialize)]
struct UserInfo {
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

/// What the issuer says of a person; empty where it cannot be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) name: String,
    /// Where mail has reached them.
    pub(super) email: Option<String>,
}

impl Issuer {
    /// `public_url`: how people's browsers know this server.
    pub(super) fn new(
        issuer: &str,
        public_url: &str,
        sign_in: (&SecretClient, String),
        http: reqwest::Client,
    ) -> Result<Self, ParseError> {
        let (table, secret) = sign_in;
        let client = Client::new(ClientId::new(table.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_uri(AuthUrl::new(format!("{issuer}/oauth2/authorize"))?)
            .set_token_uri(TokenUrl::new(format!("{issuer}/oauth2/token"))?)
            .set_revocation_url(RevocationUrl::new(format!("{issuer}/oauth2/revoke"))?)
            .set_redirect_uri(RedirectUrl::new(format!("{public_url}{CALLBACK}"))?);
        Ok(Self {
            client,
            http,
            url: issuer.to_owned(),
        })
    }

    /// Where to send a browser, and what it must bring back.
    pub(super) fn begin(&self, then: String, language: &str) -> (String, Going) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = self
            .client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .add_extra_param("ui_locales", language)
            .url();
        let going = Going {
            state: state.into_secret(),
            verifier: verifier.into_secret(),
            then,
        };
        (url.into(), going)
    }

    pub(super) async fn redeem(&self, code: String, going: &Going) -> Result<Tokens, NoTokens> {
        let http = self.http.clone();
        let request = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(going.verifier.clone()));
        let sent = move |request| send(http.clone(), request);
        tokens(request.request_async(&sent).await, None)
    }

    pub(super) async fn refresh(&self, kept: Kept) -> Result<Tokens, NoTokens> {
        let http = self.http.clone();
        let token = RefreshToken::new(kept.refresh.clone());
        let request = self.client.exchange_refresh_token(&token);
        let sent = move |request| send(http.clone(), request);
        tokens(request.request_async(&sent).await, Some(kept))
    }

    pub(super) async fn about(&self, access: &str) -> About {
        let url = format!("{}/oauth2/userinfo", self.url);
        let asked = self.http.get(url).bearer_auth(access).send().await;
        let Ok(Ok(answer)) = asked.map(reqwest::Response::error_for_status) else {
            return About::default();
        };
        let Ok(info) = answer.json::<UserInfo>().await else {
            return About::default();
        };
        About {
            name: info.name.unwrap_or_default(),
            email: info.email.filter(|_| info.email_verified),
        }
    }

    /// Ends what the person has allowed; nothing follows from a failure, for the session here has ended already.
    pub(super) async fn revoke(&self, kept: &Kept) {
        let token = StandardRevocableToken::RefreshToken(RefreshToken::new(kept.refresh.clone()));
        let http = self.http.clone();
        let sent = move |request| send(http.clone(), request);
        let Ok(request) = self.client.revoke_token(token) else {
            return;
        };
        if let Err(error) = request.request_async(&sent).await {
            tracing::info!(%error, "a session's refresh token was not revoked");
        }
    }

    /// Where a browser signs out of the auth-server as well (OpenID Connect RP-Initiated Logout 1.0 §2).
    pub(super) fn sign_out_url(&self, kept: &Kept, back: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", &kept.id)
            .append_pair("post_logout_redirect_uri", back)
            .finish();
        format!("{}/oauth2/logout?{query}", self.url)
    }
}

fn tokens(
    answer: Result<Answer, RequestTokenError<NotSent, BasicErrorResponse>>,
    before: Option<Kept>,
) -> Result<Tokens, NoTokens> {
    let answer = answer.map_err(|error| match &error {
        RequestTokenError::ServerResponse(said) if *said.error() == BasicErrorResponseType::InvalidGrant => {
            NoTokens::Over
        }
        RequestTokenError::ServerResponse(_)
        | RequestTokenError::Request(_)
        | RequestTokenError::Parse(..)
        | RequestTokenError::Other(_) => NoTokens::Unavailable(error.to_string()),
    })?;
    let told_id = answer.extra_fields().id_token.clone();
    let id = told_id.or_else(|| Some(before.as_ref()?.id.clone()));
    let told = answer.refresh_token().map(|token| token.secret().clone());
    let refresh = told.or_else(|| Some(before?.refresh));
    let missing = || NoTokens::Unavailable("a refresh token or an id token is missing".to_owned());
    Ok(Tokens {
        access: answer.access_token().secret().clone(),
        kept: Kept {
            refresh: refresh.ok_or_else(missing)?,
            id: id.ok_or_else(missing)?,
        },
    })
}
