//! `/ca/…`: the authority that controllers' certificates are of.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use api_spec::token::Scope;
use foundation::secrets::SecretHash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bearer::shown_token;
use super::errors::uncached;
use super::form_request::read_bounded;
use super::mutual::shown;
use super::problems::Problem;
use super::source::source;
use super::{Document, Server, postable, readable};
use crate::audit::{Actor, Entry, Event};
use crate::ca::CertificateRequest;
use crate::login::Attempts;
use crate::operations::issue_certificate::{self, IssuedCertificate};
use crate::operations::{create_authority, list_certificates, renew_certificate};
use crate::store::enrolments::Enrolment;

const CERTIFICATES: &str = "/ca/certificates";
/// As often as event-servers ask.
const REVOKED_MAX_AGE_S: u32 = 5;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(postable("/ca/enrolments", enrol))
        .service(postable(CERTIFICATES, request))
        .service(postable("/ca/renewals", renew))
        .service(readable("/ca/revoked", revoked))
        .service(readable("/ca/root.pem", root));
}

/// No `Debug`: it holds a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrolRequest {
    code: String,
    csr: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StationRequest {
    station_id: String,
    site_id: String,
    csr: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewRequest {
    csr: String,
}

/// An attempt is taken before the code is looked at; a request that cannot be signed does not use the code up.
async fn enrol(server: web::Data<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    answer(&server, &request, Event::CertificateIssued, async {
        let asked: EnrolRequest = json(&request, payload).await?;
        let (db, now_us) = (&server.db, server.grants.clock.now_us());
        let attempts = Attempts { db: db.clone() };
        let attempt = attempts.take_code(source(&request, server.behind_proxy), now_us);
        attempt.await?.map_err(Problem::TooMany)?;
        let csr = CertificateRequest::read(&asked.csr)?;
        let code = SecretHash::of(&asked.code);
        Ok(issue_certificate::by_code(db, &server.certificates, code, csr, now_us).await?)
    })
    .await
}

/// By the event-server, for a station that has asked it.
async fn request(server: web::Data<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    answer(&server, &request, Event::CertificateRenewed, async {
        let token = shown_token(&request, CERTIFICATES)?.ok_or(Problem::NoToken)?;
        let grants = &server.grants;
        let claims = grants.bearer(&token).await?;
        // A token for another API is none for this one (RFC 9068 §4).
        if claims.aud != grants.issuer {
            return Err(Problem::InvalidToken);
        }
        if !claims.scope.contains(Scope::CertificatesIssue) {
            return Err(Problem::InsufficientScope);
        }
        let asked: StationRequest = json(&request, payload).await?;
        let csr = CertificateRequest::read(&asked.csr)?;
        let to = Enrolment {
            station_id: asked.station_id,
            site_id: asked.site_id,
            tenant_id: claims.tenant.clone(),
        };
        let by = (claims.client_id.clone(), grants.clock.now_us());
        Ok(renew_certificate::by_client(&server.db, &server.certificates, to, csr, by).await?)
    })
    .await
}

/// By the station itself, with the certificate that it has.
async fn renew(server: web::Data<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    answer(&server, &request, Event::CertificateRenewed, async {
        let certificate = shown(&request).ok_or(Problem::NoCertificate)?;
        let asked: RenewRequest = json(&request, payload).await?;
        let csr = CertificateRequest::read(&asked.csr)?;
        let (policy, now_us) = (&server.certificates, server.grants.clock.now_us());
        Ok(renew_certificate::by_certificate(&server.db, policy, certificate, csr, now_us).await?)
    })
    .await
}

#[derive(Serialize)]
struct Revoked {
    revoked: Vec<String>,
}

/// Serial numbers are no secret.
async fn revoked(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let revoked = match list_certificates::revoked(&server.db, server.grants.clock.now_us()).await {
        Ok(revoked) => revoked,
        Err(error) => return Problem::from(error).respond(),
    };
    match Document::new(&Revoked { revoked }) {
        Ok(document) => document.answer_for(&request, REVOKED_MAX_AGE_S),
        Err(error) => {
            tracing::error!(%error, "the revoked certificates cannot be written");
            Problem::Unavailable.respond()
        }
    }
}

async fn root(server: web::Data<Server>) -> HttpResponse {
    match create_authority::find(&server.db).await {
        Ok(authority) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
            .content_type("application/pem-certificate-chain")
            .body(authority.root),
        Err(error) => Problem::from(error).respond(),
    }
}

async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: web::Payload) -> Result<T, Problem> {
    let body = read_bounded(payload).await;
    let body = body.map_err(|(status, problem)| Problem::Http(status, problem))?;
    if !request
        .content_type()
        .trim()
        .eq_ignore_ascii_case("application/json")
    {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::Http(status, "the body must be application/json"));
    }
    // The library's own words may repeat a value, which may be a code.
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::MalformedJson(format!(
            "a member is wrong, unknown or missing: line {line}, column {column}"
        ))
    })
}

/// What was issued, or why nothing was, which is counted.
async fn answer(
    server: &Server,
    request: &HttpRequest,
    event: Event,
    issuing: impl Future<Output = Result<IssuedCertificate, Problem>>,
) -> HttpResponse {
    let problem = match issuing.await {
        Ok(issued) => return uncached(StatusCode::CREATED).json(issued),
        Err(problem) => problem,
    };
    let station_id = shown(request).map(|shown| shown.uri.station_id().to_owned());
    server.grants.tally.count(Entry {
        source: source(request, server.behind_proxy),
        station_id,
        ..Entry::failure(event, Actor::Stranger, problem.title())
    });
    problem.respond()
}
