//! The OpenAPI document, made from the handlers and the types.

mod asyncapi;
mod conventions;
mod examples;
mod places;
mod plain_text;
mod requests;
mod webhooks;

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::problem::Problem;
use api_spec::rest::{TrustedCertificate, VariableRead, VariableSet};
use api_spec::token::Scope;
use api_spec::webhook;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::answers::tagged;
use super::labels::sheet;
use super::problems::ApiError;
use super::{
    alarms, audit_entries, circuits, commands, consents, controller_certificates as certificates,
    controllers, deliveries, drivers, events, exports, fleet, fleet_files, health, label_batches, labels,
    meta, meter_values, outlets, presence, receipts, reservations, sandbox, sessions, sites,
    statement_layouts, statements, tariffs, tenants, usage, webhook_endpoints as endpoints,
};

use crate::config::Config;
use conventions::Conventions;
use places::Places;
use plain_text::Texts;
use requests::Requests;
use webhooks::Webhooks;

/// Made once: it is long, and asked for by whoever likes.
static DOCUMENT: LazyLock<serde_json::Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(ApiDoc::openapi()).unwrap_or_default();
    examples::add(&mut document);
    document
});

/// The document, as JSON.
pub fn document() -> serde_json::Value {
    DOCUMENT.clone()
}

/// The events alone, as an AsyncAPI document.
pub fn asyncapi_document() -> serde_json::Value {
    asyncapi::document(&document())
}

/// Where tokens are had, in the document.
const TOKEN_URL: &str = "/components/securitySchemes/oauth2/flows/clientCredentials/tokenUrl";

/// With the address of the issuer, which may be another server than this one.
pub(super) async fn show(request: HttpRequest, config: web::Data<Config>) -> Result<HttpResponse, ApiError> {
    let mut document = document();
    if let Some(url) = document.pointer_mut(TOKEN_URL) {
        *url = format!("{}/oauth2/token", config.auth.issuer).into();
    }
    tagged(&request, &document)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Denro event-server",
        description = "Outlets, charging sessions and events. Errors are RFC 9457 problem details; times are RFC 3339 in UTC; \
            energy is in Wh, current in mA, voltage in mV, power in W, all integers. One thing is answered with its `ETag`: send \
            it as `If-None-Match` to be told 304 while nothing is new, and as `If-Match` with each edit, so that nobody's change is \
            lost. Callers ignore members that they do not know: `/v1` grows and breaks nobody. A token that was asked for with a \
            DPoP proof (RFC 9449) is shown as `Authorization: DPoP …` with a new proof for each request; any other as `Bearer`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        health::livez, health::readyz, meta::get_meta,
        tenants::list_tenants, tenants::create_tenant, tenants::get_tenant, tenants::update_tenant, tenants::get_own_tenant,
        sites::list_sites, sites::create_site, sites::get_site, sites::update_site,
        circuits::list_circuits, circuits::create_circuit, circuits::get_circuit, circuits::update_circuit,
        circuits::delete_circuit,
        controllers::list_controllers, controllers::create_controller, controllers::get_controller,
        controllers::update_controller,
        fleet::request_variables, fleet::change_variables, fleet::change_availability, fleet::change_outlet_availability,
        fleet::reset_controller, fleet_files::update_firmware, fleet_files::upload_log,
        certificates::install_certificate, certificates::request_certificates, certificates::delete_certificate,
        outlets::list_outlets, outlets::get_outlet, outlets::update_outlet, outlets::get_outlet_by_code,
        outlets::rotate_code, labels::svg, labels::png, sheet::site_labels, sheet::label_calibration,
        label_batches::create_label_batch, label_batches::get_label_batch, label_batches::export_label_batch,
        label_batches::bind_code, presence::rotate_presence_secret, receipts::get_receipt,
        outlets::request_status, outlets::clear_fault,
        drivers::list_drivers, drivers::get_driver, drivers::put_driver, drivers::change_driver, drivers::delete_driver,
        consents::list_consents, consents::create_consent,
        sessions::list_sessions, sessions::start_session, sessions::get_session, sessions::change_session,
        sessions::stop_session,
        reservations::list_reservations, reservations::create_reservation, reservations::get_reservation,
        reservations::cancel_reservation,
        alarms::list_alarms, alarms::get_alarm, alarms::acknowledge_alarm,
        commands::get_command,
        meter_values::list_outlet_values, meter_values::list_site_values, usage::list_usage,
        exports::export_sessions, exports::export_usage, exports::export_meter_values,
        statements::list_statements, statements::close_month, statements::get_statement, statements::export_statement,
        statements::print_statement,
        statements::list_statement_sessions, statements::check_statements, statements::create_statement_correction,
        statement_layouts::get_statement_layout, statement_layouts::put_statement_layout,
        audit_entries::list_audit_entries, audit_entries::export_audit_entries,
        tariffs::list_tariffs, tariffs::create_tariff, tariffs::get_tariff, tariffs::create_tariff_version,
        tariffs::withdraw_tariff_version, tariffs::preview_tariff,
        events::list_events, events::stream_events,
        endpoints::list_webhook_endpoints, endpoints::create_webhook_endpoint, endpoints::get_webhook_endpoint,
        endpoints::update_webhook_endpoint, endpoints::delete_webhook_endpoint, endpoints::test_webhook_endpoint,
        endpoints::rotate_webhook_secret, endpoints::replay_events,
        deliveries::list_deliveries, deliveries::get_delivery, deliveries::list_delivery_attempts,
        deliveries::resend_delivery,
        sandbox::create_simulated_panel, sandbox::happen_at_outlet, sandbox::happen_at_panel,
    ),
    components(schemas(
        Problem, TrustedCertificate, VariableRead, VariableSet,
        webhook::Event<webhook::OutletStatus>, webhook::Event<webhook::SessionEvent>,
        webhook::Event<webhook::CurrentRise>, webhook::Event<webhook::CommandCompleted>,
        webhook::Event<webhook::ReservationEvent>, webhook::Event<webhook::ControllerChanged>, webhook::Event<webhook::ControllerProblem>,
        webhook::Event<webhook::FirmwareStatus>,
        webhook::Event<webhook::MeterAnomaly>,
        webhook::Event<webhook::OutletFault>, webhook::Event<webhook::OutletNotice>,
        webhook::Event<webhook::OutletCodeRotated>,
        webhook::Event<webhook::LimitReached>, webhook::Event<webhook::AlarmEvent>,
        webhook::Event<webhook::EndpointFailing>, webhook::Event<webhook::WebhookTest>,
    )),
    modifiers(&Security, &Requests, &Texts, &Problems, &Conventions, &Places, &Webhooks),
    tags(
        (name = "meta", description = "The server as the caller meets it: version, clock, quotas, limits"),
        (name = "health", description = "Whether the server lives, and whether it can work; without a token"),
        (name = "tenants", description = "The companies whose outlets are here, each apart from the others"),
        (name = "sites", description = "Buildings, with their time zone, prices and place"),
        (name = "circuits", description = "Which circuit feeds which, as one tree for each site"),
        (name = "controllers", description = "Panels' controllers: their credentials, variables, firmware, certificates"),
        (name = "outlets", description = "What cars are plugged into: their state, labels and readings"),
        (name = "drivers", description = "Who may charge where, by the app backend's own ids"),
        (name = "sessions", description = "Charging, from the request to its end"),
        (name = "reservations", description = "Outlets that are held for a driver"),
        (name = "commands", description = "What becomes of what was asked of a controller; each has one outcome"),
        (name = "alarms", description = "What somebody has to look after"),
        (name = "tariffs", description = "What charging costs, in versions"),
        (name = "usage", description = "Energy and cost, added up"),
        (name = "statements", description = "Months of a site: drafts, closed ones, corrections"),
        (name = "exports", description = "The same as CSV, of any length"),
        (name = "events", description = "What has happened, in order: as a list and as a stream"),
        (name = "webhook-endpoints", description = "Where events are sent, signed by Standard Webhooks, and what became of it"),
        (name = "audit", description = "Who changed what"),
        (name = "sandbox", description = "Simulated panels, where the server has them, and what happens at them"),
    ),
)]
struct ApiDoc;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scopes = Scope::API.into_iter().chain(Scope::TENANTS);
        let scopes = scopes.map(|scope| (scope.name(), describe(scope)));
        let flow = ClientCredentials::new("/oauth2/token", Scopes::from_iter(scopes));
        let scheme = OAuth2::new([Flow::ClientCredentials(flow)]);
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("oauth2", SecurityScheme::OAuth2(scheme));
    }
}

struct Problems;

impl Modify for Problems {
    /// What every operation of a kind can answer is said once, here.
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            for (method, operation) in operations(item) {
                add_problems(operation, &method);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
        .collect()
}

/// What is said of a body, by status.
const OF_BODIES: [(&str, &str); 4] = [
    ("400", "`malformed-json`, or `idempotency-key-missing`"),
    ("413", "`body-too-large`: it is longer than 64 KiB"),
    (
        "415",
        "`unsupported-media-type`: the body is not `application/json`",
    ),
    (
        "422",
        "`invalid-request`: the body has the wrong shape; or `idempotency-key-reused`: the key belongs to another request",
    ),
];

fn add_problems(operation: &mut Operation, method: &HttpMethod) {
    if operation.security.is_none() {
        return;
    }
    let mut problems = vec![
        (
            "401",
            "`missing-token`, `invalid-token`, `invalid-dpop-proof`: no access token, or one that is not valid, or was not shown by whom it is for",
        ),
        (
            "403",
            "`insufficient-scope`: the access token lacks the scope; `insufficient-role`: a person's role does not reach so far",
        ),
        (
            "429",
            "`too-many-requests`: of the client or of its whole tenant; see `Retry-After` and `RateLimit`",
        ),
        ("500", "`internal`: our fault; nothing was changed"),
        ("503", "`unavailable`: not ready yet; see `Retry-After`"),
    ];
    if operation.parameters.iter().flatten().any(is_in_path) {
        problems.push((
            "404",
            "`not-found`: there is no such thing, or it is another tenant's",
        ));
    }
    if *method == HttpMethod::Get {
        problems.push(("400", "`invalid-query`"));
    }
    if operation.request_body.is_some() {
        problems.push((
            "404",
            "`not-found`: something that the body names is not there, or is another tenant's",
        ));
    }
    if conventions::edits(method) {
        problems.extend([
            (
                "412",
                "`changed-meanwhile`: it is no longer as it was when `If-Match` was read",
            ),
            ("428", "`if-match-missing`"),
        ]);
    }
    if operation.request_body.is_some() {
        problems.extend(OF_BODIES);
    } else if operation.responses.responses.contains_key("202")
        || requests::is_once(operation.operation_id.as_deref())
    {
        problems.extend([
            ("400", "`idempotency-key-missing`"),
            (
                "422",
                "`idempotency-key-reused`: the key belongs to another request",
            ),
        ]);
    }
    for (status, description) in problems {
        let known = operation.responses.responses.entry(status.to_owned());
        known.or_insert_with(|| problem(description));
    }
}

fn is_in_path(parameter: &RefOr<Parameter>) -> bool {
    match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Path,
        RefOr::Ref(_) => false,
    }
}

fn describe(scope: Scope) -> &'static str {
    match scope {
        Scope::SitesRead => "See sites, controllers and drivers",
        Scope::SitesWrite => "Make sites, controllers and drivers",
        Scope::OutletsRead => "See outlets and ask for their status",
        Scope::OutletsWrite => "Change outlets and clear faults",
        Scope::SessionsRead => "See sessions and commands",
        Scope::SessionsWrite => "Start and stop charging",
        Scope::EventsRead => "Read events",
        Scope::WebhooksRead => "See webhook endpoints and deliveries",
        Scope::WebhooksWrite => "Make, change, test and delete webhook endpoints; send events once more",
        Scope::AuditRead => "See who changed what",
        Scope::TenantsRead => "See all tenants; for whoever runs the server, and given by name alone",
        Scope::TenantsWrite => {
            "Make and change tenants; for whoever runs the server, and given by name alone"
        }
        Scope::CertificatesIssue | Scope::OpenId | Scope::Profile | Scope::Email | Scope::OfflineAccess => {
            "Nothing here"
        }
    }
}

fn problem(description: &str) -> RefOr<Response> {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(api_spec::problem::PROBLEM_JSON, content);
    RefOr::T(response.build())
}
