//! The error codes of OCPP-J, and which of them fits a payload that could not be read.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The error codes of a CALLERROR (OCPP-J 2.x §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    FormatViolation,
    GenericError,
    InternalError,
    MessageTypeNotSupported,
    NotImplemented,
    NotSupported,
    OccurrenceConstraintViolation,
    PropertyConstraintViolation,
    ProtocolError,
    RpcFrameworkError,
    SecurityError,
    TypeConstraintViolation,
}

impl ErrorCode {
    pub const ALL: [Self; 12] = [
        Self::FormatViolation,
        Self::GenericError,
        Self::InternalError,
        Self::MessageTypeNotSupported,
        Self::NotImplemented,
        Self::NotSupported,
        Self::OccurrenceConstraintViolation,
        Self::PropertyConstraintViolation,
        Self::ProtocolError,
        Self::RpcFrameworkError,
        Self::SecurityError,
        Self::TypeConstraintViolation,
    ];

    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FormatViolation => "FormatViolation",
            Self::GenericError => "GenericError",
            Self::InternalError => "InternalError",
            Self::MessageTypeNotSupported => "MessageTypeNotSupported",
            Self::NotImplemented => "NotImplemented",
            Self::NotSupported => "NotSupported",
            Self::OccurrenceConstraintViolation => "OccurrenceConstraintViolation",
            Self::PropertyConstraintViolation => "PropertyConstraintViolation",
            Self::ProtocolError => "ProtocolError",
            Self::RpcFrameworkError => "RpcFrameworkError",
            Self::SecurityError => "SecurityError",
            Self::TypeConstraintViolation => "TypeConstraintViolation",
        }
    }

    /// The code of a text on the wire; a text that OCPP does not know is a `GenericError`.
    pub fn from_wire(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .unwrap_or(Self::GenericError)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The content of a CALLERROR or CALLRESULTERROR.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {description}")]
pub struct CallError {
    pub code: ErrorCode,
    /// For people; cut after 255 characters when it is sent.
    pub description: String,
    /// A JSON object; none is sent as `{}`.
    pub details: Option<Box<RawValue>>,
}

impl CallError {
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            details: None,
        }
    }
}

impl From<serde_json::Error> for CallError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error_code(&error), error.to_string())
    }
}

/// Reads a payload; the error is the CALLERROR to answer with.
pub fn decode<T: DeserializeOwned>(payload: &RawValue) -> Result<T, CallError> {
    if !payload.get().starts_with('{') {
        return Err(CallError::new(
            ErrorCode::FormatViolation,
            "the payload is not an object",
        ));
    }
    Ok(serde_json::from_str(payload.get())?)
}

/// The code that fits a payload which could not be read into its type.
pub fn error_code(error: &serde_json::Error) -> ErrorCode {
    if error.classify() != Category::Data {
        return ErrorCode::FormatViolation;
    }
    let text = error.to_string();
    let starts = [
        (
            "PropertyConstraintViolation",
            ErrorCode::PropertyConstraintViolation,
        ),
        (
            "OccurrenceConstraintViolation",
            ErrorCode::OccurrenceConstraintViolation,
        ),
        ("missing field", ErrorCode::OccurrenceConstraintViolation),
        ("invalid type", ErrorCode::TypeConstraintViolation),
        // Not the structure of the message (PDU).
        ("unknown field", ErrorCode::ProtocolError),
        ("duplicate field", ErrorCode::ProtocolError),
    ];
    let fits = starts.into_iter().find(|(start, _)| text.starts_with(start));
    fits.map_or(ErrorCode::PropertyConstraintViolation, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{ErrorCode, decode, error_code};
    use crate::ocpp::v21::{BootNotificationRequest, ClearCacheRequest, StatusNotificationRequest};

    fn code<T: serde::de::DeserializeOwned>(json: &str) -> ErrorCode {
        match serde_json::from_str::<T>(json) {
            Ok(_) => panic!("{json} was accepted"),
            Err(error) => error_code(&error),
        }
    }

    #[test]
    fn every_code_is_found_by_its_text_and_an_unknown_text_is_generic() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_wire(code.as_str()), code);
        }
        assert_eq!(
            ErrorCode::from_wire("FormationViolation"),
            ErrorCode::GenericError
        );
    }

    #[test]
    fn each_fault_of_a_payload_gets_the_code_that_fits() {
        let table = [
            ("{", ErrorCode::FormatViolation),
            (r#"{"reason" "PowerUp"}"#, ErrorCode::FormatViolation),
            (
                r#"{"reason":"PowerUp"}"#,
                ErrorCode::OccurrenceConstraintViolation,
            ),
            (r#"{"reason":5}"#, ErrorCode::TypeConstraintViolation),
            (
                r#"{"reason":{"PowerUp":null}}"#,
                ErrorCode::TypeConstraintViolation,
            ),
            (r#"{"reason":"Whim"}"#, ErrorCode::PropertyConstraintViolation),
            (
                r#"{"reason":"PowerUp","chargingStation":[]}"#,
                ErrorCode::TypeConstraintViolation,
            ),
            (
                r#"{"chargingStation":{"model":"123456789012345678901"}}"#,
                ErrorCode::PropertyConstraintViolation,
            ),
            (r#"{"mood":"good"}"#, ErrorCode::ProtocolError),
            (
                r#"{"reason":"PowerUp","reason":"PowerUp"}"#,
                ErrorCode::ProtocolError,
            ),
        ];
        for (json, expected) in table {
            assert_eq!(code::<BootNotificationRequest>(json), expected, "{json}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_a_wrong_value_and_a_number_in_its_place_a_wrong_type() {
        let status = |time: &str| {
            format!(r#"{{"timestamp":{time},"connectorStatus":"Available","evseId":1,"connectorId":1}}"#)
        };
        let wrong_value = ErrorCode::PropertyConstraintViolation;
        assert_eq!(
            code::<StatusNotificationRequest>(&status(r#""yesterday""#)),
            wrong_value
        );
        assert_eq!(
            code::<StatusNotificationRequest>(&status("5")),
            ErrorCode::TypeConstraintViolation
        );
        assert!(
            serde_json::from_str::<StatusNotificationRequest>(&status(r#""2026-01-01T09:00:00+09:00""#))
                .is_ok()
        );
    }

    #[test]
    fn a_payload_that_is_no_object_is_a_format_violation() {
        for json in ["[]", "null", "\"{}\"", "5"] {
            let payload = serde_json::from_str::<&RawValue>(json).unwrap();
            let error = decode::<ClearCacheRequest>(payload).unwrap_err();
            assert_eq!(error.code, ErrorCode::FormatViolation, "{json}");
        }
        assert!(decode::<ClearCacheRequest>(serde_json::from_str("{}").unwrap()).is_ok());
    }
}
