//! What is true of every text: no control characters, and where one is needed, not only spaces.

use utoipa::Modify;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr};

const ANY: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
const NEEDED: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Says it in the schemas.
pub(super) struct Texts;

impl Modify for Texts {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.iter_mut().flat_map(|all| &mut all.schemas);
        for (name, schema) in schemas {
            // What is wrong is told in many words.
            if name != "Problem" && name != "FieldProblem" {
                bound(schema);
            }
        }
    }
}

fn bound(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => bound_object(object),
        Schema::Array(array) => {
            if let utoipa::openapi::schema::ArrayItems::RefOrSchema(items) = &mut array.items {
                bound(items);
            }
        }
        Schema::OneOf(of) => of.items.iter_mut().for_each(bound),
        Schema::AnyOf(of) => of.items.iter_mut().for_each(bound),
        Schema::AllOf(of) => of.items.iter_mut().for_each(bound),
        _ => {}
    }
}

fn bound_object(object: &mut Object) {
    let plain = object.format.is_none() && object.enum_values.is_none() && object.pattern.is_none();
    if plain && is_text(&object.schema_type) {
        let pattern = if object.min_length.is_some() { NEEDED } else { ANY };
        object.pattern = Some(pattern.to_owned());
    }
    object.properties.values_mut().for_each(bound);
}

fn is_text(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}
