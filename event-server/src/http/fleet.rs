//! What is asked of controllers and outlets besides charging: variables, out of use, start anew.

use actix_web::HttpResponse;
use api_spec::rest::{
    AvailabilityChange, CommandAccepted, CommandKind, ResetRequest, VariableChange, VariableRequest,
};
use serde_json::json;

use super::asking::Asking;
use super::controllers::MAX_OUTLETS;
use super::json::{Faults, Json};
use super::problems::ApiError;

const MAX_VARIABLES: usize = 20;
/// OCPP allows names of 50 characters.
const MAX_VARIABLE_NAME: usize = 50;
/// OCPP 2.0.1 allows values of 1000 characters.
const MAX_VARIABLE_VALUE: usize = 1_000;

/// Read variables of a controller
///
/// What the controller answers is in the command's `detail`: a JSON array of `VariableRead`.
#[utoipa::path(post, path = "/v1/controllers/{id}/variable-requests", tag = "controllers",
    params(("id" = String, Path)), request_body = VariableRequest, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn request_variables(
    asking: Asking,
    body: Json<VariableRequest>,
) -> Result<HttpResponse, ApiError> {
    let names = body.value.variables.iter();
    check_variables(names.map(|name| (&name.component, &name.variable, name.outlet_number)))?;
    asking
        .controller(CommandKind::GetVariables, &body.canonical, json!(body.value))
        .await
}

/// Set variables of a controller
///
/// What became of each is in the command's `detail`, a JSON array of `VariableSet`; `refused` with `not_all_set` unless every
/// one was set.
#[utoipa::path(post, path = "/v1/controllers/{id}/variable-changes", tag = "controllers",
    params(("id" = String, Path)), request_body = VariableChange, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn change_variables(
    asking: Asking,
    body: Json<VariableChange>,
) -> Result<HttpResponse, ApiError> {
    let names = body.value.variables.iter();
    check_variables(names.map(|name| (&name.component, &name.variable, name.outlet_number)))?;
    let mut faults = Faults::default();
    for (index, wanted) in body.value.variables.iter().enumerate() {
        if wanted.value.chars().count() > MAX_VARIABLE_VALUE {
            faults.add(
                &format!("/variables/{index}/value"),
                "expected at most 1000 characters",
            );
        }
    }
    faults.into_result()?;
    asking
        .controller(CommandKind::SetVariables, &body.canonical, json!(body.value))
        .await
}

/// Take a controller's outlets out of use, or into it again
///
/// Charges that run go on to their ends; the command is then confirmed with the detail `scheduled`. Survives a restart.
#[utoipa::path(post, path = "/v1/controllers/{id}/availability-changes", tag = "controllers",
    params(("id" = String, Path)), request_body = AvailabilityChange, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn change_availability(
    asking: Asking,
    body: Json<AvailabilityChange>,
) -> Result<HttpResponse, ApiError> {
    asking
        .controller(
            CommandKind::ChangeAvailability,
            &body.canonical,
            json!(body.value),
        )
        .await
}

/// Take an outlet out of use, or into it again
///
/// A charge that runs goes on to its end; the command is then confirmed with the detail `scheduled`. Survives a restart.
#[utoipa::path(post, path = "/v1/outlets/{id}/availability-changes", tag = "outlets",
    params(("id" = String, Path)), request_body = AvailabilityChange, security(("oauth2" = ["outlets:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn change_outlet_availability(
    asking: Asking,
    body: Json<AvailabilityChange>,
) -> Result<HttpResponse, ApiError> {
    asking
        .outlet(
            CommandKind::ChangeAvailability,
            &body.canonical,
            json!(body.value),
        )
        .await
}

/// Start a controller anew
///
/// `on_idle` waits for the ends of charges and is then confirmed as `scheduled`; `immediate` ends them with the reason
/// `reset` and their closing registers. Otherwise it is confirmed when the controller has registered again.
#[utoipa::path(post, path = "/v1/controllers/{id}/reset-requests", tag = "controllers",
    params(("id" = String, Path)), request_body = ResetRequest, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn reset_controller(
    asking: Asking,
    body: Json<ResetRequest>,
) -> Result<HttpResponse, ApiError> {
    asking
        .controller(CommandKind::Reset, &body.canonical, json!(body.value))
        .await
}

fn check_variables<'a>(
    named: impl ExactSizeIterator<Item = (&'a String, &'a String, Option<i32>)>,
) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if !(1..=MAX_VARIABLES).contains(&named.len()) {
        faults.add("/variables", "expected 1 to 20");
    }
    for (index, (component, variable, outlet_number)) in named.enumerate() {
        let at = |field: &str| format!("/variables/{index}/{field}");
        faults.check_text(&at("component"), component, MAX_VARIABLE_NAME);
        faults.check_text(&at("variable"), variable, MAX_VARIABLE_NAME);
        let number = outlet_number.map(usize::try_from);
        if number.is_some_and(|number| !number.is_ok_and(|number| (1..=MAX_OUTLETS).contains(&number))) {
            faults.add(&at("outlet_number"), "expected 1 to 8");
        }
    }
    faults.into_result()
}
