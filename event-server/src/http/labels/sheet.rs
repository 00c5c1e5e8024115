//! `/v1/sites/{id}/labels.pdf` and `/v1/label-calibration.pdf`: labels of many outlets, to be printed on sheets.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::config::Config;
use crate::context::Context;
use crate::http::access::Caller;
use crate::http::json::Query;
use crate::http::papers::drawn;
use crate::http::problems::{ApiError, Kind};
use crate::http::server::PublicUrl;
use crate::operations::labels::{Asked, labels};
use crate::papers::{LabelLanguage, LabelSheet, Layout, Offset, calibration, label_sheet};

const LAYOUT: &str = "105x148";
/// 10 mm, in tenths.
const MAX_OFFSET: i32 = 100;

/// What labels to print, and where on the sheet.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct SheetQuery {
    /// How wide and high a label is, in mm: `105x148` where left out (four on A4), `105x74` (eight), or `99x67` (eight with a
    /// margin).
    #[param(example = "99x67")]
    layout: Option<String>,
    /// The place of the first label on the first sheet, row by row; 1 where left out. For sheets of which some were used.
    #[param(minimum = 1, example = 3)]
    start_at: Option<u32>,
    /// Ids with commas between; all outlets of the site where left out.
    outlet_ids: Option<String>,
    /// `ja`, `en`, or `both` where left out.
    #[param(inline)]
    lang: Option<LabelLanguage>,
    /// Print so many tenths of a millimetre further to the right: -100 to 100.
    #[param(minimum = -100, maximum = 100)]
    offset_x: Option<i32>,
    /// And so many further down.
    #[param(minimum = -100, maximum = 100)]
    offset_y: Option<i32>,
}

/// How the sheets of labels are.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CalibrationQuery {
    /// As for the labels.
    #[param(example = "99x67")]
    layout: Option<String>,
    /// `ja`, `en`, or `both` where left out.
    #[param(inline)]
    lang: Option<LabelLanguage>,
    /// Print so many tenths of a millimetre further to the right: -100 to 100.
    #[param(minimum = -100, maximum = 100)]
    offset_x: Option<i32>,
    /// And so many further down.
    #[param(minimum = -100, maximum = 100)]
    offset_y: Option<i32>,
}

/// Print labels of a site
///
/// On A4, with marks to cut along; print them black on white at their own size (100 %). Where the printer does not hit the
/// labels, `GET /v1/label-calibration.pdf` shows by how much.
#[utoipa::path(get, path = "/v1/sites/{id}/labels.pdf", tag = "outlets",
    params(("id" = String, Path), SheetQuery), security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The sheets", body = Vec<u8>, content_type = "application/pdf"),
        (status = 503, description = "`font-missing`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(in crate::http) async fn site_labels(
    caller: Caller,
    (context, config, public_url): (web::Data<Context>, web::Data<Config>, web::Data<PublicUrl>),
    id: web::Path<String>,
    query: Query<SheetQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let empty = empty_sheet(query.layout.as_deref().unwrap_or(LAYOUT), query.start_at)?;
    let offset = offset(query.offset_x, query.offset_y)?;
    let ids = query.outlet_ids.unwrap_or_default();
    let ids = ids.split(',').filter(|id| !id.is_empty());
    let asked = Asked {
        tenant_id: caller.tenant_id(),
        site_id: id.into_inner(),
        outlet_ids: ids.map(str::to_owned).collect(),
        public_url: public_url.0.clone(),
        now_us: context.clock.now_us(),
    };
    let sheet = LabelSheet {
        offset,
        language: query.lang.unwrap_or_default(),
        labels: context.db.read(move |conn| labels(conn, &asked)).await?,
        ..empty
    };
    drawn(&config, "labels.pdf", move |font| label_sheet(font, &sheet)).await
}

/// A sheet whose first label lies at that place of the first page, from 1; without labels yet.
pub(crate) fn empty_sheet(layout_name: &str, start_at: Option<u32>) -> Result<LabelSheet, ApiError> {
    let layout = layout(Some(layout_name))?;
    let start_at = start_at.unwrap_or(1);
    if !(1..=layout.labels()).contains(&start_at) {
        return Err(wrong(format!("start_at: expected 1 to {}", layout.labels())));
    }
    Ok(LabelSheet {
        layout,
        offset: Offset { right: 0, down: 0 },
        skipped: start_at - 1,
        language: LabelLanguage::default(),
        labels: Vec::new(),
    })
}

/// Print a page that shows how far a printer prints beside the labels
///
/// Hold it over a sheet of labels: the stroke that lies on the label's edge says what `offset_x` and `offset_y` make it good.
#[utoipa::path(get, path = "/v1/label-calibration.pdf", tag = "outlets",
    params(CalibrationQuery), security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The page", body = Vec<u8>, content_type = "application/pdf"),
        (status = 503, description = "`font-missing`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(in crate::http) async fn label_calibration(
    _caller: Caller,
    config: web::Data<Config>,
    query: Query<CalibrationQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let page = (
        layout(query.layout.as_deref())?,
        offset(query.offset_x, query.offset_y)?,
    );
    let language = query.lang.unwrap_or_default();
    drawn(&config, "label-calibration.pdf", move |font| {
        calibration(font, page, language)
    })
    .await
}

fn layout(name: Option<&str>) -> Result<Layout, ApiError> {
    Layout::named(name.unwrap_or(LAYOUT)).map_err(|names| wrong(format!("layout: expected one of {names}")))
}

fn offset(right: Option<i32>, down: Option<i32>) -> Result<Offset, ApiError> {
    let within = |name: &str, tenths: Option<i32>| {
        let tenths = tenths.unwrap_or(0);
        match (-MAX_OFFSET..=MAX_OFFSET).contains(&tenths) {
            true => Ok(tenths),
            false => Err(wrong(format!("{name}: expected -{MAX_OFFSET} to {MAX_OFFSET}"))),
        }
    };
    Ok(Offset {
        right: within("offset_x", right)?,
        down: within("offset_y", down)?,
    })
}

fn wrong(detail: String) -> ApiError {
    ApiError::new(Kind::InvalidQuery, detail)
}
