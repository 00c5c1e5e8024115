//! Why the authority signs nothing: RFC 9457 problem details.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use api_spec::problem::{FieldProblem, PROBLEM_JSON, Problem as Body};
use foundation::DbError;

use super::errors::uncached;
use crate::ca::NoRequest;
use crate::login::TooMany;
use crate::operations::OperationError;

/// A request to the authority that is not answered with what it asked for.
#[derive(Debug)]
pub(super) enum Problem {
    /// HTTP itself has a status for it.
    Http(StatusCode, &'static str),
    MalformedJson(String),
    NoRequest(NoRequest),
    /// The same for an unknown, a used and an expired code.
    Enrolment,
    TooMany(TooMany),
    NoAuthority,
    Unavailable,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Http(status, _) => *status,
            Self::MalformedJson(_) => StatusCode::BAD_REQUEST,
            Self::NoRequest(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Enrolment => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoAuthority => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name, and the same for people.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Http(..) => ("unreadable-request", "The request cannot be read"),
            Self::MalformedJson(_) => ("malformed-json", "The body is not the JSON expected"),
            Self::NoRequest(_) => (
                "certificate-request-refused",
                "The certificate request cannot be signed",
            ),
            Self::Enrolment => ("enrolment-refused", "The enrolment code is not good"),
            Self::TooMany(_) => ("too-many-requests", "Too many attempts"),
            Self::NoAuthority => ("no-authority", "There is no authority yet"),
            Self::Unavailable => ("unavailable", "Not possible at the moment"),
        }
    }

    /// For the audit log: a fixed text.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NoRequest(NoRequest(reason)) => reason,
            Self::Http(..)
            | Self::MalformedJson(_)
            | Self::Enrolment
            | Self::TooMany(_)
            | Self::NoAuthority
            | Self::Unavailable => self.names().1,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Http(_, detail) => (*detail).to_owned(),
            Self::MalformedJson(detail) => detail.clone(),
            Self::NoRequest(reason) => reason.to_string(),
            Self::Enrolment => {
                "the code is unknown, used or expired; make a new one: auth-server ca enrol".to_owned()
            }
            Self::TooMany(wait) => format!("try again in {} s", wait.retry_after_s),
            Self::NoAuthority => "make one on the host: auth-server ca init".to_owned(),
            Self::Unavailable => "try again later".to_owned(),
        }
    }

    fn errors(&self) -> Vec<FieldProblem> {
        match self {
            Self::NoRequest(reason) => vec![FieldProblem {
                pointer: "/csr".to_owned(),
                detail: reason.to_string(),
            }],
            Self::Http(..)
            | Self::MalformedJson(_)
            | Self::Enrolment
            | Self::TooMany(_)
            | Self::NoAuthority
            | Self::Unavailable => Vec::new(),
        }
    }

    fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooMany(wait) => Some(wait.retry_after_s),
            Self::Unavailable => Some(1),
            Self::Http(..)
            | Self::MalformedJson(_)
            | Self::NoRequest(_)
            | Self::Enrolment
            | Self::NoAuthority => None,
        }
    }

    pub(super) fn respond(&self) -> HttpResponse {
        let (code, title) = self.names();
        let body = Body {
            kind: format!("urn:denro:problem:{code}"),
            code: code.to_owned(),
            title: title.to_owned(),
            status: self.status().as_u16(),
            detail: self.detail(),
            errors: self.errors(),
            request_id: foundation::ids::id("req"),
        };
        tracing::info!(body.request_id, body.code, body.detail, "no certificate");
        let mut response = uncached(self.status());
        if let Some(seconds) = self.retry_after_s() {
            response.insert_header((header::RETRY_AFTER, seconds));
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
            OperationError::NotAllowed { .. }
            | OperationError::NoSuchClient(_)
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
