//! `/v1/circuits`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Circuit, CircuitChange, NewCircuit, Page};
use foundation::DbError;

use super::access::Caller;
use super::answers::{created, editable};
use super::idempotency::{MaybeNamed, once_if_named};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::circuits as operations;
use crate::store::circuits;

/// Which circuits.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CircuitQuery {
    /// Of this site alone: its whole tree, by `parent_id`.
    site_id: Option<String>,
    /// In this panel alone.
    controller_id: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the circuits
#[utoipa::path(get, path = "/v1/circuits", tag = "circuits", params(CircuitQuery),
    security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of circuits", body = Page<Circuit>)))]
pub(super) async fn list_circuits(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<CircuitQuery>,
) -> Result<HttpResponse, ApiError> {
    let (query, tenant) = (query.0, caller.tenant_id());
    let limit = paging::limit(query.limit)?;
    let filter = circuits::Filter {
        site_id: query.site_id,
        controller_id: query.controller_id,
        after: paging::after(query.cursor.as_deref())?,
    };
    let read = context.db.read(move |conn| {
        let rows = circuits::list(conn, &tenant, &filter, limit + 1)?;
        operations::all_shown(conn, rows)
    });
    let shown: Result<_, DbError> = read.await;
    Ok(HttpResponse::Ok().json(paging::page(shown?, limit, |circuit| circuit.id.clone())))
}

/// Make a circuit
///
/// The main circuit comes with the site, and one circuit for each outlet with the controller; this is for what lies between.
#[utoipa::path(post, path = "/v1/circuits", tag = "circuits", request_body = NewCircuit,
    security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The circuit", body = Circuit)))]
pub(super) async fn create_circuit(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    body: Json<NewCircuit>,
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let (asked, tenant) = (body.value, caller.tenant_id());
    check(Some(&asked.name), asked.limit_ma)?;
    let make = once_if_named(&context, named, move |tx| {
        operations::create_circuit(tx, &tenant, &asked)
    });
    let (circuit, replayed) = make.await?;
    Ok(replayed.mark(created(format!("/v1/circuits/{}", circuit.id), &circuit)?))
}

/// Show a circuit
#[utoipa::path(get, path = "/v1/circuits/{id}", tag = "circuits", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])), responses((status = 200, description = "The circuit", body = Circuit)))]
pub(super) async fn get_circuit(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let found = circuits::find(conn, &tenant, &id)?;
        found.map(|row| operations::shown(conn, row)).transpose()
    });
    let found: Result<_, DbError> = read.await;
    editable(&request, &found?.ok_or(Refusal::NotFound("circuit"))?)
}

/// Change a circuit: its name, its limit, and what feeds it
#[utoipa::path(patch, path = "/v1/circuits/{id}", tag = "circuits", params(("id" = String, Path)),
    request_body = CircuitChange, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The circuit", body = Circuit)))]
pub(super) async fn update_circuit(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<CircuitChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    check(change.name.as_deref(), change.limit_ma.flatten())?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| operations::change_circuit(tx, &named, &expected, change));
    editable(&request, &changed.await?)
}

/// Delete a circuit that feeds nothing
#[utoipa::path(delete, path = "/v1/circuits/{id}", tag = "circuits", params(("id" = String, Path)),
    security(("oauth2" = ["sites:write"])),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "`circuit-in-use`: it feeds a circuit or an outlet, or is the main circuit",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn delete_circuit(
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let named = (caller.tenant_id(), id.into_inner());
    let delete = context.transact(move |tx| operations::delete_circuit(tx, &named, &expected));
    delete.await?;
    Ok(HttpResponse::NoContent().finish())
}

fn check(name: Option<&str>, limit_ma: Option<i64>) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    if let Some(name) = name {
        faults.check_text("/name", name, 100);
    }
    faults.check_positive("/limit_ma", limit_ma);
    faults.into_result()
}
