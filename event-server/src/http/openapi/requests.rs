//! What requests of a kind have in common: pages of a bounded size, the key of what acts.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required};

use super::operations;
use crate::http::idempotency::MAX_KEY;
use crate::http::{events, meter_values, paging, statements, usage, wait};

/// Says once what many operations read alike.
pub(super) struct Requests;

impl Modify for Requests {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let most = match path.as_str() {
                "/v1/events" => events::MAX_LIMIT,
                "/v1/usage" => usage::MAX_LIMIT,
                "/v1/sites/{id}/statements" => statements::MAX_LIMIT,
                values if values.ends_with("/meter-values") => meter_values::MAX_LIMIT,
                _ => paging::MAX_LIMIT,
            };
            for (_, operation) in operations(item) {
                bound_pages(operation, most);
                let waits = operation.responses.responses.contains_key("202");
                let once = waits || is_once(operation.operation_id.as_deref());
                if once || may_be_once(operation.operation_id.as_deref()) {
                    let required = if once { Required::True } else { Required::False };
                    let parameters = operation.parameters.get_or_insert_default();
                    parameters.push(RefOr::T(idempotency_key(required)));
                    parameters.extend(waits.then(|| RefOr::T(prefer())));
                }
            }
        }
    }
}

/// Whether it is done once for each `Idempotency-Key` though it leads to no command.
pub(super) fn is_once(operation_id: Option<&str>) -> bool {
    [
        "rotate_code",
        "create_label_batch",
        "bind_code",
        "rotate_presence_secret",
        "create_reservation",
        "acknowledge_alarm",
        "rotate_webhook_secret",
        "replay_events",
        "test_webhook_endpoint",
        "resend_delivery",
        "create_statement_correction",
    ]
    .map(Some)
    .contains(&operation_id)
}

/// Whether the key may be left out: what is made twice does no harm, and can be seen and deleted.
fn may_be_once(operation_id: Option<&str>) -> bool {
    [
        "create_site",
        "create_circuit",
        "create_tariff",
        "create_tariff_version",
        "create_webhook_endpoint",
        "create_tenant",
        "create_consent",
        "close_month",
    ]
    .map(Some)
    .contains(&operation_id)
}

fn bound_pages(operation: &mut Operation, most: i64) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.name != "limit" {
            continue;
        }
        if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
            (schema.minimum, schema.maximum) = (Some(1_i64.into()), Some(most.into()));
        }
    }
}

fn idempotency_key(required: Required) -> Parameter {
    let key = ObjectBuilder::new().schema_type(Type::String);
    let key = key
        .min_length(Some(1))
        .max_length(Some(MAX_KEY))
        .pattern(Some("^[!-~]+$"));
    header("Idempotency-Key", required)
        .schema(Some(key))
        .description(Some(
            "A new one for each thing to do. The same key with the same request gets the first answer again, marked \
             `Idempotency-Replayed: true`, for 24 hours.",
        ))
        .example(Some("3f0c9a52-6c1e-4f7e-9d6e-0d7f7b1f2a10".into()))
        .build()
}

fn prefer() -> Parameter {
    let wish = ObjectBuilder::new().schema_type(Type::String);
    header("Prefer", Required::False)
        .schema(Some(wish))
        .description(Some(format!(
            "`wait=10` holds the answer until the outcome is known, at most {} seconds (RFC 7240).",
            wait::MAX_WAIT_S
        )))
        .example(Some("wait=10".into()))
        .build()
}

fn header(name: &str, required: Required) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
}
