//! Everything that the API can answer besides what was asked for: RFC 9457 problem details.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use api_spec::problem::{FieldProblem, PROBLEM_JSON, Problem};
use api_spec::token::Scope;
use foundation::dpop::BadProof;

use super::language::Language;
use super::texts;
use crate::error::Refusal;

/// How soon it is worth while to ask for a stream again: one that is cut is noticed by its next sign of life.
const STREAM_RETRY_S: &str = "15";

/// A request that is not answered with what it asked for.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(super) kind: Kind,
    detail: String,
    errors: Vec<FieldProblem>,
    header: Option<(HeaderName, String)>,
}

/// The kinds of problem; each has one status, one code and one title per language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    MalformedJson,
    InvalidQuery,
    KeyMissing,
    MissingToken,
    InvalidToken,
    InvalidProof,
    InsufficientScope,
    InsufficientRole,
    NotFound,
    MethodNotAllowed,
    OutletBusy,
    OutletFaulted,
    OutletDisabled,
    ControllerOffline,
    SessionEnded,
    SessionRunning,
    DriverNotAllowed,
    DriverBlocked,
    PresenceCodeNeeded,
    PresenceCodeWrong,
    CommandInFlight,
    OutletReserved,
    TooManyReservations,
    ReservationOver,
    StationIdTaken,
    TenantIdTaken,
    CircuitInUse,
    TariffBegun,
    MonthClosed,
    MonthNotOver,
    MonthOutOfTurn,
    EndpointDisabled,
    TooManyEndpoints,
    TooManyOutlets,
    TooManyPanels,
    Changed,
    TooManyDeliveries,
    EventsForgotten,
    TooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    KeyReused,
    IfMatchMissing,
    TooManyRequests,
    TooManyStreams,
    Internal,
    Unavailable,
    FontMissing,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 48] = [
        Self::MalformedJson,
        Self::InvalidQuery,
        Self::KeyMissing,
        Self::MissingToken,
        Self::InvalidToken,
        Self::InvalidProof,
        Self::InsufficientScope,
        Self::InsufficientRole,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::OutletBusy,
        Self::OutletFaulted,
        Self::OutletDisabled,
        Self::ControllerOffline,
        Self::SessionEnded,
        Self::SessionRunning,
        Self::DriverNotAllowed,
        Self::DriverBlocked,
        Self::PresenceCodeNeeded,
        Self::PresenceCodeWrong,
        Self::CommandInFlight,
        Self::OutletReserved,
        Self::TooManyReservations,
        Self::ReservationOver,
        Self::StationIdTaken,
        Self::TenantIdTaken,
        Self::CircuitInUse,
        Self::TariffBegun,
        Self::MonthClosed,
        Self::MonthNotOver,
        Self::MonthOutOfTurn,
        Self::EndpointDisabled,
        Self::TooManyEndpoints,
        Self::TooManyOutlets,
        Self::TooManyPanels,
        Self::Changed,
        Self::TooManyDeliveries,
        Self::EventsForgotten,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidRequest,
        Self::KeyReused,
        Self::IfMatchMissing,
        Self::TooManyRequests,
        Self::TooManyStreams,
        Self::Internal,
        Self::Unavailable,
        Self::FontMissing,
    ];

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson | Self::InvalidQuery | Self::KeyMissing => StatusCode::BAD_REQUEST,
            Self::MissingToken | Self::InvalidToken | Self::InvalidProof => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope | Self::InsufficientRole => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OutletBusy
            | Self::OutletFaulted
            | Self::OutletDisabled
            | Self::ControllerOffline
            | Self::SessionEnded
            | Self::SessionRunning
            | Self::DriverNotAllowed
            | Self::DriverBlocked
            | Self::PresenceCodeNeeded
            | Self::PresenceCodeWrong
            | Self::CommandInFlight
            | Self::OutletReserved
            | Self::TooManyReservations
            | Self::ReservationOver
            | Self::StationIdTaken
            | Self::TenantIdTaken
            | Self::CircuitInUse
            | Self::TariffBegun
            | Self::MonthClosed
            | Self::MonthNotOver
            | Self::MonthOutOfTurn
            | Self::EndpointDisabled
            | Self::TooManyEndpoints
            | Self::TooManyOutlets
            | Self::TooManyPanels
            | Self::TooManyDeliveries => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::EventsForgotten => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidRequest | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::IfMatchMissing => StatusCode::PRECONDITION_REQUIRED,
            Self::TooManyRequests | Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::FontMissing => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", texts::code(self.kind), self.detail)
    }
}

impl ApiError {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            header: None,
        }
    }

    pub(super) fn with_errors(kind: Kind, detail: impl Into<String>, errors: Vec<FieldProblem>) -> Self {
        let errors_first = Self::new(kind, detail);
        Self {
            errors,
            ..errors_first
        }
    }

    /// RFC 6750 §3.1, RFC 9449 §7.1: without credentials, no error code.
    pub(super) fn missing_token() -> Self {
        let error = Self::new(
            Kind::MissingToken,
            "send an access token: Authorization: Bearer …",
        );
        error.header(WWW_AUTHENTICATE, "Bearer, DPoP algs=\"ES256\"")
    }

    pub(super) fn invalid_token(detail: &str) -> Self {
        let error = Self::new(Kind::InvalidToken, detail);
        error.header(WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
    }

    /// RFC 9449 §7.1.
    pub(super) fn invalid_proof(bad: BadProof) -> Self {
        let error = Self::new(Kind::InvalidProof, bad.0);
        error.header(
            WWW_AUTHENTICATE,
            "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"",
        )
    }

    /// The same for a token that is shown with a proof, or should be (RFC 9449 §7.1).
    pub(super) fn with_proof(mut self) -> Self {
        if let Some((name, challenge)) = &mut self.header
            && *name == WWW_AUTHENTICATE
            && let Some(rest) = challenge.strip_prefix("Bearer")
        {
            *challenge = format!("DPoP{rest}, algs=\"ES256\"");
        }
        self
    }

    /// RFC 9728 §5.1.
    pub(super) fn with_resource_metadata(mut self, url: &str) -> Self {
        if let Some((name, challenge)) = &mut self.header
            && *name == WWW_AUTHENTICATE
        {
            let here = format!("resource_metadata=\"{url}\"");
            *challenge = match challenge.strip_prefix("Bearer, ") {
                Some(rest) => format!("Bearer {here}, {rest}, {here}"),
                None => format!("{challenge}, {here}"),
            };
        }
        self
    }

    pub(super) fn insufficient_scope(scope: Scope) -> Self {
        let name = scope.name();
        let error = Self::new(
            Kind::InsufficientScope,
            format!("the token lacks the scope {name}"),
        );
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{name}\"");
        error.header(WWW_AUTHENTICATE, challenge)
    }

    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        let error = Self::new(Kind::MethodNotAllowed, format!("allowed here: {allowed}"));
        error.header(ALLOW, allowed)
    }

    pub(super) fn too_many_requests(wait_s: u64) -> Self {
        let error = Self::new(Kind::TooManyRequests, format!("try again in {wait_s} s"));
        error.header(RETRY_AFTER, wait_s.to_string())
    }

    pub(super) fn too_many_streams(most: u32) -> Self {
        let detail = format!("a tenant has at most {most} streams of events at a server; close one first");
        Self::new(Kind::TooManyStreams, detail).header(RETRY_AFTER, STREAM_RETRY_S)
    }

    /// For a page.
    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status()
    }

    pub(crate) fn title(&self, language: Language) -> &'static str {
        texts::title(self.kind, language)
    }

    /// RFC 6585 §3.
    pub(super) fn if_match_missing() -> Self {
        Refusal::StateNotNamed.into()
    }

    /// What went wrong is for the log alone.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(Kind::Internal, "our fault; nothing was changed")
    }

    pub(crate) fn unavailable(detail: &str) -> Self {
        Self::unavailable_for(detail, 1)
    }

    pub(super) fn unavailable_for(detail: &str, wait_s: u64) -> Self {
        Self::new(Kind::Unavailable, detail).header(RETRY_AFTER, wait_s.to_string())
    }

    fn header(self, name: HeaderName, value: impl Into<String>) -> Self {
        Self {
            header: Some((name, value.into())),
            ..self
        }
    }

    /// The answer, in the caller's language and with the request's id.
    pub(super) fn respond(&self, language: Language, request_id: &str) -> HttpResponse {
        let code = texts::code(self.kind);
        let problem = Problem {
            kind: format!("urn:denro:problem:{code}"),
            code: code.to_owned(),
            title: texts::title(self.kind, language).to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            request_id: request_id.to_owned(),
        };
        let mut response = HttpResponse::build(self.kind.status()).json(problem);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = &self.header
            && let Ok(value) = HeaderValue::from_str(value)
        {
            headers.insert(name.clone(), value);
        }
        response
    }
}

/// For paths that lead nowhere.
pub(crate) fn nothing_here() -> ApiError {
    ApiError::new(Kind::NotFound, "there is nothing here")
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    /// Only where the answer leaves without passing `answers::finish`.
    fn error_response(&self) -> HttpResponse {
        self.respond(Language::default(), "")
    }
}
