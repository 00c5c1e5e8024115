//! `/v1/sites/{id}/statements`.

pub(crate) mod sheet;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{
    NewStatement, NewStatementCorrection, Page, Statement, StatementCheck, StatementCorrection,
    StatementSession, StatementSummary,
};
use futures_util::stream;

use super::access::Caller;
use super::answers::tagged;
use super::exports::csv::{Charset, Csv};
use super::exports::send;
use super::idempotency::{IdempotencyKey, MaybeNamed, made, once_if_named};
use super::json::{Faults, Json, Query};
use super::language::Language;
use super::paging;
use super::papers::drawn;
use super::problems::ApiError;
use crate::config::Config;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::statement_layouts;
use crate::operations::statement_months::Month;
use crate::operations::statement_papers::{board_paper, notice_paper};
use crate::operations::statements::{self as operations, MonthPage, OfSite};
use crate::papers::statement::{notice_pdf, pdf};
use crate::store::statement_lines::Filter;

const DEFAULT_LIMIT: i64 = 12;
pub(super) const MAX_LIMIT: i64 = 60;
const MAX_UNIT: usize = 50;
const MAX_NOTE: usize = 200;
const MAX_YEN: i64 = 10_000_000;

/// Which months.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MonthsQuery {
    /// At most 60; 12 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which sessions of a month.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LinesQuery {
    /// Of this unit alone; empty: of the row without a unit.
    unit: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The language of a sheet.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SheetLanguage {
    #[default]
    Ja,
    En,
}

impl SheetLanguage {
    fn language(self) -> Language {
        match self {
            Self::Ja => Language::Japanese,
            Self::En => Language::English,
        }
    }
}

/// How a month is written as CSV.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SheetQuery {
    /// `utf-8` has a byte order mark; as the site's layout says where left out.
    #[param(inline)]
    charset: Option<Charset>,
    /// Of names and notes; `ja` where left out.
    #[serde(default)]
    #[param(inline)]
    lang: SheetLanguage,
}

pub(super) fn of_site(caller: &Caller, site_id: String) -> OfSite {
    OfSite {
        tenant_id: caller.tenant_id(),
        site_id,
    }
}

fn named(month: &str) -> Result<Month, ApiError> {
    Ok(Month::parse(month).ok_or(Refusal::NotFound("month"))?)
}

/// List the months of a site, the newest first
///
/// From the month in which the site was made to the one that runs. Of open months the figures are those of now.
#[utoipa::path(get, path = "/v1/sites/{id}/statements", tag = "statements", params(("id" = String, Path), MonthsQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "One page of months", body = Page<StatementSummary>)))]
pub(super) async fn list_statements(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<MonthsQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = paging::limit_within(query.0.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let before = match query.0.cursor.as_deref() {
        Some(cursor) => Some(named(&paging::after(Some(cursor))?)?),
        None => None,
    };
    let page = MonthPage {
        before,
        limit: usize::try_from(limit + 1).unwrap_or_default(),
    };
    let (of, now_us) = (of_site(&caller, id.into_inner()), context.clock.now_us());
    let read = context
        .db
        .read(move |conn| operations::list(conn, &of, (page, now_us)));
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, |row| row.month.clone())))
}

/// Close a month
///
/// Freezes all its figures, once, with a hash that names that of the month before. Months are closed in their order, each an
/// hour after it is over in the site's time zone at the earliest. Sessions that come later, or change, are corrections of the
/// month that is closed next.
#[utoipa::path(post, path = "/v1/sites/{id}/statements", tag = "statements", params(("id" = String, Path)),
    request_body = NewStatement, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The closed month in short", body = StatementSummary),
        (status = 409, description = "`month-closed`, `month-not-over`, or `month-out-of-turn`: `detail` says which month can be closed, and when",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn close_month(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    once: MaybeNamed,
    (id, body): (web::Path<String>, Json<NewStatement>),
) -> Result<HttpResponse, ApiError> {
    let once = once.once(&caller, &request, &body.canonical);
    let month = Month::parse(&body.value.month);
    let expected = "expected a month, such as 2026-10";
    let month = month.ok_or_else(|| Refusal::invalid("/month", expected))?;
    let location = format!("/v1/sites/{id}/statements/{month}");
    let of = of_site(&caller, id.into_inner());
    let close = once_if_named(&context, once, move |tx| operations::close(tx, &of, month));
    let (summary, replayed) = close.await?;
    let mut response = HttpResponse::Created();
    Ok(replayed.mark(response.insert_header((LOCATION, location)).json(summary)))
}

/// Show a month
///
/// What each unit is charged, what is corrected, and whether it agrees with the meters. A session belongs to the month in
/// which it ended in the site's time zone, whenever it began; one that took no energy to none.
#[utoipa::path(get, path = "/v1/sites/{id}/statements/{month}", tag = "statements",
    params(("id" = String, Path), ("month" = String, Path, example = "2026-10")),
    security(("oauth2" = ["sessions:read"])), responses((status = 200, description = "The month", body = Statement)))]
pub(super) async fn get_statement(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, month) = path.into_inner();
    let (of, month, now_us) = (of_site(&caller, id), named(&month)?, context.clock.now_us());
    let read = context
        .db
        .read(move |conn| operations::show(conn, &of, (month, now_us)));
    tagged(&request, &read.await?)
}

/// Show a month as CSV
///
/// Rows, registers, corrections, meters, reconciliation and total; the first column says which, where
/// `PUT /v1/sites/{id}/statement-layout` has not chosen others. A text that a spreadsheet would take for a formula begins with
/// an apostrophe.
#[utoipa::path(get, path = "/v1/sites/{id}/statements/{month}.csv", tag = "statements",
    params(("id" = String, Path), ("month" = String, Path, example = "2026-10"), SheetQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The month", body = String, content_type = "text/csv")))]
pub(super) async fn export_statement(
    caller: Caller,
    context: web::Data<Context>,
    path: web::Path<(String, String)>,
    query: Query<SheetQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, month) = path.into_inner();
    let (of, month, now_us) = (of_site(&caller, id), named(&month)?, context.clock.now_us());
    let read = context.db.read(move |conn| {
        let (layout, _) = statement_layouts::find(conn, &of)?;
        Ok::<_, Refusal>((operations::show(conn, &of, (month, now_us))?, layout))
    });
    let (statement, layout) = read.await?;
    let statement: Statement =
        serde_json::from_value(statement).map_err(|error| ApiError::internal(&error))?;
    let language = query.0.lang.language();
    let layout = layout.unwrap_or_else(|| sheet::whole(language));
    let csv = Csv {
        charset: query.0.charset.unwrap_or(layout.charset.into()),
        bom: true,
    };
    let (names, rows) = sheet::sheet(&statement, &layout, language);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = format!("statement-{month}.csv");
    send((&name, &names), csv, stream::iter([Ok(rows)])).await
}

/// Which paper of a month.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PaperQuery {
    /// The notice of this unit; empty: of those without a unit. The whole month for the board where left out.
    unit: Option<String>,
    /// `ja` where left out.
    #[serde(default)]
    #[param(inline)]
    lang: SheetLanguage,
}

/// Print a month
///
/// For the board, or what one unit owes with its sessions. A month that is open is marked as a draft.
#[utoipa::path(get, path = "/v1/sites/{id}/statements/{month}.pdf", tag = "statements",
    params(("id" = String, Path), ("month" = String, Path, example = "2026-10"), PaperQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The paper", body = Vec<u8>, content_type = "application/pdf"),
        (status = 503, description = "`font-missing`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn print_statement(
    caller: Caller,
    (context, config): (web::Data<Context>, web::Data<Config>),
    path: web::Path<(String, String)>,
    query: Query<PaperQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, month) = path.into_inner();
    let (of, month, now_us) = (of_site(&caller, id), named(&month)?, context.clock.now_us());
    let language = query.0.lang.language();
    let name = format!("statement-{month}.pdf");
    let at = (month, now_us);
    let Some(unit) = query.0.unit else {
        let read = context.db.read(move |conn| board_paper(conn, &of, at, language));
        let paper = read.await?;
        return drawn(&config, &name, move |font| pdf(font, &paper)).await;
    };
    let read = context
        .db
        .read(move |conn| notice_paper(conn, &of, at, (unit, language)));
    let paper = read.await?;
    drawn(&config, &name, move |font| notice_pdf(font, &paper)).await
}

/// List the sessions under a month's figures
///
/// In the order in which they ended; then those of closed months that have come late, or have changed.
#[utoipa::path(get, path = "/v1/sites/{id}/statements/{month}/sessions", tag = "statements",
    params(("id" = String, Path), ("month" = String, Path, example = "2026-10"), LinesQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "One page of sessions", body = Page<StatementSession>)))]
pub(super) async fn list_statement_sessions(
    caller: Caller,
    context: web::Data<Context>,
    path: web::Path<(String, String)>,
    query: Query<LinesQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, month) = path.into_inner();
    let (of, month, now_us) = (of_site(&caller, id), named(&month)?, context.clock.now_us());
    let limit = paging::limit(query.0.limit)?;
    let filter = Filter {
        unit: query.0.unit,
        after: paging::before(query.0.cursor.as_deref())?.unwrap_or(0),
        limit: limit + 1,
    };
    let read = context
        .db
        .read(move |conn| operations::list_sessions(conn, &of, (month, now_us), &filter));
    let page = paging::page(read.await?, limit, |(place, _)| place.to_string());
    Ok(HttpResponse::Ok().json(paging::map(page, |(_, told)| told)))
}

/// Check that all closed months are what they were when they were closed
///
/// Reads every text and every session of them again. Who keeps a `hash` of a closed month elsewhere can tell whether the whole
/// chain was written anew.
#[utoipa::path(get, path = "/v1/sites/{id}/statement-check", tag = "statements", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "What was found", body = StatementCheck)))]
pub(super) async fn check_statements(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let of = of_site(&caller, id.into_inner());
    let read = context.db.read(move |conn| operations::check_all(conn, &of));
    tagged(&request, &read.await?)
}

/// Write a correction into the month that is closed next
///
/// It cannot be taken back, but by another one.
#[utoipa::path(post, path = "/v1/sites/{id}/statement-corrections", tag = "statements", params(("id" = String, Path)),
    request_body = NewStatementCorrection, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The correction", body = StatementCorrection)))]
pub(super) async fn create_statement_correction(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    (id, body): (web::Path<String>, Json<NewStatementCorrection>),
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    if let Some(unit) = &asked.unit {
        faults.check_text("/unit", unit, MAX_UNIT);
    }
    faults.check_text("/note", &asked.note, MAX_NOTE);
    if asked.amount_yen == 0 || !(-MAX_YEN..=MAX_YEN).contains(&asked.amount_yen) {
        let expected = format!("expected -{MAX_YEN} to {MAX_YEN}, and not 0");
        faults.add("/amount_yen", &expected);
    }
    faults.into_result()?;
    let of = of_site(&caller, id.into_inner());
    made(&context, once, move |tx| operations::correct(tx, &of, asked)).await
}
