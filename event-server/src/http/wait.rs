//! `Prefer: wait=N` (RFC 7240 §4.3): the answer is held until the command has its outcome.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use api_spec::rest::{Command, CommandAccepted, SessionAccepted};
use foundation::{Conn, DbError};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::answers::to_json;
use super::problems::{ApiError, Kind};
use crate::context::Context;
use crate::operations::resources;
use crate::signals::ANY;
use crate::store::{commands, sessions};

pub(super) const MAX_WAIT_S: u64 = 30;

/// For how many seconds the caller wants to wait; at most 30.
pub(super) fn asked(request: &HttpRequest) -> Option<u64> {
    let values = request
        .headers()
        .get_all("prefer")
        .filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';']));
    let seconds =
        preferences.find_map(|preference| preference.trim().strip_prefix("wait=")?.parse::<u64>().ok())?;
    Some(seconds.min(MAX_WAIT_S))
}

/// The answer with the outcome in it; `None` if there is none in time.
pub(super) async fn for_outcome(
    context: &Context,
    mut outcomes: Receiver<Arc<str>>,
    command_id: &str,
    seconds: u64,
) -> Result<Option<String>, ApiError> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(body) = completed(context, command_id).await? {
            return Ok(Some(body));
        }
        let next = tokio::time::timeout_at(deadline, next_for(&mut outcomes, command_id));
        if next.await.is_err() {
            return completed(context, command_id).await;
        }
    }
}

/// The command once it has its outcome; `None` if it has none in time, or the server stops first.
pub(crate) async fn until_settled(
    request: &HttpRequest,
    (outcomes, command_id): (Receiver<Arc<str>>, &str),
    seconds: u64,
) -> Result<Option<Command>, ApiError> {
    let context = request.app_data::<web::Data<Context>>();
    let context = context.ok_or_else(|| ApiError::new(Kind::Internal, "no context"))?;
    let outcome = for_outcome(context, outcomes, command_id, seconds);
    let body = unless_stopped(request, outcome).await.transpose()?.flatten();
    let read = |body: String| serde_json::from_str::<CommandAccepted>(&body);
    let accepted = body.map(read).transpose();
    Ok(accepted
        .map_err(|error| ApiError::internal(&error))?
        .map(|accepted| accepted.command))
}

/// `None` where the server stops first: nobody is kept waiting then.
pub(super) async fn unless_stopped<T>(request: &HttpRequest, waiting: impl Future<Output = T>) -> Option<T> {
    match request.app_data::<web::Data<CancellationToken>>() {
        Some(stop) => stop.run_until_cancelled(waiting).await,
        None => Some(waiting.await),
    }
}

/// Returns when the command may have its outcome.
async fn next_for(outcomes: &mut Receiver<Arc<str>>, command_id: &str) {
    loop {
        match outcomes.recv().await {
            Ok(id) if *id == *command_id || *id == *ANY => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_) | RecvError::Closed) => return,
        }
    }
}

async fn completed(context: &Context, command_id: &str) -> Result<Option<String>, ApiError> {
    let id = command_id.to_owned();
    let found = context.db.read(move |conn| answer(conn, &id)).await?;
    match found {
        Some((command, Some(session))) => to_json(&SessionAccepted {
            session,
            command: command.command,
        })
        .map(Some),
        Some((command, None)) => to_json(&command).map(Some),
        None => Ok(None),
    }
}

fn answer(
    conn: &mut Conn,
    command_id: &str,
) -> Result<Option<(CommandAccepted, Option<api_spec::rest::Session>)>, DbError> {
    let Some(row) = commands::find(conn, command_id)?.filter(|row| row.completed_at.is_some()) else {
        return Ok(None);
    };
    let found = commands::find_owned(conn, &row.tenant_id, command_id)?;
    let outlet_id = found.and_then(|(_, outlet_id)| outlet_id);
    let command = resources::command(&row, outlet_id.as_deref())?;
    let session = match &row.session_id {
        Some(id) => sessions::find_owned(conn, &row.tenant_id, id)?,
        None => None,
    };
    let session = session
        .map(|(session, outlet)| resources::session(&session, &outlet))
        .transpose()?;
    Ok(Some((CommandAccepted { command }, session)))
}
