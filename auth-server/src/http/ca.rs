//! `/ca/…`: the authority that controllers' certificates are of.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use foundation::secrets::SecretHash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::errors::uncached;
use super::form_request::read_bounded;
use super::problems::Problem;
use super::source::source;
use super::{Server, postable, readable};
use crate::audit::{Actor, Entry, Event};
use crate::ca::CertificateRequest;
use crate::login::Attempts;
use crate::operations::issue_certificate::{self, IssuedCertificate};
use crate::operations::{create_authority, list_certificates};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(postable("/ca/enrolments", enrol))
        .service(readable("/ca/revoked", revoked))
        .service(readable("/ca/root.pem", root));
}

#[derive(Deserialize)]
struct EnrolRequest {
    code: String,
    csr: String,
}

async fn enrol(server: web::Data<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let issued = enrolled(&server, &request, payload).await;
    if let Err(problem) = &issued {
        count_refusal(&server, &request, Event::CertificateIssued, problem);
    }
    answer(issued)
}

/// An attempt is taken before the code is looked at; a request that cannot be signed does not use the code up.
async fn enrolled(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<IssuedCertificate, Problem> {
    let asked: EnrolRequest = json(request, payload).await?;
    let now_us = server.grants.clock.now_us();
    let attempts = Attempts {
        db: server.db.clone(),
    };
    let attempt = attempts.take_code(source(request, server.behind_proxy), now_us);
    attempt.await?.map_err(Problem::TooMany)?;
    let csr = CertificateRequest::read(&asked.csr)?;
    let code = SecretHash::of(&asked.code);
    Ok(issue_certificate::by_code(&server.db, &server.certificates, code, csr, now_us).await?)
}

#[derive(Serialize)]
struct Revoked {
    revoked: Vec<String>,
}

/// Serial numbers are no secret.
async fn revoked(server: web::Data<Server>) -> HttpResponse {
    match list_certificates::revoked(&server.db, server.grants.clock.now_us()).await {
        Ok(revoked) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=5"))
            .json(Revoked { revoked }),
        Err(error) => Problem::from(error).respond(),
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
    // Its text may name a value, which may be a code.
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::MalformedJson(format!("wrong or missing at line {line}, column {column}"))
    })
}

fn answer(issued: Result<IssuedCertificate, Problem>) -> HttpResponse {
    match issued {
        Ok(issued) => uncached(StatusCode::CREATED).json(issued),
        Err(problem) => problem.respond(),
    }
}

fn count_refusal(server: &Server, request: &HttpRequest, event: Event, problem: &Problem) {
    server.grants.tally.count(Entry {
        source: source(request, server.behind_proxy),
        ..Entry::failure(event, Actor::Stranger, problem.reason())
    });
}
