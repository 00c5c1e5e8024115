//! The routes of what is measured, of what it costs, and of the months that say so.

use actix_web::web::{ServiceConfig, to};
use api_spec::token::Scope::{AuditRead, OutletsRead, SessionsRead, SitesRead, SitesWrite};

use super::super::access::scoped;
use super::super::{audit_entries, exports, meter_values, statement_layouts, statements, tariffs, usage};
use super::{DELETE, GET, POST, PUT, at};

pub(super) fn configure(app: &mut ServiceConfig) {
    measured(app);
    stated(app);
}

fn measured(app: &mut ServiceConfig) {
    let tariffs = [
        (GET, scoped(SitesRead, to(tariffs::list_tariffs))),
        (POST, scoped(SitesWrite, to(tariffs::create_tariff))),
    ];
    app.service(at("/v1/tariffs", tariffs))
        .service(at(
            "/v1/tariffs/{id}",
            [(GET, scoped(SitesRead, to(tariffs::get_tariff)))],
        ))
        .service(at(
            "/v1/tariffs/{id}/versions",
            [(POST, scoped(SitesWrite, to(tariffs::create_tariff_version)))],
        ))
        .service(at(
            "/v1/tariffs/{id}/versions/{version}",
            [(DELETE, scoped(SitesWrite, to(tariffs::withdraw_tariff_version)))],
        ))
        .service(at(
            "/v1/tariffs/{id}/previews",
            [(POST, scoped(SitesRead, to(tariffs::preview_tariff)))],
        ));
    for (path, route) in [
        (
            "/v1/exports/sessions.csv",
            scoped(SessionsRead, to(exports::export_sessions)),
        ),
        (
            "/v1/exports/usage.csv",
            scoped(SessionsRead, to(exports::export_usage)),
        ),
        (
            "/v1/exports/audit-entries.csv",
            scoped(AuditRead, to(audit_entries::export_audit_entries)),
        ),
        (
            "/v1/audit-entries",
            scoped(AuditRead, to(audit_entries::list_audit_entries)),
        ),
        (
            "/v1/exports/meter-values.csv",
            scoped(OutletsRead, to(exports::export_meter_values)),
        ),
    ] {
        app.service(at(path, [(GET, route)]));
    }
    app.service(at(
        "/v1/outlets/{id}/meter-values",
        [(GET, scoped(OutletsRead, to(meter_values::list_outlet_values)))],
    ))
    .service(at(
        "/v1/sites/{id}/meter-values",
        [(GET, scoped(SitesRead, to(meter_values::list_site_values)))],
    ))
    .service(at(
        "/v1/usage",
        [(GET, scoped(SessionsRead, to(usage::list_usage)))],
    ));
}

/// Months of sites. What ends in `.csv` and `.pdf` goes first, as any text may stand for a month.
fn stated(app: &mut ServiceConfig) {
    let shows = |route| (GET, scoped(SessionsRead, route));
    let months = [
        shows(to(statements::list_statements)),
        (POST, scoped(SitesWrite, to(statements::close_month))),
    ];
    let corrections = (
        POST,
        scoped(SitesWrite, to(statements::create_statement_correction)),
    );
    let layout = [
        shows(to(statement_layouts::get_statement_layout)),
        (
            PUT,
            scoped(SitesWrite, to(statement_layouts::put_statement_layout)),
        ),
    ];
    app.service(at("/v1/sites/{id}/statements", months))
        .service(at(
            "/v1/sites/{id}/statements/{month}.csv",
            [shows(to(statements::export_statement))],
        ))
        .service(at(
            "/v1/sites/{id}/statements/{month}.pdf",
            [shows(to(statements::print_statement))],
        ))
        .service(at(
            "/v1/sites/{id}/statements/{month}",
            [shows(to(statements::get_statement))],
        ))
        .service(at(
            "/v1/sites/{id}/statements/{month}/sessions",
            [shows(to(statements::list_statement_sessions))],
        ))
        .service(at(
            "/v1/sites/{id}/statement-check",
            [shows(to(statements::check_statements))],
        ))
        .service(at("/v1/sites/{id}/statement-layout", layout))
        .service(at("/v1/sites/{id}/statement-corrections", [corrections]));
}
