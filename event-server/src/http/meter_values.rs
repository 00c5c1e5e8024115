//! `/v1/outlets/{id}/meter-values` and `/v1/sites/{id}/meter-values`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{MeterResolution, MeterValue, Page, Time};
use foundation::Conn;

use super::access::Caller;
use super::answers::tagged;
use super::json::Query;
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::list_meter_values::{
    Asked, Values, find_main_circuit, find_outlet, list_meter_values,
};
use crate::operations::local_days::zone;
use crate::store::readings::Place;

const DEFAULT_LIMIT: i64 = 200;
pub(super) const MAX_LIMIT: i64 = 1000;

/// Which values.
#[derive(Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ValueQuery {
    /// Values that begin here or later.
    from: Time,
    /// At most 7 days after `from` for `raw`, 31 for `1m`, 100 for `15m`, 1100 for `1d`, 3700 for `1mo`.
    to: Time,
    /// How long each value is.
    #[param(inline)]
    resolution: MeterResolution,
    /// At most 1000; 200 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of a site with several main meters: as this controller reads it; the first where left out. Not for outlets.
    controller_id: Option<String>,
}

impl ValueQuery {
    pub(super) fn asked(&self, (place, zone_name): (Place, &str), now_us: i64) -> Result<Asked, ApiError> {
        let limit = paging::limit_within(self.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
        let next_us = paging::before(self.cursor.as_deref())?;
        Ok(Asked {
            place,
            zone: zone(zone_name),
            from_us: next_us.unwrap_or(self.from.0).max(self.from.0),
            to_us: self.to.0,
            resolution: self.resolution,
            limit: usize::try_from(limit).unwrap_or_default(),
            now_us,
        })
    }
}

/// List what an outlet's meter told
///
/// Stretches lie in the order of time, those without a reading too; the present one is shown as far as it goes. Days and
/// months are those of the site's time zone. A step to another meter's level is no energy.
#[utoipa::path(get, path = "/v1/outlets/{id}/meter-values", tag = "outlets",
    params(("id" = String, Path), ValueQuery), security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "One page of values", body = Page<MeterValue>)))]
pub(super) async fn list_outlet_values(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<ValueQuery>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    show((&request, &context), query.0, move |conn, query| {
        if query.controller_id.is_some() {
            return Err(Refusal::Query("controller_id: an outlet has one meter".into()));
        }
        find_outlet(conn, &tenant, &id)
    })
    .await
}

/// List what the meter of a site's main circuit told
///
/// 404 where no controller reads the main circuit.
#[utoipa::path(get, path = "/v1/sites/{id}/meter-values", tag = "sites",
    params(("id" = String, Path), ValueQuery), security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of values", body = Page<MeterValue>)))]
pub(super) async fn list_site_values(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<ValueQuery>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    show((&request, &context), query.0, move |conn, query| {
        find_main_circuit(conn, &tenant, &id, query.controller_id.as_deref())
    })
    .await
}

/// The values of a place that `find` finds, with the name of its time zone.
async fn show(
    (request, context): (&HttpRequest, &Context),
    query: ValueQuery,
    find: impl FnOnce(&mut Conn, &ValueQuery) -> Result<(Place, String), Refusal> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let now_us = context.clock.now_us();
    let read = context.db.read(move |conn| {
        let (place, zone_name) = find(conn, &query)?;
        let asked = query.asked((place, &zone_name), now_us)?;
        Ok::<Values, ApiError>(list_meter_values(conn, &asked)?)
    });
    let (data, next_us) = read.await?;
    let page = Page::<MeterValue> {
        data,
        next_cursor: next_us.map(|next| paging::cursor(&next.to_string())),
    };
    tagged(request, &page)
}
