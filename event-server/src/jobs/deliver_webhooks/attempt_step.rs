//! An attempt as a step in the trace that led to its event.

use api_spec::webhook::EventType;
use foundation::telemetry::{Kind, Span};
use foundation::trace::Trace;
use reqwest::StatusCode;

use crate::operations::events::id_in;
use crate::operations::record_attempt::{Attempt, Went};
use crate::store::events::Event;

/// A place in that trace of its own, which goes on at the receiver.
pub(super) struct AttemptStep {
    pub(super) step: Trace,
    parent_id: String,
    begun_us: i64,
}

impl AttemptStep {
    /// `None` where no trace led to the event.
    pub(super) fn begin(event: &Event, now_us: i64) -> Option<Self> {
        let led = Trace::parse(event.traceparent.as_deref()?)?;
        Some(Self {
            step: led.step(),
            parent_id: led.step_id().to_owned(),
            begun_us: now_us,
        })
    }

    /// What is told of it; `None` of samples of every minute, which are for those who look for a fault.
    pub(super) fn span(self, event: &Event, endpoint_id: &str, attempt: &Attempt) -> Option<Span> {
        if event.kind == EventType::OutletStatus.name() {
            return None;
        }
        let mut attributes = vec![
            ("http.request.method", "POST".to_owned().into()),
            ("denro.event.id", id_in(&event.body).to_owned().into()),
            ("denro.event.type", event.kind.clone().into()),
            ("denro.webhook_endpoint.id", endpoint_id.to_owned().into()),
        ];
        attributes.extend(
            attempt
                .status
                .map(|status| ("http.response.status_code", status.into())),
        );
        Some(Span {
            step: self.step,
            parent_id: Some(self.parent_id),
            name: format!("webhook {}", event.kind).into(),
            kind: Kind::Client,
            begun_us: self.begun_us,
            ended_us: self
                .begun_us
                .saturating_add(attempt.duration_ms.saturating_mul(1000)),
            failure: match &attempt.went {
                Went::Delivered => None,
                Went::Gone => Some(StatusCode::GONE.to_string()),
                Went::Failed { error, .. } => Some(error.clone()),
            },
            attributes,
        })
    }
}
