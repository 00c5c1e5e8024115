//! `/v1/commands`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::Command;

use super::access::Caller;
use super::answers::tagged;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::resources;
use crate::store::commands;

/// Show a command and its outcome
#[utoipa::path(get, path = "/v1/commands/{id}", tag = "commands", params(("id" = String, Path)),
    security(("oauth2" = ["sessions:read"])),
    responses((status = 200, description = "The command", body = Command)))]
pub(super) async fn get_command(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| commands::find_owned(conn, &tenant, &id))
        .await?;
    let (row, outlet_id) = found.ok_or(Refusal::NotFound("command"))?;
    tagged(&request, &resources::command(&row, outlet_id.as_deref())?)
}
