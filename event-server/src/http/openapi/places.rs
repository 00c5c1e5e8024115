//! What the parts of a path name, and where that is found which was made.

use utoipa::Modify;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};

use super::conventions::add_answer_header;
use super::operations;

/// By the part of the path before it: what is named, and how its name looks.
const THINGS: [(&str, &str, &str); 18] = [
    ("alarms", "The alarm's id", "alm_06h2wkbkb9rxxeptvrn1br14jr"),
    ("circuits", "The circuit's id", "cir_06h2wkbkb9rxxeptvrn1br14jr"),
    ("commands", "The command's id", "cmd_06h2wkbkb9rxxeptvrn1br14jr"),
    (
        "controllers",
        "The controller's id",
        "ctl_06h2wkbkb9rxxeptvrn1br14jr",
    ),
    ("deliveries", "The delivery's id", "dlv_000000000000v"),
    (
        "drivers",
        "The driver's id, as the app backend has chosen it",
        "room-301",
    ),
    (
        "label-batches",
        "The batch's id",
        "lab_06h2wkbkb9rxxeptvrn1br14jr",
    ),
    ("outlet-codes", "The code that the label shows", "rn2ukmr7p"),
    ("outlets", "The outlet's id", "out_06h2wkbkb9rxxeptvrn1br14jr"),
    (
        "panels",
        "The id of the panel's controller",
        "ctl_06h2wkbkb9rxxeptvrn1br14jr",
    ),
    (
        "reservations",
        "The reservation's id",
        "rsv_06h2wkbkb9rxxeptvrn1br14jr",
    ),
    ("sessions", "The session's id", "ses_06h2wkbkb9rxxeptvrn1br14jr"),
    ("sites", "The site's id", "sit_06h2wkbkb9rxxeptvrn1br14jr"),
    ("statements", "The month, by the site's time zone", "2026-11"),
    ("tariffs", "The tariff's id", "tar_06h2wkbkb9rxxeptvrn1br14jr"),
    ("tenants", "The tenant's id", "ten_06h2wkbkb9rxxeptvrn1br14jr"),
    ("versions", "The version's id", "tve_06h2wkbkb9rxxeptvrn1br14jr"),
    (
        "webhook-endpoints",
        "The endpoint's id",
        "whe_06h2wkbkb9rxxeptvrn1br14jr",
    ),
];

/// What they make has no address of its own.
const NOWHERE: [&str; 8] = [
    "create_consent",
    "create_tariff_version",
    "create_statement_correction",
    "bind_code",
    "rotate_code",
    "rotate_presence_secret",
    "rotate_webhook_secret",
    "test_webhook_endpoint",
];

pub(super) struct Places;

impl Modify for Places {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for (_, operation) in operations(item) {
                for parameter in operation.parameters.iter_mut().flatten() {
                    if let RefOr::T(parameter) = parameter {
                        describe(path, parameter);
                    }
                }
                add_location(operation);
            }
        }
    }
}

fn describe(path: &str, parameter: &mut Parameter) {
    if parameter.parameter_in != ParameterIn::Path {
        return;
    }
    let before = path.split(&format!("/{{{}}}", parameter.name)).next();
    let part = before.and_then(|before| before.rsplit('/').next());
    if let Some((_, what, example)) = THINGS.iter().find(|(name, ..)| Some(*name) == part) {
        let told = ParameterBuilder::from(parameter.clone()).description(Some(*what));
        *parameter = told.example(Some((*example).into())).build();
    }
}

fn add_location(operation: &mut Operation) {
    add_answer_header(operation, "202", ("Location", "Of the command"));
    let id = operation.operation_id.as_deref();
    if !id.is_some_and(|id| NOWHERE.contains(&id)) {
        add_answer_header(operation, "201", ("Location", "Of what was made"));
    }
}
