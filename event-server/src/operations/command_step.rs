//! A command as a step in the trace of whoever asked for it, from its acceptance to its outcome.

use api_spec::rest::CommandState;
use foundation::telemetry::{Kind, Span};
use foundation::trace::Trace;

use crate::store::commands::Command;
use crate::store::name;

/// What a station does about it follows from this step; `None` where nobody's trace led to it.
pub(crate) fn step_of(command: &Command) -> Option<Trace> {
    let asked = Trace::parse(command.traceparent.as_deref()?)?;
    Some(asked.step_of(&command.id))
}

/// What is told of it once it has its outcome.
pub(super) fn span(command: &Command) -> Option<Span> {
    let asked = Trace::parse(command.traceparent.as_deref()?)?;
    let failed = command.state != name(CommandState::Confirmed);
    let mut attributes = vec![
        ("denro.command.id", command.id.clone().into()),
        ("denro.command.kind", command.kind.clone().into()),
        ("denro.command.outcome", command.state.clone().into()),
        ("denro.controller.id", command.controller_id.clone().into()),
    ];
    let session = command.session_id.clone();
    attributes.extend(session.map(|session| ("denro.session.id", session.into())));
    Some(Span {
        step: asked.step_of(&command.id),
        parent_id: Some(asked.step_id().to_owned()),
        name: format!("command {}", command.kind).into(),
        kind: Kind::Client,
        begun_us: command.created_at,
        ended_us: command.completed_at.unwrap_or(command.created_at),
        failure: failed.then(|| command.reason.clone().unwrap_or_else(|| command.state.clone())),
        attributes,
    })
}
