//! Access tokens (RFC 9068), verified here with the issuer's public keys: no question to the auth-server per request.

mod holder;
mod key_set;
mod used_proofs;
mod verified;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use api_spec::token::{ACCESS_TOKEN_TYPE, AccessTokenClaims, Confirmation, RoleClaim, Scopes};
use foundation::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use super::problems::ApiError;
use super::resource_metadata::RESOURCE_METADATA;
use crate::config::Config;
use holder::Holders;
use key_set::{Asked, KeySet};
use verified::Verified;

pub(super) use holder::{Scheme, ShownToken};

const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// Clocks differ a little.
const LEEWAY_S: i64 = 5;

/// Verifies access tokens; one per server.
pub(crate) struct Tokens {
    issuer: String,
    audience: String,
    /// The URL that others know this server by.
    pub(super) public_url: String,
    /// Where it is told whose tokens are taken here (RFC 9728).
    pub(super) metadata_url: String,
    keys: KeySet,
    verified: Verified,
    holders: Holders,
    clock: Clock,
}

/// The claims as an issuer writes them, which may be newer than we are.
#[derive(serde::Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    iat: i64,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    jti: String,
    scope: String,
    tenant: String,
    #[serde(default)]
    sites: Option<Vec<String>>,
    #[serde(default)]
    roles: Vec<RoleClaim>,
    #[serde(default)]
    cnf: Option<Confirmation>,
}

impl From<Claims> for AccessTokenClaims {
    fn from(claims: Claims) -> Self {
        Self {
            iss: claims.iss,
            sub: claims.sub,
            aud: claims.aud,
            client_id: claims.client_id,
            iat: claims.iat,
            exp: claims.exp,
            jti: claims.jti,
            scope: Scopes::known_in(&claims.scope),
            tenant: claims.tenant,
            sid: None,
            sites: claims.sites,
            roles: claims.roles,
            cnf: claims.cnf,
        }
    }
}

impl Tokens {
    /// `http` asks the issuer.
    pub(crate) fn new(config: &Config, address: SocketAddr, http: reqwest::Client, clock: Clock) -> Self {
        let public_url = config.public_url_at(address);
        Self {
            metadata_url: format!("{public_url}{RESOURCE_METADATA}"),
            issuer: config.auth.issuer.clone(),
            audience: config.auth.audience.clone(),
            keys: KeySet::new(config.jwks_url(), http, clock.clone()),
            holders: Holders::new(public_url.clone(), clock.clone()),
            public_url,
            verified: Verified::default(),
            clock,
        }
    }

    /// Whether the issuer's keys are here.
    pub(crate) fn ready(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Fetches the issuer's keys again; tokens of keys that are gone are forgotten.
    pub(crate) async fn refresh(&self) {
        let _outcome = self.ask_issuer().await;
    }

    async fn ask_issuer(&self) -> Asked {
        let (asked, gone) = self.keys.refresh().await;
        if gone {
            self.verified.clear();
        }
        asked
    }

    /// The claims of a good token that is shown by whom it is for.
    pub(super) async fn admit(
        &self,
        request: &HttpRequest,
        shown: &ShownToken<'_>,
    ) -> Result<Arc<AccessTokenClaims>, ApiError> {
        let claims = self.verify(shown.token).await?;
        self.holders.check(request, shown, &claims)?;
        Ok(claims)
    }

    /// The claims of a token that the pages have got for a person.
    pub(crate) async fn read_own(&self, token: &str) -> Result<Arc<AccessTokenClaims>, ApiError> {
        self.verify(token).await
    }

    async fn verify(&self, token: &str) -> Result<Arc<AccessTokenClaims>, ApiError> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return Err(ApiError::invalid_token("the token is too long or empty"));
        }
        let hash = foundation::secrets::sha256(token.as_bytes());
        let now_s = self.clock.now_us().div_euclid(1_000_000);
        if let Some(claims) = self.verified.find(&hash) {
            self.check_times(&claims, now_s)?;
            return Ok(claims);
        }
        let key = self.key_for(token).await?;
        let claims = Arc::new(self.decode(token, &key, now_s)?);
        self.verified.keep(hash, claims.clone(), now_s);
        Ok(claims)
    }

    async fn key_for(&self, token: &str) -> Result<Arc<DecodingKey>, ApiError> {
        let malformed = |_| ApiError::invalid_token("the token is not a signed JWT");
        let header = decode_header(token).map_err(malformed)?;
        if header.alg != Algorithm::ES256 {
            return Err(ApiError::invalid_token("alg: expected ES256"));
        }
        let media_type = header.typ.unwrap_or_default().to_ascii_lowercase();
        if media_type.strip_prefix("application/").unwrap_or(&media_type) != ACCESS_TOKEN_TYPE {
            return Err(ApiError::invalid_token("typ: expected at+jwt"));
        }
        // RFC 7515 §4.1.11: what must be understood and is not makes the token invalid.
        if header.crit.is_some() {
            return Err(ApiError::invalid_token("crit is not supported"));
        }
        let kid = header
            .kid
            .ok_or_else(|| ApiError::invalid_token("kid is missing"))?;
        if let Some(key) = self.keys.find(&kid) {
            return Ok(key);
        }
        let asked = self.ask_issuer().await;
        if let Some(key) = self.keys.find(&kid) {
            return Ok(key);
        }
        Err(match asked {
            Asked::Answered => ApiError::invalid_token("the signing key is unknown"),
            // It may be a new one: a new token would be no better.
            Asked::Failed => ApiError::unavailable("the issuer's keys cannot be fetched now"),
            Asked::Cools { for_ms } => ApiError::unavailable_for(
                "the signing key is unknown, and the issuer was asked for its keys too often",
                for_ms.div_ceil(1000),
            ),
        })
    }

    fn decode(&self, token: &str, key: &DecodingKey, now_s: i64) -> Result<AccessTokenClaims, ApiError> {
        let mut validation = Validation::new(Algorithm::ES256);
        // Checked below, by the clock that the server was given.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        validation.validate_aud = false;
        let decoded = decode::<Claims>(token, key, &validation);
        let claims = decoded
            .map_err(|_| ApiError::invalid_token("the signature or a claim is wrong"))?
            .claims;
        if claims.iss != self.issuer {
            return Err(ApiError::invalid_token(&format!("iss: expected {}", self.issuer)));
        }
        if claims.aud != self.audience {
            return Err(ApiError::invalid_token("aud: meant for another server"));
        }
        if claims.tenant.is_empty() || claims.client_id.is_empty() {
            return Err(ApiError::invalid_token("tenant or client_id is empty"));
        }
        let latest_s = now_s.saturating_add(LEEWAY_S);
        if claims.nbf.is_some_and(|nbf| nbf > latest_s) {
            return Err(ApiError::invalid_token("nbf: not good yet"));
        }
        let claims = AccessTokenClaims::from(claims);
        self.check_times(&claims, now_s)?;
        Ok(claims)
    }

    /// Each time anew, as the clock may also be set back.
    fn check_times(&self, claims: &AccessTokenClaims, now_s: i64) -> Result<(), ApiError> {
        if claims.iat > now_s.saturating_add(LEEWAY_S) {
            return Err(ApiError::invalid_token("iat: issued in the future"));
        }
        if now_s < claims.exp.saturating_add(LEEWAY_S) {
            return Ok(());
        }
        Err(ApiError::invalid_token("the token has expired"))
    }
}
