//! Reading bodies and queries; every fault is told with its place.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use api_spec::problem::FieldProblem;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::objects::Objects;
use super::problems::{ApiError, Kind};

/// A JSON body, and its canonical form for telling equal requests.
pub(super) struct Json<T> {
    pub(super) value: T,
    pub(super) canonical: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            media_type?;
            let bytes = bytes.await.map_err(|error| unreadable(&error))?;
            parse(&bytes)
        })
    }
}

fn check_media_type(request: &HttpRequest) -> Result<(), ApiError> {
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|text| text.split(';').next())
        .unwrap_or_default()
        .trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(
        Kind::UnsupportedMediaType,
        "set Content-Type: application/json",
    ))
}

fn unreadable(error: &actix_web::Error) -> ApiError {
    let status = error.as_response_error().status_code();
    if status == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(Kind::TooLarge, "at most 64 KiB");
    }
    ApiError::new(Kind::MalformedJson, "the body could not be read to its end")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Json<T>, ApiError> {
    let mut document: Value = serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let told = error.to_string();
        let problem = told.split(" at line ").next().unwrap_or_default();
        ApiError::new(Kind::MalformedJson, format!("{place}: {problem}"))
    })?;
    whole_numbers(&mut document);
    let mut faults = Faults::default();
    find_controls(&document, "", &mut faults);
    faults.into_result()?;
    let canonical = document.to_string();
    let value = serde_path_to_error::deserialize(Objects(document)).map_err(|error| {
        let detail = error.inner().to_string();
        let pointer = pointer(error.path(), &detail);
        let fault = FieldProblem { pointer, detail };
        ApiError::with_errors(Kind::InvalidRequest, "the body has the wrong shape", vec![fault])
    })?;
    Ok(Json { value, canonical })
}

/// To JSON Schema (2020-12 §4.2.3) `60.0` is an integer as well.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(members) => members.values_mut().for_each(whole_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The integer that this is, up to where a double holds every one.
fn whole(number: f64) -> Option<i64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let holds = number.fract() == 0.0 && number.abs() <= MOST;
    holds.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// Control characters have no place in any text, and PostgreSQL cannot keep NUL.
fn find_controls(value: &Value, pointer: &str, faults: &mut Faults) {
    match value {
        // PEM (RFC 7468) is of lines.
        Value::String(text) if text.starts_with("-----BEGIN ") && !text.contains(is_no_part_of_pem) => {}
        Value::String(text) if text.chars().any(char::is_control) => {
            faults.add(pointer, "control characters cannot be used");
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_controls(item, &format!("{pointer}/{index}"), faults);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let name = key.replace('~', "~0").replace('/', "~1");
                find_controls(member, &format!("{pointer}/{name}"), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_no_part_of_pem(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r')
}

/// RFC 6901; a missing field is pointed at where it should be.
fn pointer(path: &Path, detail: &str) -> String {
    let mut pointer = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&name);
    }
    let missing = detail
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    if let Some(name) = missing {
        pointer.push('/');
        pointer.push_str(name);
    }
    pointer
}

/// The query string; unknown parameters are faults, because a misspelt filter filters nothing.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        std::future::ready(match parsed {
            Ok(query) => Ok(Self(query)),
            Err(error) => {
                let detail = named(&error.path().to_string(), &error.inner().to_string());
                Err(ApiError::new(Kind::InvalidQuery, detail))
            }
        })
    }
}

/// What is wrong with a parameter, by its name.
fn named(name: &str, told: &str) -> String {
    let quoted = |begin: &str| told.strip_prefix(begin)?.strip_suffix('`');
    if let Some(missing) = quoted("missing field `") {
        return format!("{missing}: is missing");
    }
    if let Some(twice) = quoted("duplicate field `") {
        return format!("{twice}: is there twice");
    }
    if let Some(rest) = told.strip_prefix("unknown field ") {
        return format!("unknown parameter {rest}");
    }
    let told = match told {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "expected a whole number"
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "is out of range"
        }
        "provided string was not `true` or `false`" => "expected true or false",
        other => other,
    };
    match name {
        "" | "." => told.to_owned(),
        name => format!("{name}: {told}"),
    }
}

/// Whether a path or a query has an escape of a control character: of ASCII, or U+0080 to U+009F as UTF-8.
pub(super) fn escapes_control(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if ["%c2%8", "%c2%9"].iter().any(|begin| lower.contains(begin)) {
        return true;
    }
    let escapes = text.split('%').skip(1).filter_map(|rest| rest.get(..2));
    let mut codes = escapes.filter_map(|code| u8::from_str_radix(code, 16).ok());
    codes.any(|code| code.is_ascii_control())
}

/// Faults found in fields, in the order of the fields.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldProblem>);

impl Faults {
    pub(super) fn add(&mut self, pointer: &str, detail: &str) {
        self.0.push(FieldProblem {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    }

    /// A text of 1 to `most` characters that is not only spaces.
    pub(super) fn check_text(&mut self, pointer: &str, text: &str, most: usize) {
        let length = text.chars().count();
        if text.trim().is_empty() || length > most {
            self.add(pointer, &format!("expected 1 to {most} characters"));
        }
    }

    /// An amount of 1 or more, if any.
    pub(super) fn check_positive(&mut self, pointer: &str, amount: Option<i64>) {
        if amount.is_some_and(|amount| amount < 1) {
            self.add(pointer, "must be 1 or more");
        }
    }

    pub(super) fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(ApiError::with_errors(
            Kind::InvalidRequest,
            "some fields cannot be as they are",
            self.0,
        ))
    }
}
