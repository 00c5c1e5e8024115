//! Who calls, and whether he may: the token, its scope, and how often.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, IF_MATCH};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, Route, web};
use api_spec::rest::{AuditActor, AuditActorKind};
use api_spec::token::{AccessTokenClaims, Scope};
use foundation::dpop;

use super::answers::RequestId;
use super::json::escapes_control;
use super::problems::{ApiError, Kind, nothing_here};
use super::rate_limit::{Policy, RateLimit};
use super::reach;
use super::tokens::{Scheme, ShownToken, Tokens};
use crate::audit::Asked;
use crate::config::Config;

/// The bearer of a good access token.
#[derive(Clone, Debug)]
pub(super) struct Caller(Arc<AccessTokenClaims>);

impl Caller {
    pub(super) fn tenant_id(&self) -> String {
        self.0.tenant.clone()
    }

    pub(super) fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// Who asks: a client, or a person by one.
    pub(super) fn subject(&self) -> &str {
        &self.0.sub
    }

    /// When the token ends, in seconds since 1970.
    pub(super) fn expires_at_s(&self) -> i64 {
        self.0.exp
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        std::future::ready(caller.ok_or_else(ApiError::missing_token))
    }
}

/// What a route asks of whoever calls.
#[derive(Clone, Copy, Debug)]
struct Door {
    /// `None`: any good token will do.
    scope: Option<Scope>,
    /// As what the request is counted.
    policy: Option<Policy>,
}

/// A route for bearers of `scope` alone.
pub(super) fn scoped(scope: Scope, route: Route) -> Route {
    guarded(Some(scope), None, route)
}

/// The same for what acts: only so often per client.
pub(super) fn acting(scope: Scope, route: Route) -> Route {
    guarded(Some(scope), Some(Policy::Acting), route)
}

/// The same for what could be guessed.
pub(super) fn scanning(scope: Scope, route: Route) -> Route {
    guarded(Some(scope), Some(Policy::Scanning), route)
}

/// A route for bearers of any scope.
pub(super) fn known(route: Route) -> Route {
    guarded(None, None, route)
}

fn guarded(scope: Option<Scope>, policy: Option<Policy>, route: Route) -> Route {
    let door = Door { scope, policy };
    route.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
        guard(door, request, next)
    }))
}

async fn guard(
    door: Door,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match pass(door, &request).await {
        Ok(caller) if changes(request.method()) => {
            let asked = asked(door, &caller, request.request());
            asked.during(next.call(request)).await
        }
        Ok(_) => next.call(request).await,
        // Not as an `Err`, which would lose what the request has used of its quota.
        Err(error) => Ok(request.error_response(error)),
    }
}

/// Whether a request of this method may change something.
pub(super) fn changes(method: &Method) -> bool {
    ![Method::GET, Method::HEAD].contains(method)
}

/// For the audit log: what is changed is named by the path as far as its first id.
fn asked(door: Door, caller: &Caller, request: &HttpRequest) -> Asked {
    let claims = &caller.0;
    let of_client = claims.sub == claims.client_id;
    let pattern = request.match_pattern().unwrap_or_default();
    let mut resource = String::new();
    for part in pattern.split('/').skip(1) {
        let name = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let id = name.map(|name| request.match_info().get(name).unwrap_or_default());
        resource = format!("{resource}/{}", id.unwrap_or(part));
        if id.is_some() {
            break;
        }
    }
    Asked {
        tenant_id: claims.tenant.clone(),
        actor: AuditActor {
            kind: if of_client {
                AuditActorKind::Client
            } else {
                AuditActorKind::Person
            },
            id: claims.sub.clone(),
            client_id: claims.client_id.clone(),
        },
        scope: door.scope.map(Scope::name),
        action: format!("{} {pattern}", request.method()),
        resource,
        request_id: request_id(request),
    }
}

/// The name of a request.
pub(crate) fn request_id(request: &HttpRequest) -> String {
    let named = request.extensions().get::<RequestId>().cloned();
    named.map(|id| id.0).unwrap_or_default()
}

async fn pass(door: Door, request: &ServiceRequest) -> Result<Caller, ApiError> {
    if escapes_control(request.path()) || escapes_control(request.uri().path()) {
        return Err(nothing_here());
    }
    if escapes_control(request.query_string()) {
        let detail = "control characters cannot be used";
        return Err(ApiError::new(Kind::InvalidQuery, detail));
    }
    let tokens = request.app_data::<web::Data<Tokens>>().cloned();
    let tokens = tokens.ok_or_else(|| ApiError::new(Kind::Internal, "no token verifier"))?;
    let admitted = admit(&tokens, request.request(), door.scope).await;
    let claims = admitted.map_err(|error| error.with_resource_metadata(&tokens.metadata_url))?;
    if let Some(limit) = request.app_data::<web::Data<RateLimit>>() {
        limit.spend(request.request(), Policy::Tenant, &claims.tenant)?;
        if let Some(policy) = door.policy {
            limit.spend(request.request(), policy, &claims.sub)?;
        }
    }
    reach::check(request.request(), &claims).await?;
    let edits = [Method::PATCH, Method::DELETE].contains(request.method());
    if edits && !request.headers().contains_key(IF_MATCH) {
        return Err(ApiError::if_match_missing());
    }
    let caller = Caller(claims);
    request.extensions_mut().insert(caller.clone());
    Ok(caller)
}

/// A good token of this scope; refusals name the scheme that it was shown by.
async fn admit(
    tokens: &Tokens,
    request: &HttpRequest,
    scope: Option<Scope>,
) -> Result<Arc<AccessTokenClaims>, ApiError> {
    let shown = shown(request)?;
    let admitted = match tokens.admit(request, &shown).await {
        Ok(claims) => match scope.filter(|scope| !claims.scope.contains(*scope)) {
            None => Ok(claims),
            Some(lacking) => Err(ApiError::insufficient_scope(lacking)),
        },
        Err(error) => Err(error),
    };
    match shown.scheme {
        Scheme::Bearer => admitted,
        Scheme::DPoP => admitted.map_err(ApiError::with_proof),
    }
}

/// The credentials of RFC 6750 §2.1 and RFC 9449 §7.1; a token anywhere else is none.
fn shown(request: &HttpRequest) -> Result<ShownToken<'_>, ApiError> {
    let header = request.headers().get(AUTHORIZATION);
    let text = header
        .ok_or_else(ApiError::missing_token)?
        .to_str()
        .unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let scheme = match scheme {
        name if name.eq_ignore_ascii_case("bearer") => Scheme::Bearer,
        name if name.eq_ignore_ascii_case(dpop::SCHEME) => Scheme::DPoP,
        _ => return Err(ApiError::missing_token()),
    };
    let token = token.trim();
    Ok(ShownToken { scheme, token })
}

/// Counts a look at the page behind a label for the address that it comes from; an IPv6 network counts as one.
pub(crate) fn count_scan(request: &HttpRequest, config: &Config, limit: &RateLimit) -> Result<(), ApiError> {
    let told = match config.listen.behind_proxy {
        true => request.connection_info().realip_remote_addr().map(str::to_owned),
        false => None,
    };
    let address = told
        .and_then(|text| text.parse::<IpAddr>().ok())
        .or_else(|| Some(request.peer_addr()?.ip()));
    let key = match address {
        Some(IpAddr::V4(address)) => format!("address {address}"),
        Some(IpAddr::V6(address)) => format!("network {:x?}", address.segments().get(..4)),
        None => "address".to_owned(),
    };
    limit.spend(request, Policy::Scanning, &key)
}

/// Whether whoever connects does so from this machine: no proxy says otherwise, and no foreign page's name led here.
pub(crate) fn client_is_loopback(request: &HttpRequest) -> bool {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        return false;
    }
    let forwarded = ["forwarded", "x-forwarded-for"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    !forwarded && request.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
}
