//! Enumerations in text columns, by the names that serde gives them.

use foundation::DbError;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

/// The name of a fieldless variant.
pub(crate) fn name<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    }
}

/// The variant of that name.
///
/// # Errors
/// For a name that this program would never have written.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    let source: StrDeserializer<'_, Error> = text.into_deserializer();
    T::deserialize(source).map_err(|error| {
        let unreadable = format!("a column holds {text:?}: {error}");
        diesel::result::Error::DeserializationError(unreadable.into()).into()
    })
}
