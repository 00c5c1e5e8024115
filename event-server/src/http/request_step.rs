//! A request as a step in a trace: the caller's, or one that begins here.

use actix_web::Error;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use foundation::telemetry::{Kind, Span};
use foundation::trace::{self, Trace};

use crate::context::Context;

/// What becomes of the request belongs to its step.
pub(super) struct RequestStep {
    pub(super) step: Trace,
    /// The caller's step.
    parent_id: Option<String>,
    method: String,
    begun_us: i64,
}

impl RequestStep {
    /// What only reads begins no trace that is recorded.
    pub(super) fn begin(context: Option<&Context>, request: &ServiceRequest) -> Self {
        let header = request.headers().get(trace::TRACEPARENT);
        let caller = header.and_then(|value| Trace::parse(value.to_str().ok()?));
        let is_told = context.is_some_and(|context| context.telemetry.is_on());
        let step = match &caller {
            Some(caller) => caller.step(),
            None => Trace::begin(is_told && !request.method().is_safe()),
        };
        Self {
            step,
            parent_id: caller.map(|caller| caller.step_id().to_owned()),
            method: request.method().to_string(),
            begun_us: context.map_or(0, |context| context.clock.now_us()),
        }
    }

    /// The request is answered. `route`: its pattern.
    pub(super) fn tell<B>(
        self,
        context: &Context,
        route: &str,
        answered: &Result<ServiceResponse<B>, Error>,
    ) {
        if !context.telemetry.is_on() {
            return;
        }
        let status = match answered {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let Self {
            step,
            parent_id,
            method,
            begun_us,
        } = self;
        context.telemetry.tell(Span {
            step,
            parent_id,
            name: format!("{method} {route}").into(),
            kind: Kind::Server,
            begun_us,
            ended_us: context.clock.now_us(),
            failure: status.is_server_error().then(|| status.to_string()),
            attributes: vec![
                ("http.request.method", method.into()),
                ("http.route", route.to_owned().into()),
                ("http.response.status_code", status.as_u16().into()),
            ],
        });
    }
}
