//! `/v1/exports`: whole tables as CSV, read and sent page by page.

mod bound;
pub(super) mod csv;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use api_spec::rest::{MeterResolution, Time, UsageGroup};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use jiff::tz::TimeZone;

use super::access::Caller;
use super::json::Query;
use super::problems::ApiError;
use super::usage::day;
use crate::context::Context;
use crate::operations::list_meter_values::{Asked as ValuesAsked, find_outlet, list_meter_values};
use crate::operations::list_usage::{Asked as UsageAsked, list_usage};
use crate::operations::local_days::zone;
use crate::operations::pricing::cost;
use crate::store::sessions::{self, Exported, Span};
use bound::Bound;
use csv::{Cell, Charset, Csv};

/// Rows that are held in memory at once.
pub(super) const PAGE: usize = 500;

/// Rows of one page, and where the next begins.
pub(super) type Page<K> = (Vec<Vec<Cell>>, Option<K>);

/// Pages one after another: none is read before the one before it was taken over.
pub(super) fn pages<K, F, Fut>(first: K, read: F) -> impl Stream<Item = Result<Vec<Vec<Cell>>, ApiError>>
where
    F: Fn(K) -> Fut,
    Fut: Future<Output = Result<Page<K>, ApiError>>,
{
    stream::try_unfold((Some(first), read), |(next, read)| async move {
        let Some(next) = next else { return Ok(None) };
        let (rows, next) = read(next).await?;
        Ok::<_, ApiError>(Some((rows, (next, read))))
    })
}

/// Answers with the first page already read, so that what cannot be exported is said as a problem.
pub(super) async fn send(
    (name, names): (&str, &[&str]),
    csv: Csv,
    rows: impl Stream<Item = Result<Vec<Vec<Cell>>, ApiError>> + 'static,
) -> Result<HttpResponse, ApiError> {
    let mut rows = Box::pin(rows);
    let first = rows.try_next().await?.unwrap_or_default();
    let begin = [Ok(csv.head(names)), Ok(csv.lines(first))];
    let rest = rows.map_ok(move |rows| csv.lines(rows));
    let body = stream::iter(begin).chain(rest).map_err(|error| {
        tracing::warn!(%error, "an export was cut off");
        std::io::Error::other(error.to_string())
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, csv.content_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body))
}

/// A moment by the clocks of a site, with their offset.
fn local(zone: &TimeZone, at_us: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(at_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let zoned = moment.to_zoned(zone.clone());
    zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

pub(super) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// Which sessions to export.
#[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionsQuery {
    /// Those that ended from here on: a day in each site's time zone, or a time with its offset.
    #[param(example = "2026-11-01")]
    from: String,
    /// And before this.
    #[param(example = "2026-12-01")]
    to: String,
    /// Of this site alone.
    site_id: Option<String>,
    /// Of this driver alone.
    driver_id: Option<String>,
    /// `utf-8` where left out.
    #[serde(default)]
    #[param(inline)]
    charset: Charset,
    /// Begin UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
    #[serde(default)]
    bom: bool,
}

const SESSION_NAMES: [&str; 18] = [
    "id",
    "site_id",
    "site",
    "outlet_id",
    "outlet",
    "driver_id",
    "state",
    "ended_reason",
    "energized_at",
    "ended_at",
    "start_register_wh",
    "stop_register_wh",
    "energy_wh",
    "cost_yen",
    "energy_yen",
    "fixed_yen",
    "minimum_yen",
    "idle_yen",
];

/// Export sessions as CSV
///
/// In the order in which they were asked for. Times are those of the site's clocks, with their offset. A text that a
/// spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/v1/exports/sessions.csv", tag = "exports", params(SessionsQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "All that ended in the time", body = String, content_type = "text/csv")))]
pub(super) async fn export_sessions(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<SessionsQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let csv = Csv {
        charset: query.charset,
        bom: query.bom,
    };
    let (from, to) = (Bound::read("from", &query.from)?, Bound::read("to", &query.to)?);
    let span = Span {
        tenant_id: caller.tenant_id(),
        site_id: query.site_id,
        driver_id: query.driver_id,
        ended: (from.about_us(-1), to.about_us(1)),
    };
    let rows = pages(0, move |after| {
        let (context, span) = (context.clone(), span.clone());
        async move {
            let read = context
                .db
                .read(move |conn| sessions::list_ended(conn, &span, after, PAGE as i64));
            let rows = read.await?;
            let next = rows
                .last()
                .filter(|_| rows.len() == PAGE)
                .map(|row| row.session.number);
            let zoned = rows.iter().map(|row| (row, zone(&row.zone)));
            let within = zoned.filter(|(row, zone)| {
                let ended = row.session.ended_at.unwrap_or_default();
                (from.us(zone)..to.us(zone)).contains(&ended)
            });
            let cells = within.map(|(row, zone)| session_cells(row, &zone));
            let cells = cells.collect::<Result<_, ApiError>>()?;
            Ok::<Page<i64>, ApiError>((cells, next))
        }
    });
    send(("sessions.csv", &SESSION_NAMES), csv, rows).await
}

fn session_cells(row: &Exported, zone: &TimeZone) -> Result<Vec<Cell>, ApiError> {
    let session = &row.session;
    let moment = |at: Option<i64>| text(at.map(|at| local(zone, at)).unwrap_or_default());
    let cost = cost(session)?;
    let part = |part: fn(&api_spec::rest::SessionCost) -> i64| Cell::Number(cost.as_ref().map(part));
    Ok(vec![
        text(&session.id),
        text(&row.site_id),
        text(&row.site_name),
        text(&row.outlet_id),
        text(&row.outlet_name),
        text(&session.driver_id),
        text(&session.state),
        text(session.ended_reason.clone().unwrap_or_default()),
        moment(session.energized_at),
        moment(session.ended_at),
        Cell::Number(session.start_register_wh),
        Cell::Number(session.stop_register_wh),
        Cell::Number(Some(session.energy_wh)),
        part(|cost| cost.yen),
        part(|cost| cost.energy_yen),
        part(|cost| cost.fixed_yen),
        part(|cost| cost.minimum_yen),
        part(|cost| cost.idle_yen),
    ])
}

/// What usage to export.
#[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageExportQuery {
    /// What energy, sessions and cost are added up by.
    #[param(inline)]
    group_by: UsageGroup,
    /// The first day, in each site's time zone.
    #[param(example = "2026-11-01")]
    from: String,
    /// The day after the last, at most 400 days later.
    #[param(example = "2026-12-01")]
    to: String,
    /// Of this site alone; needed with `group_by=unit`.
    site_id: Option<String>,
    /// Of this driver alone.
    driver_id: Option<String>,
    /// `utf-8` where left out.
    #[serde(default)]
    #[param(inline)]
    charset: Charset,
    /// Begin UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
    #[serde(default)]
    bom: bool,
}

const USAGE_NAMES: [&str; 5] = ["key", "energy_wh", "unattributed_wh", "sessions", "cost_yen"];

/// Export usage as CSV
#[utoipa::path(get, path = "/v1/exports/usage.csv", tag = "exports", params(UsageExportQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "As `GET /v1/usage`, all pages", body = String, content_type = "text/csv")))]
pub(super) async fn export_usage(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<UsageExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let csv = Csv {
        charset: query.charset,
        bom: query.bom,
    };
    let asked = UsageAsked {
        tenant_id: caller.tenant_id(),
        group_by: query.group_by,
        days: (day("from", &query.from)?, day("to", &query.to)?),
        site_id: query.site_id,
        driver_id: query.driver_id,
        after: None,
        limit: PAGE,
    };
    let rows = pages(None, move |after| {
        let asked = UsageAsked {
            after,
            ..asked.clone()
        };
        let context = context.clone();
        async move {
            let (rows, last) = context.db.read(move |conn| list_usage(conn, &asked)).await?;
            let cells = rows.into_iter().map(|row| {
                vec![
                    text(row.key.unwrap_or_default()),
                    Cell::Number(Some(row.energy_wh)),
                    Cell::Number(Some(row.unattributed_wh)),
                    Cell::Number(Some(row.sessions)),
                    Cell::Number(Some(row.cost_yen)),
                ]
            });
            Ok::<Page<Option<String>>, ApiError>((cells.collect(), last.map(Some)))
        }
    });
    send(("usage.csv", &USAGE_NAMES), csv, rows).await
}

/// Which values to export.
#[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ValuesExportQuery {
    /// Of this outlet.
    outlet_id: String,
    /// Values that begin here or later.
    from: Time,
    /// As far after `from` as `GET /v1/outlets/{id}/meter-values` allows.
    to: Time,
    /// How long each value is.
    #[param(inline)]
    resolution: MeterResolution,
    /// `utf-8` where left out.
    #[serde(default)]
    #[param(inline)]
    charset: Charset,
    /// Begin UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
    #[serde(default)]
    bom: bool,
}

const VALUE_NAMES: [&str; 8] = [
    "from",
    "to",
    "energy_wh",
    "register_wh",
    "voltage_mv",
    "current_ma",
    "breaker",
    "quality",
];

/// Export meter values as CSV
#[utoipa::path(get, path = "/v1/exports/meter-values.csv", tag = "exports", params(ValuesExportQuery),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "As `GET /v1/outlets/{id}/meter-values`, all pages", body = String,
        content_type = "text/csv"),
        (status = 404, description = "There is no such outlet, or it is another tenant's",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn export_meter_values(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<ValuesExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let csv = Csv {
        charset: query.charset,
        bom: query.bom,
    };
    let tenant = caller.tenant_id();
    let outlet_id = query.outlet_id.clone();
    let find = context
        .db
        .read(move |conn| find_outlet(conn, &tenant, &outlet_id));
    let (place, zone_name) = find.await?;
    let zone = zone(&zone_name);
    let asked = ValuesAsked {
        place,
        zone: zone.clone(),
        from_us: query.from.0,
        to_us: query.to.0,
        resolution: query.resolution,
        limit: PAGE,
        now_us: context.clock.now_us(),
    };
    let rows = pages(query.from.0, move |from_us| {
        let asked = ValuesAsked {
            from_us,
            ..asked.clone()
        };
        let (context, zone) = (context.clone(), zone.clone());
        async move {
            let read = context.db.read(move |conn| list_meter_values(conn, &asked));
            let (values, next_us) = read.await?;
            let cells = values.into_iter().map(|value| value_cells(&zone, &value));
            Ok::<Page<i64>, ApiError>((cells.collect(), next_us))
        }
    });
    send(("meter-values.csv", &VALUE_NAMES), csv, rows).await
}

fn value_cells(zone: &TimeZone, value: &api_spec::rest::MeterValue) -> Vec<Cell> {
    let breaker = value.breaker.map(crate::store::name).unwrap_or_default();
    vec![
        text(local(zone, value.from.0)),
        text(local(zone, value.to.0)),
        Cell::Number(value.energy_wh),
        Cell::Number(value.register_wh),
        Cell::Number(value.voltage_mv),
        Cell::Number(value.current_ma),
        text(breaker),
        text(crate::store::name(value.quality)),
    ]
}

#[cfg(test)]
mod tests {
    use std::cell::Cell as Counter;
    use std::rc::Rc;

    use super::*;

    #[tokio::test]
    async fn an_export_reads_a_page_only_when_the_one_before_it_was_taken() {
        let read = Rc::new(Counter::new(0));
        let count = read.clone();
        let source = pages(0, move |page: i64| {
            count.set(count.get() + 1);
            let rows = vec![vec![Cell::Number(Some(page))]; PAGE];
            async move { Ok::<Page<i64>, ApiError>((rows, (page < 1_000_000).then_some(page + 1))) }
        });
        let mut source = Box::pin(source);
        for taken in 1..=3 {
            let rows = source.next().await.unwrap().unwrap();
            assert_eq!((rows.len(), read.get()), (PAGE, taken));
        }
    }
}
