//! `/v1/sites/{id}/statement-layout`: which columns statements have as CSV.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewStatementLayout, StatementLayout};

use super::access::Caller;
use super::answers::editable;
use super::if_match::IfMatch;
use super::json::Json;
use super::language::Language;
use super::problems::ApiError;
use super::statements::{of_site, sheet};
use crate::context::Context;
use crate::operations::statement_layouts as operations;

/// Show which columns a site's statements have as CSV
///
/// All of them, with Japanese headings, where nobody has set others.
#[utoipa::path(get, path = "/v1/sites/{id}/statement-layout", tag = "statements", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The columns", body = StatementLayout)))]
pub(super) async fn get_statement_layout(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let of = of_site(&caller, id.into_inner());
    let read = context.db.read(move |conn| operations::find(conn, &of));
    let (layout, since) = read.await?;
    let layout = layout.unwrap_or_else(|| sheet::whole(Language::Japanese));
    editable(&request, &operations::resource(layout, since))
}

/// Set which columns a site's statements have as CSV
///
/// For the program that takes them in: its columns, in its order, under its headings. From then on every CSV of the site's
/// months is written so, closed ones as well; what they tell stays the same.
#[utoipa::path(put, path = "/v1/sites/{id}/statement-layout", tag = "statements", params(("id" = String, Path)),
    request_body = NewStatementLayout, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The columns", body = StatementLayout)))]
pub(super) async fn put_statement_layout(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<NewStatementLayout>),
) -> Result<HttpResponse, ApiError> {
    let of = of_site(&caller, id.into_inner());
    let asked = body.value;
    let put = context.transact(move |tx| operations::put(tx, &of, &expected, asked));
    editable(&request, &put.await?)
}
