//! The table of routes: path, method, scope, handler.

mod stated;
mod telling;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, resource, to};
use actix_web::{Resource, Route};
use api_spec::token::Scope::{
    OutletsRead, OutletsWrite, SessionsRead, SessionsWrite, SitesRead, SitesWrite, TenantsRead, TenantsWrite,
};

use super::access::{acting, known, scanning, scoped};
use super::labels::sheet;
use super::problems::ApiError;
use super::resource_metadata::RESOURCE_METADATA;
use super::{
    circuits, commands, consents, controller_certificates as certificates, controllers, drivers, fleet,
    fleet_files, health, label_batches, labels, meta, openapi, outlets, presence, receipts, reservations,
    resource_metadata, sandbox, sessions, sites, tenants,
};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

pub(crate) fn configure(app: &mut ServiceConfig) {
    open(app);
    tenants(app);
    places(app);
    panels(app);
    drivers(app);
    charging(app);
    app.configure(stated::configure);
    telling::configure(app);
    simulating(app);
}

fn open(app: &mut ServiceConfig) {
    app.service(at("/livez", [(GET, to(health::livez))]))
        .service(at("/readyz", [(GET, to(health::readyz))]))
        .service(at("/openapi.json", [(GET, to(openapi::show))]))
        .service(at(RESOURCE_METADATA, [(GET, to(resource_metadata::show))]))
        .service(at("/v1/meta", [(GET, known(to(meta::get_meta)))]));
}

fn tenants(app: &mut ServiceConfig) {
    let all = [
        (GET, scoped(TenantsRead, to(tenants::list_tenants))),
        (POST, scoped(TenantsWrite, to(tenants::create_tenant))),
    ];
    let one = [
        (GET, scoped(TenantsRead, to(tenants::get_tenant))),
        (PATCH, scoped(TenantsWrite, to(tenants::update_tenant))),
    ];
    app.service(at("/v1/tenants", all))
        .service(at("/v1/tenants/{id}", one))
        .service(at("/v1/tenant", [(GET, known(to(tenants::get_own_tenant)))]));
}

fn places(app: &mut ServiceConfig) {
    let sites = [
        (GET, scoped(SitesRead, to(sites::list_sites))),
        (POST, scoped(SitesWrite, to(sites::create_site))),
    ];
    let site = [
        (GET, scoped(SitesRead, to(sites::get_site))),
        (PATCH, scoped(SitesWrite, to(sites::update_site))),
    ];
    let many_circuits = [
        (GET, scoped(SitesRead, to(circuits::list_circuits))),
        (POST, scoped(SitesWrite, to(circuits::create_circuit))),
    ];
    let circuit = [
        (GET, scoped(SitesRead, to(circuits::get_circuit))),
        (PATCH, scoped(SitesWrite, to(circuits::update_circuit))),
        (DELETE, scoped(SitesWrite, to(circuits::delete_circuit))),
    ];
    let outlet = [
        (GET, scoped(OutletsRead, to(outlets::get_outlet))),
        (PATCH, scoped(OutletsWrite, to(outlets::update_outlet))),
    ];
    app.service(at("/v1/sites", sites))
        .service(at("/v1/sites/{id}", site))
        .service(at("/v1/circuits", many_circuits))
        .service(at("/v1/circuits/{id}", circuit))
        .service(at(
            "/v1/outlets",
            [(GET, scoped(OutletsRead, to(outlets::list_outlets)))],
        ))
        .service(at("/v1/outlets/{id}", outlet))
        .configure(labels);
}

fn labels(app: &mut ServiceConfig) {
    for (path, route) in [
        ("/v1/outlets/{id}/label.svg", scoped(OutletsRead, to(labels::svg))),
        ("/v1/outlets/{id}/label.png", scoped(OutletsRead, to(labels::png))),
        (
            "/v1/sites/{id}/labels.pdf",
            scoped(OutletsRead, to(sheet::site_labels)),
        ),
        (
            "/v1/label-calibration.pdf",
            scoped(OutletsRead, to(sheet::label_calibration)),
        ),
        (
            "/v1/label-batches/{id}.csv",
            scoped(OutletsRead, to(label_batches::export_label_batch)),
        ),
        (
            "/v1/label-batches/{id}",
            scoped(OutletsRead, to(label_batches::get_label_batch)),
        ),
        (
            "/v1/outlet-codes/{code}",
            scanning(OutletsRead, to(outlets::get_outlet_by_code)),
        ),
    ] {
        app.service(at(path, [(GET, route)]));
    }
    for (path, route) in [
        (
            "/v1/label-batches",
            acting(OutletsWrite, to(label_batches::create_label_batch)),
        ),
        (
            "/v1/outlets/{id}/code-bindings",
            acting(OutletsWrite, to(label_batches::bind_code)),
        ),
        (
            "/v1/outlets/{id}/code-rotations",
            acting(OutletsWrite, to(outlets::rotate_code)),
        ),
        (
            "/v1/outlets/{id}/presence-secrets",
            acting(OutletsWrite, to(presence::rotate_presence_secret)),
        ),
    ] {
        app.service(at(path, [(POST, route)]));
    }
}

fn panels(app: &mut ServiceConfig) {
    let controllers = [
        (GET, scoped(SitesRead, to(controllers::list_controllers))),
        (POST, scoped(SitesWrite, to(controllers::create_controller))),
    ];
    let one = [
        (GET, scoped(SitesRead, to(controllers::get_controller))),
        (PATCH, scoped(SitesWrite, to(controllers::update_controller))),
    ];
    let asked = |what: &str, route| {
        let path = format!("/v1/controllers/{{id}}/{what}");
        at(&path, [(POST, acting(SitesWrite, route))])
    };
    let of_outlet = [(POST, acting(OutletsWrite, to(fleet::change_outlet_availability)))];
    app.service(at("/v1/controllers", controllers))
        .service(at("/v1/controllers/{id}", one))
        .service(asked("variable-requests", to(fleet::request_variables)))
        .service(asked("variable-changes", to(fleet::change_variables)))
        .service(asked("availability-changes", to(fleet::change_availability)))
        .service(asked("reset-requests", to(fleet::reset_controller)))
        .service(asked("firmware-updates", to(fleet_files::update_firmware)))
        .service(asked("log-uploads", to(fleet_files::upload_log)))
        .service(asked("certificates", to(certificates::install_certificate)))
        .service(asked(
            "certificate-requests",
            to(certificates::request_certificates),
        ))
        .service(asked(
            "certificate-deletions",
            to(certificates::delete_certificate),
        ))
        .service(at("/v1/outlets/{id}/availability-changes", of_outlet));
}

fn drivers(app: &mut ServiceConfig) {
    let one = [
        (GET, scoped(SitesRead, to(drivers::get_driver))),
        (PUT, scoped(SitesWrite, to(drivers::put_driver))),
        (PATCH, scoped(SitesWrite, to(drivers::change_driver))),
        (DELETE, scoped(SitesWrite, to(drivers::delete_driver))),
    ];
    app.service(at(
        "/v1/drivers",
        [(GET, scoped(SitesRead, to(drivers::list_drivers)))],
    ))
    .service(at("/v1/drivers/{id}", one))
    .service(at(
        "/v1/drivers/{id}/consents",
        [
            (GET, scoped(SitesRead, to(consents::list_consents))),
            (POST, scoped(SitesWrite, to(consents::create_consent))),
        ],
    ));
    let reservations = [
        (GET, scoped(SessionsRead, to(reservations::list_reservations))),
        (POST, acting(SessionsWrite, to(reservations::create_reservation))),
    ];
    let reservation = [
        (GET, scoped(SessionsRead, to(reservations::get_reservation))),
        (
            DELETE,
            scoped(SessionsWrite, to(reservations::cancel_reservation)),
        ),
    ];
    app.service(at("/v1/reservations", reservations))
        .service(at("/v1/reservations/{id}", reservation));
}

fn charging(app: &mut ServiceConfig) {
    let sessions = [
        (GET, scoped(SessionsRead, to(sessions::list_sessions))),
        (POST, acting(SessionsWrite, to(sessions::start_session))),
    ];
    let session = [
        (GET, scoped(SessionsRead, to(sessions::get_session))),
        (PATCH, acting(SessionsWrite, to(sessions::change_session))),
    ];
    app.service(at("/v1/sessions", sessions))
        .service(at("/v1/sessions/{id}", session))
        .service(at(
            "/v1/sessions/{id}/receipt.pdf",
            [(GET, scoped(SessionsRead, to(receipts::get_receipt)))],
        ))
        .service(at(
            "/v1/sessions/{id}/stop",
            [(POST, acting(SessionsWrite, to(sessions::stop_session)))],
        ))
        .service(at(
            "/v1/outlets/{id}/status-requests",
            [(POST, acting(OutletsRead, to(outlets::request_status)))],
        ))
        .service(at(
            "/v1/outlets/{id}/fault-clearings",
            [(POST, acting(OutletsWrite, to(outlets::clear_fault)))],
        ))
        .service(at(
            "/v1/commands/{id}",
            [(GET, scoped(SessionsRead, to(commands::get_command)))],
        ));
}

/// Answers with 404 where there is no sandbox.
fn simulating(app: &mut ServiceConfig) {
    app.service(at(
        "/v1/sandbox/panels",
        [(POST, acting(SitesWrite, to(sandbox::create_simulated_panel)))],
    ))
    .service(at(
        "/v1/sandbox/panels/{id}/happenings",
        [(POST, acting(OutletsWrite, to(sandbox::happen_at_panel)))],
    ))
    .service(at(
        "/v1/sandbox/outlets/{id}/happenings",
        [(POST, acting(OutletsWrite, to(sandbox::happen_at_outlet)))],
    ));
}

/// What is at a path; other methods are told which there are.
pub(crate) fn at<const N: usize>(path: &str, routes: [(Method, Route); N]) -> Resource {
    let methods: Vec<&str> = routes.iter().map(|(method, _)| method.as_str()).collect();
    #[cfg(test)]
    listed::note(path, &methods);
    let allowed = methods.join(", ");
    let mut here = resource(path);
    for (method, route) in routes {
        here = here.route(route.method(method));
    }
    here.default_service(to(move || {
        std::future::ready(Err::<String, _>(ApiError::method_not_allowed(&allowed)))
    }))
}

#[cfg(test)]
pub(crate) use listed::routes_of;

#[cfg(test)]
mod listed;
