//! How far the API reaches for a person whose roles hold at sites: as far as what the path names, or the query asks for, is
//! at a site of theirs. Whatever is not said here is beyond their reach.

use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use api_spec::token::{AccessTokenClaims, Role, RoleClaim};

use super::access::changes;
use super::problems::{ApiError, Kind, nothing_here};
use crate::context::Context;
use crate::store::places::{Named, site_of};

/// What anybody with a token may ask for.
const OF_EVERYBODY: &str = "/v1/meta";

/// Lists that can be narrowed to one site, by `site_id`.
const NARROWED: [&str; 6] = [
    "/v1/alarms",
    "/v1/circuits",
    "/v1/exports/sessions.csv",
    "/v1/exports/usage.csv",
    "/v1/outlets",
    "/v1/usage",
];

/// What a manager does by `POST`. What is made, wired and priced stays with the operator.
const MANAGED: [&str; 9] = [
    "/v1/alarms/{id}/acknowledgement",
    "/v1/outlets/{id}/availability-changes",
    "/v1/outlets/{id}/code-bindings",
    "/v1/outlets/{id}/code-rotations",
    "/v1/outlets/{id}/fault-clearings",
    "/v1/outlets/{id}/status-requests",
    "/v1/sessions/{id}/stop",
    "/v1/sites/{id}/statement-corrections",
    "/v1/sites/{id}/statements",
];

/// Lets a request through that stays at the sites of a person; anybody else's always.
pub(super) async fn check(request: &HttpRequest, claims: &AccessTokenClaims) -> Result<(), ApiError> {
    let pattern = request.match_pattern().unwrap_or_default();
    if claims.sites.is_none() || pattern == OF_EVERYBODY {
        return Ok(());
    }
    let least = least_role(request.method(), &pattern).ok_or_else(beyond_sites)?;
    let site_id = site_asked_for(request, claims, &pattern).await?;
    match RoleClaim::highest_at(&claims.roles, &site_id) {
        Some(role) if role >= least => Ok(()),
        Some(_) => Err(role_too_low(least)),
        None => Err(nothing_here()),
    }
}

fn least_role(method: &Method, pattern: &str) -> Option<Role> {
    if !changes(method) {
        return Some(Role::BoardMember);
    }
    let managed = *method == Method::POST && MANAGED.contains(&pattern);
    managed.then_some(Role::Manager)
}

async fn site_asked_for(
    request: &HttpRequest,
    claims: &AccessTokenClaims,
    pattern: &str,
) -> Result<String, ApiError> {
    if NARROWED.contains(&pattern) {
        return narrowed_to(request.query_string());
    }
    let named = named(pattern).ok_or_else(beyond_sites)?;
    let id = request.match_info().get("id").unwrap_or_default().to_owned();
    let context = request.app_data::<web::Data<Context>>();
    let context = context.ok_or_else(|| ApiError::new(Kind::Internal, "no database"))?;
    let tenant_id = claims.tenant.clone();
    let found = context
        .db
        .read(move |conn| site_of(conn, &tenant_id, named, &id))
        .await?;
    found.ok_or_else(nothing_here)
}

/// What the id in a path is of.
fn named(pattern: &str) -> Option<Named> {
    let (collection, _) = pattern.strip_prefix("/v1/")?.split_once("/{id}")?;
    Some(match collection {
        "sites" => Named::Site,
        "circuits" => Named::Circuit,
        "controllers" => Named::Controller,
        "outlets" => Named::Outlet,
        "sessions" => Named::Session,
        "reservations" => Named::Reservation,
        "commands" => Named::Command,
        "alarms" => Named::Alarm,
        _ => return None,
    })
}

/// The one site that a query names; handlers refuse a query that names two.
fn narrowed_to(query: &str) -> Result<String, ApiError> {
    let mut sites = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "site_id");
    let site_id = sites.next().map(|(_, value)| value.into_owned());
    site_id.ok_or_else(|| {
        let detail = "your roles hold at sites: say which one with site_id";
        ApiError::new(Kind::InsufficientRole, detail)
    })
}

fn role_too_low(least: Role) -> ApiError {
    let detail = format!("this takes the role {} at that site", least.name());
    ApiError::new(Kind::InsufficientRole, detail)
}

fn beyond_sites() -> ApiError {
    let detail =
        "your roles hold at sites, and this is not of one site: an operator or an app backend may do it";
    ApiError::new(Kind::InsufficientRole, detail)
}
