//! Why the authority signs nothing: RFC 9457 problem details.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use api_spec::problem::{FieldProblem, PROBLEM_JSON, Problem as Body};
use foundation::DbError;

use super::errors::uncached;
use crate::ca::NoRequest;
use crate::grants::BearerError;
use crate::login::TooMany;
use crate::operations::OperationError;

/// A request to the authority that is not answered with what it asked for.
#[derive(Debug)]
pub(super) enum Problem {
    /// HTTP itself has a status for it.
    Http(StatusCode, &'static str),
    MalformedJson(String),
    NoRequest(NoRequest),
    NotAllowed(String),
    /// The same for an unknown, a used and an expired code.
    Enrolment,
    NoToken,
    InvalidToken,
    InsufficientScope,
    /// Where only a certificate counts.
    NoCertificate,
    /// The same for a revoked one and one that was never issued.
    CertificateRefused,
    TooMany(TooMany),
    NoAuthority,
    Unavailable,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Http(status, _) => *status,
            Self::MalformedJson(_) => StatusCode::BAD_REQUEST,
            Self::NoToken | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::Enrolment | Self::InsufficientScope | Self::NoCertificate | Self::CertificateRefused => {
                StatusCode::FORBIDDEN
            }
            Self::NoAuthority => StatusCode::NOT_FOUND,
            Self::NoRequest(_) | Self::NotAllowed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name.
    fn code(&self) -> &'static str {
        match self {
            Self::Http(..) => "unreadable-request",
            Self::MalformedJson(_) => "malformed-json",
            Self::NoRequest(_) => "certificate-request-refused",
            Self::NotAllowed(_) => "invalid-request",
            Self::Enrolment => "enrolment-refused",
            Self::NoToken => "missing-token",
            Self::InvalidToken => "invalid-token",
            Self::InsufficientScope => "insufficient-scope",
            Self::NoCertificate => "certificate-needed",
            Self::CertificateRefused => "certificate-refused",
            Self::TooMany(_) => "too-many-requests",
            Self::NoAuthority => "no-authority",
            Self::Unavailable => "unavailable",
        }
    }

    /// The same for people; the audit log keeps it as the reason.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Http(..) => "The request cannot be read",
            Self::MalformedJson(_) => "The body is not the JSON expected",
            Self::NoRequest(_) => "The certificate request cannot be signed",
            Self::NotAllowed(_) => "A value is not allowed",
            Self::Enrolment => "The enrolment code is not good",
            Self::NoToken => "An access token is needed",
            Self::InvalidToken => "The access token is not good",
            Self::InsufficientScope => "The access token lacks a scope",
            Self::NoCertificate => "A client certificate is needed",
            Self::CertificateRefused => "The certificate is not good",
            Self::TooMany(_) => "Too many attempts",
            Self::NoAuthority => "There is no authority yet",
            Self::Unavailable => "Not possible at the moment",
        }
    }

    fn detail(&self) -> String {
        let text = match self {
            Self::Http(_, detail) => detail,
            Self::NoRequest(NoRequest(reason)) => reason,
            Self::MalformedJson(detail) | Self::NotAllowed(detail) => return detail.clone(),
            Self::Enrolment => "the code is unknown, used or expired; make a new one: auth-server ca enrol",
            Self::NoToken => "send an access token: Authorization: Bearer …",
            Self::InvalidToken => "it is unknown, expired, revoked, or bound to something that was not shown",
            Self::InsufficientScope => "the scope certificates:issue is needed",
            Self::NoCertificate => "this path answers at the listener of [mutual_tls] alone",
            Self::CertificateRefused => {
                "it was revoked or is not known here; enrol the controller again: auth-server ca enrol"
            }
            Self::TooMany(wait) => return format!("try again in {} s", wait.retry_after_s),
            Self::NoAuthority => "make one on the host: auth-server ca init",
            Self::Unavailable => "try again later",
        };
        text.to_owned()
    }

    fn errors(&self) -> Vec<FieldProblem> {
        let Self::NoRequest(reason) = self else {
            return Vec::new();
        };
        vec![FieldProblem {
            pointer: "/csr".to_owned(),
            detail: reason.to_string(),
        }]
    }

    /// RFC 6750 §3.1, RFC 9110 §10.2.3.
    fn header(&self) -> Option<(header::HeaderName, String)> {
        let challenge = |error: &str| Some((header::WWW_AUTHENTICATE, format!("Bearer{error}")));
        match self {
            Self::NoToken => challenge(""),
            Self::InvalidToken => challenge(" error=\"invalid_token\""),
            Self::InsufficientScope => {
                challenge(" error=\"insufficient_scope\", scope=\"certificates:issue\"")
            }
            Self::TooMany(wait) => Some((header::RETRY_AFTER, wait.retry_after_s.to_string())),
            Self::Unavailable => Some((header::RETRY_AFTER, "1".to_owned())),
            Self::Http(..)
            | Self::MalformedJson(_)
            | Self::NoRequest(_)
            | Self::NotAllowed(_)
            | Self::Enrolment
            | Self::NoCertificate
            | Self::CertificateRefused
            | Self::NoAuthority => None,
        }
    }

    pub(super) fn respond(&self) -> HttpResponse {
        let code = self.code();
        let body = Body {
            kind: format!("urn:denro:problem:{code}"),
            code: code.to_owned(),
            title: self.title().to_owned(),
            status: self.status().as_u16(),
            detail: self.detail(),
            errors: self.errors(),
            request_id: foundation::ids::id("req"),
        };
        tracing::info!(body.request_id, body.code, body.detail, "no certificate");
        let mut response = uncached(self.status());
        if let Some(header) = self.header() {
            response.insert_header(header);
        }
        let mut response = response.json(body);
        let kind = header::HeaderValue::from_static(PROBLEM_JSON);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

impl From<NoRequest> for Problem {
    fn from(reason: NoRequest) -> Self {
        Self::NoRequest(reason)
    }
}

impl From<BearerError> for Problem {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::InvalidToken => Self::InvalidToken,
            BearerError::InsufficientScope => Self::InsufficientScope,
            BearerError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        OperationError::Db(error).into()
    }
}

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NoAuthority => Self::NoAuthority,
            OperationError::NoSuchCode => Self::Enrolment,
            OperationError::CertificateRefused => Self::CertificateRefused,
            OperationError::NotAllowed { .. } => Self::NotAllowed(error.to_string()),
            OperationError::NoSuchClient(_)
            | OperationError::NoSuchKey(_)
            | OperationError::NoSuchCertificate(_)
            | OperationError::AuthorityExists
            | OperationError::Ca(_)
            | OperationError::Key(_)
            | OperationError::Db(_) => {
                tracing::error!(%error, "the authority could not answer");
                Self::Unavailable
            }
        }
    }
}
