//! `/v1/usage`.

use actix_web::{HttpResponse, web};
use api_spec::rest::{Page, Usage, UsageGroup};

use super::access::Caller;
use super::json::Query;
use super::paging;
use super::problems::{ApiError, Kind};
use crate::context::Context;
use crate::operations::list_usage::{Asked, list_usage as list};
use crate::operations::local_days::number;

const DEFAULT_LIMIT: i64 = 200;
pub(super) const MAX_LIMIT: i64 = 1000;

/// What usage.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
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
    /// At most 1000; 200 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl UsageQuery {
    pub(super) fn asked(self, tenant_id: String) -> Result<Asked, ApiError> {
        let limit = paging::limit_within(self.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
        let cursor = self.cursor.as_deref();
        let after = cursor.map(|cursor| paging::after(Some(cursor))).transpose()?;
        Ok(Asked {
            tenant_id,
            group_by: self.group_by,
            days: (day("from", &self.from)?, day("to", &self.to)?),
            site_id: self.site_id,
            driver_id: self.driver_id,
            after,
            limit: usize::try_from(limit).unwrap_or_default(),
        })
    }
}

pub(super) fn day(name: &str, text: &str) -> Result<i32, ApiError> {
    let date = text.parse().map_err(|_| {
        let detail = format!("{name}: expected a day, such as 2026-11-01");
        ApiError::new(Kind::InvalidQuery, detail)
    })?;
    Ok(number(date))
}

/// Add up energy, sessions and cost
///
/// Energy is that of the days from `from` to before `to` in each site's time zone, up to a quarter of an hour ago or so;
/// sessions and their cost are those that ended within. A session that ran over midnight gives energy to both days.
#[utoipa::path(get, path = "/v1/usage", tag = "usage", params(UsageQuery),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "One page of usage", body = Page<Usage>)))]
pub(super) async fn list_usage(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<UsageQuery>,
) -> Result<HttpResponse, ApiError> {
    let asked = query.0.asked(caller.tenant_id())?;
    let (data, last) = context.db.read(move |conn| list(conn, &asked)).await?;
    Ok(HttpResponse::Ok().json(Page {
        data,
        next_cursor: last.map(|key| paging::cursor(&key)),
    }))
}
