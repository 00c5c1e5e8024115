//! Counts the requests that a server answers.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use actix_web::Error;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};

use super::{Counts, Durations, Text};

/// Requests of one server.
#[derive(Debug)]
pub struct Requests {
    counts: Counts<3>,
    durations: Durations,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            counts: Counts::new(["method", "path", "status"]),
            durations: Durations::default(),
        }
    }
}

impl Requests {
    /// Their families.
    pub fn write(&self, text: &mut Text) {
        self.counts.write(
            text,
            "denro_http_requests_total",
            "Requests, by the route's pattern and the class of the answer.",
        );
        self.durations.write(
            text,
            "denro_http_request_duration_seconds",
            "From a request's head until its answer's head.",
        );
    }
}

/// A request from its head to its answer's head.
#[derive(Debug)]
pub struct RequestWatch {
    requests: Arc<Requests>,
    method: &'static str,
    /// The route's pattern, so that there are as many as routes.
    path: Cow<'static, str>,
    begun: Instant,
}

impl RequestWatch {
    /// Begins to count a request.
    pub fn begin(requests: Arc<Requests>, request: &ServiceRequest) -> Self {
        let pattern = request.resource_map().match_pattern(request.path());
        Self {
            requests,
            method: method_name(request.method()),
            path: pattern.map_or(Cow::Borrowed("other"), Cow::Owned),
            begun: Instant::now(),
        }
    }

    /// The route's pattern.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The request is answered.
    pub fn end<B>(self, answered: &Result<ServiceResponse<B>, Error>) {
        let status = match answered {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let values = [self.method.into(), self.path, class_name(status).into()];
        self.requests.counts.count(values, 1);
        self.requests.durations.add(self.begun.elapsed());
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class_name(status: StatusCode) -> &'static str {
    match status.as_u16() {
        0..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}
