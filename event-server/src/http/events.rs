//! `/v1/events`, as a list and as a stream of server-sent events.

mod stream;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::Page;
use api_spec::webhook::{Event, EventType};
use foundation::DbError;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::access::Caller;
use super::json::Query;
use super::paging;
use super::problems::{ApiError, Kind};
use super::shared::Shared;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::events::{event_id, id_in, seq_of};
use crate::store::events::{self, Which};

pub(super) const DEFAULT_LIMIT: i64 = 100;
pub(super) const MAX_LIMIT: i64 = 1000;
/// So much of the log, and no more, is looked through for one answer.
const SEARCHED: i64 = 200_000;

/// Which events.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// The id of the last event known; from the first where left out.
    after: Option<String>,
    /// At most 1000; 100 where left out.
    limit: Option<i64>,
    /// Of these types alone, separated by commas.
    types: Option<String>,
    /// Of this outlet alone.
    outlet_id: Option<String>,
}

/// Which events to stream.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// The id of the last event known, for clients that cannot send `Last-Event-ID`.
    after: Option<String>,
    /// Of these types alone, separated by commas.
    types: Option<String>,
    /// Of this outlet alone.
    outlet_id: Option<String>,
}

/// List events in the order in which they happened
///
/// `next_cursor` is to be used as `after`, until it is what was given: then there is no more. A page can be empty before,
/// where what was asked for is rare. Events are kept for 30 days; an `after` that is older is answered with 410.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(EventQuery),
    security(("oauth2" = ["events:read"])),
    responses((status = 200, description = "Some events", body = Page<Event<serde_json::Value>>),
        (status = 410, description = "`events-forgotten`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn list_events(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<EventQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let limit = paging::limit_within(query.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let given = query.after;
    let after = given.as_deref().map_or(Ok(0), place)?;
    let which = Which {
        tenant_id: caller.tenant_id(),
        types: types(query.types.as_deref())?,
        outlet_id: query.outlet_id,
    };
    let read = context.db.read(move |conn| {
        let last_seq = events::last_seq(conn)?;
        let first_seq = events::first_seq(conn)?.unwrap_or(last_seq + 1);
        check_kept(after, first_seq)?;
        let to = after.max(first_seq - 1).saturating_add(SEARCHED);
        let rows = events::list(conn, &which, (after, to), limit)?;
        Ok::<_, Refusal>((last_seq, to, rows))
    });
    let (last_seq, to, rows) = read.await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let searched = (!is_full && to < last_seq).then(|| event_id(to));
    let last_shown = rows.last().map(|row| id_in(&row.body));
    let bodies = rows.into_iter().map(|row| RawValue::from_string(row.body));
    let data: Vec<Box<RawValue>> = bodies.collect::<Result<_, _>>().map_err(unreadable)?;
    let next_cursor = searched.or(last_shown).or(given);
    Ok(HttpResponse::Ok().json(Page {
        next_cursor: Some(next_cursor.unwrap_or_else(|| event_id(last_seq))),
        data,
    }))
}

/// One event of the stream, by the fields of its lines.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is shown in the document alone")]
pub(super) struct StreamedEvent {
    /// To go on behind it: `Last-Event-ID`.
    id: String,
    /// The type of the event.
    event: String,
    /// The event, as `GET /v1/events` lists it.
    data: String,
}

/// Nobody may believe to have heard everything who has not.
fn check_kept(after: i64, first_seq: i64) -> Result<(), Refusal> {
    if after > 0 && after + 1 < first_seq {
        return Err(Refusal::EventsForgotten);
    }
    Ok(())
}

/// Receive events as they happen
///
/// Server-sent events. After a break, `Last-Event-ID` makes the stream go on where it ended; without it, it begins now.
/// The stream ends with the access token.
#[utoipa::path(get, path = "/v1/events/stream", tag = "events", params(StreamQuery),
    security(("oauth2" = ["events:read"])),
    responses((status = 200, description = "Events", body = StreamedEvent, content_type = "text/event-stream"),
        (status = 410, description = "`events-forgotten`", body = api_spec::problem::Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "`too-many-streams`: the tenant has as many as it may, or `too-many-requests`; see \
            `Retry-After`", body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn stream_events(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    (stop, shared): (web::Data<CancellationToken>, web::Data<Shared>),
    query: Query<StreamQuery>,
) -> Result<HttpResponse, ApiError> {
    let header = request
        .headers()
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let after = match header.or(query.0.after.as_deref()) {
        Some(id) => {
            let after = place(id)?;
            let first_seq = context.db.read(events::first_seq).await?;
            check_kept(after, first_seq.unwrap_or(0))?;
            after
        }
        None => context.db.read(events::last_seq).await?,
    };
    let which = Which {
        tenant_id: caller.tenant_id(),
        types: types(query.0.types.as_deref())?,
        outlet_id: query.0.outlet_id,
    };
    let streams = &shared.streams;
    let share = streams.take(&which.tenant_id);
    let feed = stream::Feed {
        _share: share.ok_or_else(|| ApiError::too_many_streams(streams.most()))?,
        which,
        after,
        expires_at_s: caller.expires_at_s(),
        news: context.signals.events(),
        context: context.get_ref().clone(),
        stop: stop.get_ref().clone(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(feed.into_stream()))
}

fn place(event_id: &str) -> Result<i64, ApiError> {
    let bad = || ApiError::new(Kind::InvalidQuery, "after: expected the id of an event");
    seq_of(event_id).ok_or_else(bad)
}

fn types(names: Option<&str>) -> Result<Vec<String>, ApiError> {
    let names = names
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty());
    let known = names.map(|name| match EventType::from_name(name) {
        Some(kind) => Ok(kind.name().to_owned()),
        None => Err(ApiError::new(
            Kind::InvalidQuery,
            format!("types: unknown type {name:?}"),
        )),
    });
    known.collect()
}

fn unreadable(error: serde_json::Error) -> ApiError {
    DbError::from(diesel::result::Error::DeserializationError(error.into())).into()
}
