//! Lists of exactly two values, as `[first, last]`: what stands behind them is no list that goes on, but a mistake.

use serde::de::{Deserialize, Deserializer, Error};

/// # Errors
/// If there are fewer or more than two.
pub(crate) fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<[T; 2], D::Error> {
    pair(Vec::deserialize(from)?)
}

/// # Errors
/// If there are fewer or more than two.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<[T; 2]>, D::Error> {
    one(from).map(Some)
}

/// # Errors
/// If one of them has fewer or more than two.
pub(crate) fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<[T; 2]>, D::Error> {
    Vec::<Vec<T>>::deserialize(from)?.into_iter().map(pair).collect()
}

fn pair<T, E: Error>(values: Vec<T>) -> Result<[T; 2], E> {
    <[T; 2]>::try_from(values).map_err(|values| {
        let found = values.len();
        E::custom(format!(
            "found {found} values, allowed: two, as [lowest, highest]"
        ))
    })
}
