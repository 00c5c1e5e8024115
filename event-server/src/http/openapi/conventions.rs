//! The headers that all operations of a kind share, said once.

use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required, ResponseBuilder};

use super::{is_in_path, operations};

pub(super) struct Conventions;

impl Modify for Conventions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            for (method, operation) in operations(item) {
                if operation.security.is_some() {
                    add_headers(operation, &method);
                }
            }
        }
    }
}

/// Whether an operation of this kind changes what is there.
pub(super) fn edits(method: &HttpMethod) -> bool {
    matches!(method, HttpMethod::Patch | HttpMethod::Put | HttpMethod::Delete)
}

fn add_headers(operation: &mut Operation, method: &HttpMethod) {
    let of_one = operation.parameters.iter().flatten().any(is_in_path);
    if edits(method) {
        let what = "The `ETag` of what is to be changed, or `*` for whatever it is now";
        // What is not there yet has no state to name.
        let required = if *method == HttpMethod::Put {
            Required::False
        } else {
            Required::True
        };
        add_parameter(operation, ("If-Match", what), required);
        add_answer_header(operation, "200", ("ETag", "Of the resource as it is now"));
    }
    if *method == HttpMethod::Get && of_one && shows_one(operation) {
        let what = "An `ETag`: while the resource is still the same, the answer is 304";
        add_parameter(operation, ("If-None-Match", what), Required::False);
        add_answer_header(operation, "200", ("ETag", "For `If-None-Match` and `If-Match`"));
        let same = ResponseBuilder::new().description("It is still the same");
        operation
            .responses
            .responses
            .insert("304".to_owned(), RefOr::T(same.build()));
    }
    let waits = "How many seconds to wait before the next attempt";
    add_answer_header(operation, "429", ("Retry-After", waits));
    add_answer_header(operation, "503", ("Retry-After", waits));
    let policy =
        "The policies by which the request is counted: `q` requests at once, back within `w` seconds";
    add_answer_header(operation, "429", ("RateLimit-Policy", policy));
    let left = "What each policy has left: `r` requests, and all of them again in `t` seconds";
    add_answer_header(operation, "429", ("RateLimit", left));
}

/// Whether the answer is a resource, and neither a page of them nor a picture.
fn shows_one(operation: &Operation) -> bool {
    let paged = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.name == "limit",
            RefOr::Ref(_) => false,
        });
    let json = match operation.responses.responses.get("200") {
        Some(RefOr::T(response)) => response.content.contains_key("application/json"),
        Some(RefOr::Ref(_)) | None => false,
    };
    json && !paged
}

fn text() -> RefOr<Schema> {
    RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into())
}

fn add_parameter(operation: &mut Operation, (name, description): (&str, &str), required: Required) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(text()))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(parameter));
}

pub(super) fn add_answer_header(operation: &mut Operation, status: &str, (name, description): (&str, &str)) {
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) {
        let header = HeaderBuilder::new()
            .schema(Some(text()))
            .description(Some(description))
            .build();
        response.headers.insert(name.to_owned(), header.into());
    }
}
